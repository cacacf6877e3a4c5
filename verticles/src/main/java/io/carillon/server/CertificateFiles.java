package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the certificate and key of a server. Owned by one event loop. */
final class CertificateFiles {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

  private final TlsOptions files;
  private List<FileTime> loaded;

  CertificateFiles(TlsOptions files) {
    this.files = files;
    this.loaded = times();
  }

  static PemKeyCertOptions pem(TlsOptions files) {
    return new PemKeyCertOptions()
        .setCertPath(files.certificate().toAbsolutePath().toString())
        .setKeyPath(files.key().toAbsolutePath().toString());
  }

  /** Gives the server the files anew if they changed; if they are no good it keeps the old ones. */
  void reloadIfChanged(Vertx vertx, HttpServer server) {
    List<FileTime> now = times();
    if (now.isEmpty() || now.equals(loaded)) {
      return;
    }
    loaded = now;
    ServerSSLOptions options = new ServerSSLOptions();
    options.setKeyCertOptions(pem(files)).setUseAlpn(true);
    options.setApplicationLayerProtocols(List.of("h2", "http/1.1"));
    server
        .updateSSLOptions(options, true)
        .onSuccess(updated -> LOG.info("certificate read again: file={}", files.certificate()))
        .onFailure(
            e ->
                LOG.warn(
                    "certificate not read again, the old one stays: file={}",
                    files.certificate(),
                    e));
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
