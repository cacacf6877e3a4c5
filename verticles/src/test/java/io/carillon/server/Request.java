package io.carillon.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An HTTP request as a client writes it, proper or not. Immutable. */
record Request(String line, List<String> headers) {
  /** The key of RFC 6455, section 1.3, and what a server makes of it. */
  static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  /** A proper upgrade. */
  static Request upgrade(String uri) {
    return new Request(
        "GET " + uri + " HTTP/1.1",
        List.of(
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: " + KEY,
            "Sec-WebSocket-Version: 13"));
  }

  /** A plain request. */
  static Request plain(String method, String uri) {
    return new Request(method + " " + uri + " HTTP/1.1", List.of("Host: localhost"));
  }

  Request line(String other) {
    return new Request(other, headers);
  }

  Request without(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return new Request(
        line,
        headers.stream().filter(one -> !one.toLowerCase(Locale.ROOT).startsWith(start)).toList());
  }

  /** With one more header line, even if there is one of that name. */
  Request plus(String name, String value) {
    List<String> more = new ArrayList<>(headers);
    more.add(name + ": " + value);
    return new Request(line, more);
  }

  /** With this value instead of the one before. */
  Request with(String name, String value) {
    return without(name).plus(name, value);
  }

  byte[] bytes() {
    return (line + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n").getBytes(ISO_8859_1);
  }
}
