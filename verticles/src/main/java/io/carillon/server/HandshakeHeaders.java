package io.carillon.server;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.ServerCookie;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What the application's handlers have put on the response of an upgrade, as lines of the 101. */
final class HandshakeHeaders {
  /** What a 101 has itself, or has not at all. */
  private static final Set<String> OURS =
      Set.of("connection", "upgrade", "content-length", "content-type", "transfer-encoding");

  private HandshakeHeaders() {}

  static String of(HttpServerRequest request) {
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, String> header : request.response().headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!OURS.contains(name) && !name.startsWith("sec-websocket-")) {
        lines.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
      }
    }
    for (Cookie cookie : request.cookies()) {
      if (cookie instanceof ServerCookie own && own.isChanged()) {
        lines.append("Set-Cookie: ").append(cookie.encode()).append("\r\n");
      }
    }
    return lines.toString();
  }
}
