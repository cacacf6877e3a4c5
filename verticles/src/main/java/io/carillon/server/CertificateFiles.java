package io.carillon.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509KeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the certificate and key of a server. Owned by one event loop. */
final class CertificateFiles {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

  private final TlsOptions files;
  private List<FileTime> loaded;
  private List<FileTime> refused = List.of();
  private boolean reloading;

  CertificateFiles(TlsOptions files) {
    this.files = files;
    this.loaded = times();
  }

  static PemKeyCertOptions pem(TlsOptions files) {
    return new PemKeyCertOptions()
        .setCertPath(files.certificate().toAbsolutePath().toString())
        .setKeyPath(files.key().toAbsolutePath().toString());
  }

  /**
   * Gives the server the files anew if they changed and belong together; until then, and if they
   * are no good, it keeps the old ones.
   */
  void reloadIfChanged(Vertx vertx, HttpServer server) {
    List<FileTime> now = times();
    if (now.isEmpty() || now.equals(loaded) || reloading) {
      return;
    }
    reloading = true;
    vertx
        .executeBlocking(() -> belongTogether(pem(files).getKeyManagerFactory(vertx)))
        .compose(
            together ->
                together
                    ? server.updateSSLOptions(options(), true)
                    : Future.failedFuture("the key is not the certificate's"))
        .onComplete(
            updated -> {
              reloading = false;
              loaded = now;
              LOG.info("certificate read again: file={}", files.certificate());
            },
            e -> {
              reloading = false;
              warnOnce(now, e);
            });
  }

  /** Two files are never replaced in one step; the next look finds the other one too. */
  private void warnOnce(List<FileTime> now, Throwable e) {
    if (!now.equals(refused)) {
      refused = now;
      LOG.warn(
          "certificate not read again, the old one stays: file={}, {}",
          files.certificate(),
          e.getMessage());
    }
  }

  private ServerSSLOptions options() {
    ServerSSLOptions options = new ServerSSLOptions();
    options.setKeyCertOptions(pem(files)).setUseAlpn(true);
    options.setApplicationLayerProtocols(List.of("h2", "http/1.1"));
    return options;
  }

  /** Signs with the key and verifies with the certificate: they may be of different days. */
  private static boolean belongTogether(KeyManagerFactory factory) throws Exception {
    for (KeyManager manager : factory.getKeyManagers()) {
      if (manager instanceof X509KeyManager keys) {
        for (String type : List.of("RSA", "EC", "EdDSA", "Ed25519")) {
          String[] aliases = keys.getServerAliases(type, null);
          if (aliases != null && aliases.length > 0) {
            return verifies(
                keys.getPrivateKey(aliases[0]), keys.getCertificateChain(aliases[0])[0]);
          }
        }
      }
    }
    return true; // of a kind that is not known here
  }

  private static boolean verifies(PrivateKey key, X509Certificate certificate) throws Exception {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] sample = {1, 2, 3};
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(sample);
    byte[] signature = signer.sign();
    Signature verifier = Signature.getInstance(algorithm);
    try {
      verifier.initVerify(certificate);
      verifier.update(sample);
      return verifier.verify(signature);
    } catch (GeneralSecurityException otherKind) {
      return false;
    }
  }

  private List<FileTime> times() {
    try {
      return List.of(
          Files.getLastModifiedTime(files.certificate()), Files.getLastModifiedTime(files.key()));
    } catch (IOException gone) {
      return List.of(); // being replaced; the next look finds them
    }
  }
}
