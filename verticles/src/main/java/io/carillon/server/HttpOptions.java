package io.carillon.server;

import io.carillon.auth.JwtOptions;
import io.carillon.auth.Origins;
import io.carillon.config.Settings;
import io.carillon.route.Compression;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of an {@link HttpVerticle}.
 *
 * @param host the address to listen on
 * @param port the port; 0 for any free one
 * @param routes class names of the application's {@link HttpRoutes}
 * @param trustedProxies addresses and blocks of proxies whose {@code Forwarded} and {@code
 *     X-Forwarded-*} headers are believed
 * @param origins pages of which other origins may connect, whatever the route
 * @param guards what is asked ahead of all handlers about who comes to a path
 * @param tls the certificate; without it plain HTTP is spoken
 * @param idleTimeout after which an HTTP connection without traffic is closed; not for WebSockets
 * @param maxBodyBytes largest body of an HTTP request, over which it is answered 413
 * @param stopTimeout how long a stopping server waits for handlers and clients before it cuts them
 * @param compression which messages are compressed where a route says nothing; off binds in any
 *     case
 * @param sessions the sessions of browsers
 * @param jwt which JSON Web Tokens are taken; none without
 * @param limits what a client may use
 * @param tokens how long one-time URIs are good for, and how many there may be
 */
public record HttpOptions(
    String host,
    int port,
    List<String> routes,
    List<String> trustedProxies,
    Origins origins,
    List<PathGuard> guards,
    Optional<TlsOptions> tls,
    Duration idleTimeout,
    long maxBodyBytes,
    Duration stopTimeout,
    Compression compression,
    SessionOptions sessions,
    Optional<JwtOptions> jwt,
    Limits limits,
    TokenOptions tokens) {

  /** Longest request URI, in bytes; a longer one is answered 414. */
  public static final int MAX_URI_BYTES = 4096;

  /** Largest request header, in bytes; a larger one is answered 431. */
  public static final int MAX_HEADER_BYTES = 16 << 10;

  /**
   * Reads the {@code http}, {@code jwt}, {@code limits} and {@code tokens} sections.
   *
   * @throws IllegalArgumentException if a value is not one; the text names the key
   */
  public static HttpOptions from(Settings settings) {
    return new HttpOptions(
        settings.string("http.host", "0.0.0.0"),
        settings.integer("http.port", 8080, 0, 65535),
        settings.strings("http.routes"),
        settings.strings("http.trustedProxies"),
        origins(settings, "http.origins"),
        settings.objects("http.guards", "path").stream().map(PathGuard::from).toList(),
        TlsOptions.from(settings),
        settings.duration(
            "http.idleTimeout",
            Duration.ofSeconds(60),
            Duration.ofSeconds(1),
            Duration.ofHours(24)),
        settings.bytes("http.maxBodyBytes", 5 << 20, 0, 1L << 31),
        settings.duration(
            "http.stopTimeout", Duration.ofSeconds(5), Duration.ZERO, Duration.ofMinutes(10)),
        compression(settings, "http.compression"),
        SessionOptions.from(settings),
        JwtOptions.from(settings),
        Limits.from(settings),
        TokenOptions.from(settings));
  }

  private static Origins origins(Settings settings, String key) {
    try {
      return Origins.of(settings.strings(key));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(key + ": " + e.getMessage());
    }
  }

  private static Compression compression(Settings settings, String key) {
    String text = settings.string(key, "1KiB");
    if (text.equals("off")) {
      return Compression.OFF;
    }
    if (text.equals("on")) {
      return Compression.ON;
    }
    try {
      return Compression.from((int) settings.bytes(key, 1 << 10, 1, 1 << 30));
    } catch (IllegalArgumentException e) {
      throw settings.refuse(key, "off, on, or a size from 1 to 1GiB");
    }
  }
}
