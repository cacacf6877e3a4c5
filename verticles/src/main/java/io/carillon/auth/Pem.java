package io.carillon.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads public keys in PEM: as such (RFC 7468, section 13), or in a certificate. */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z ]+)-----([^-]+)-----END \\1-----");

  private static final List<String> KINDS = List.of("RSA", "EC", "EdDSA");

  private Pem() {}

  /**
   * The first key in a text.
   *
   * @throws IllegalArgumentException if there is none
   */
  static PublicKey publicKey(String text) {
    Matcher block = BLOCK.matcher(text);
    if (!block.find()) {
      throw new IllegalArgumentException("no PEM block found");
    }
    byte[] body = Base64.getMimeDecoder().decode(block.group(2).getBytes(US_ASCII));
    return switch (block.group(1)) {
      case "PUBLIC KEY" -> ofAnyKind(body);
      case "CERTIFICATE" -> ofCertificate(body);
      default ->
          throw new IllegalArgumentException(
              "a public key or a certificate is needed: found=" + block.group(1));
    };
  }

  private static PublicKey ofAnyKind(byte[] body) {
    for (String kind : KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(body));
      } catch (GeneralSecurityException otherKind) {
        // the next one
      }
    }
    throw new IllegalArgumentException("the public key is of no kind that is known here");
  }

  private static PublicKey ofCertificate(byte[] body) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(body))
          .getPublicKey();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the certificate cannot be read", e);
    }
  }
}
