package io.carillon.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** An issuer of tokens with one key, made of the JDK alone: it shares no line with the server. */
public final class TestTokens {
  /** Good for HS256, and for nothing else. */
  public static final String SECRET = "not a secret, but of 32 bytes ok";

  private final String algorithm;
  private final String id;
  private final byte[] secret;
  private final KeyPair pair;

  private TestTokens(String algorithm, String id, byte[] secret, KeyPair pair) {
    this.algorithm = algorithm;
    this.id = id;
    this.secret = secret;
    this.pair = pair;
  }

  /** HS256 with {@link #SECRET} and without a key id. */
  public static TestTokens shared() {
    return shared("HS256", "", SECRET);
  }

  /** With a secret; the id may be empty. */
  public static TestTokens shared(String algorithm, String id, String secret) {
    return new TestTokens(algorithm, id, secret.getBytes(UTF_8), null);
  }

  /** With a new pair of keys. */
  public static TestTokens pair(String algorithm, String id) throws GeneralSecurityException {
    return pair(algorithm, id, 2048);
  }

  static TestTokens pair(String algorithm, String id, int rsaBits) throws GeneralSecurityException {
    KeyPairGenerator generator =
        KeyPairGenerator.getInstance(
            switch (algorithm.substring(0, 2)) {
              case "ES" -> "EC";
              case "Ed" -> "Ed25519";
              default -> "RSA";
            });
    switch (algorithm) {
      case "ES256" -> generator.initialize(new ECGenParameterSpec("secp256r1"));
      case "ES384" -> generator.initialize(new ECGenParameterSpec("secp384r1"));
      case "ES512" -> generator.initialize(new ECGenParameterSpec("secp521r1"));
      case "EdDSA" -> {}
      default -> generator.initialize(rsaBits);
    }
    return new TestTokens(algorithm, id, null, generator.generateKeyPair());
  }

  /** Claims of a token that is good for an hour. */
  public static JsonObject claims(String subject) {
    long now = System.currentTimeMillis() / 1000;
    return new JsonObject()
        .put("sub", subject)
        .put("iat", now)
        .put("exp", now + 3600)
        .put("jti", UUID.randomUUID().toString());
  }

  /** A token for that subject, good for an hour. */
  public String sign(String subject) throws GeneralSecurityException {
    return sign(claims(subject));
  }

  public String sign(JsonObject claims) throws GeneralSecurityException {
    JsonObject header = new JsonObject().put("typ", "JWT").put("alg", algorithm);
    return sign(id.isEmpty() ? header : header.put("kid", id), claims);
  }

  /** A token whose header says what it likes. */
  public String sign(JsonObject header, JsonObject claims) throws GeneralSecurityException {
    return sign(header.encode(), claims.encode());
  }

  String sign(String header, String claims) throws GeneralSecurityException {
    String signed = base64(header.getBytes(UTF_8)) + "." + base64(claims.getBytes(UTF_8));
    return signed + "." + base64(signature(signed.getBytes(UTF_8)));
  }

  private byte[] signature(byte[] bytes) throws GeneralSecurityException {
    if (pair == null) {
      String mac = "HmacSHA" + algorithm.substring(2);
      Mac made = Mac.getInstance(mac);
      made.init(new SecretKeySpec(secret, mac));
      return made.doFinal(bytes);
    }
    Signature made = signer();
    made.initSign(pair.getPrivate());
    made.update(bytes);
    return made.sign();
  }

  private Signature signer() throws GeneralSecurityException {
    String bits = algorithm.substring(2);
    switch (algorithm.substring(0, 2)) {
      case "RS":
        return Signature.getInstance("SHA" + bits + "withRSA");
      case "ES":
        return Signature.getInstance("SHA" + bits + "withECDSAinP1363Format");
      case "PS":
        Signature pss = Signature.getInstance("RSASSA-PSS");
        pss.setParameter(
            new PSSParameterSpec(
                "SHA-" + bits,
                "MGF1",
                new MGF1ParameterSpec("SHA-" + bits),
                Integer.parseInt(bits) / 8,
                1));
        return pss;
      default:
        return Signature.getInstance("Ed25519");
    }
  }

  PublicKey publicKey() {
    return pair.getPublic();
  }

  /** The public key as issuers hand it out. */
  public String pem() {
    return pem("PUBLIC KEY", pair.getPublic().getEncoded());
  }

  String privatePem() {
    return pem("PRIVATE KEY", pair.getPrivate().getEncoded());
  }

  /** How keys and certificates are written into files. */
  public static String pem(String kind, byte[] encoded) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded)
        + "\n-----END "
        + kind
        + "-----\n";
  }

  /** The key as a JSON Web Key. */
  public JsonObject jwk() {
    JsonObject jwk = new JsonObject().put("alg", algorithm).put("use", "sig");
    if (!id.isEmpty()) {
      jwk.put("kid", id);
    }
    if (pair == null) {
      return jwk.put("kty", "oct").put("k", base64(secret));
    }
    if (pair.getPublic() instanceof RSAPublicKey rsa) {
      return jwk.put("kty", "RSA")
          .put("n", base64(rsa.getModulus().toByteArray()))
          .put("e", base64(rsa.getPublicExponent().toByteArray()));
    }
    if (pair.getPublic() instanceof ECPublicKey ec) {
      int bits = ec.getParams().getCurve().getField().getFieldSize();
      return jwk.put("kty", "EC")
          .put("crv", "P-" + bits)
          .put("x", base64(fixed(ec.getW().getAffineX(), (bits + 7) / 8)))
          .put("y", base64(fixed(ec.getW().getAffineY(), (bits + 7) / 8)));
    }
    byte[] encoded = pair.getPublic().getEncoded();
    return jwk.put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("x", base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
  }

  /** A key set of these issuers. */
  public static JsonObject keySet(TestTokens... issuers) {
    JsonArray keys = new JsonArray();
    for (TestTokens issuer : issuers) {
      keys.add(issuer.jwk());
    }
    return new JsonObject().put("keys", keys);
  }

  private static byte[] fixed(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] padded = new byte[length];
    int count = Math.min(length, bytes.length);
    System.arraycopy(bytes, bytes.length - count, padded, length - count, count);
    return padded;
  }

  static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
