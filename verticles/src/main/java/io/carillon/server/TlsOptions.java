package io.carillon.server;

import io.carillon.config.Settings;
import io.vertx.core.net.OpenSSLEngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where the server's certificate is.
 *
 * @param certificate PEM file with the chain, the server's own certificate first
 * @param key PEM file with its private key, PKCS#8
 * @param reloadInterval how often the files are looked at; changed ones are read again, and new
 *     connections get them
 * @param engine who encrypts
 */
public record TlsOptions(Path certificate, Path key, Duration reloadInterval, Engine engine) {
  /** Who does the encryption. */
  public enum Engine {
    /** The provider of the JDK. */
    JDK,

    /** OpenSSL, or what stands in for it, by Netty's library for it on the class path. */
    OPENSSL
  }

  /**
   * Reads the {@code http.tls} section; empty when neither file is named.
   *
   * @throws IllegalArgumentException if only one file is named, or one cannot be read, or the
   *     engine is not there
   */
  static Optional<TlsOptions> from(Settings settings) {
    Optional<Path> certificate = settings.path("http.tls.certificate");
    Optional<Path> key = settings.path("http.tls.key");
    Duration interval =
        settings.duration(
            "http.tls.reloadInterval",
            Duration.ofSeconds(10),
            Duration.ofMillis(10),
            Duration.ofDays(1));
    Engine engine = settings.oneOf("http.tls.engine", Engine.JDK, Engine.class);
    if (certificate.isEmpty() && key.isEmpty()) {
      return Optional.empty();
    }
    if (engine == Engine.OPENSSL && !OpenSSLEngineOptions.isAvailable()) {
      throw settings.refuse(
          "http.tls.engine", "jdk where netty-tcnative is not on the class path for this system");
    }
    return Optional.of(
        new TlsOptions(
            readable(settings, "http.tls.certificate", certificate),
            readable(settings, "http.tls.key", key),
            interval,
            engine));
  }

  private static Path readable(Settings settings, String key, Optional<Path> path) {
    return path.filter(Files::isReadable)
        .orElseThrow(() -> settings.refuse(key, "a readable PEM file"));
  }
}
