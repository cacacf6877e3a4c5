package io.carillon.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.http.HttpServerRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Writes the 101 answer (RFC 6455, section 4.2.2). Owned by one event loop. */
final class SwitchingProtocols {
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final MessageDigest sha1 = sha1();

  /** The whole head, with what the application's handlers have put on the response. */
  String head(
      HttpServerRequest request, @Nullable String subprotocol, @Nullable DeflateAgreement agreed) {
    String protocol = subprotocol == null ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: "
        + accept(request.getHeader("sec-websocket-key").trim())
        + "\r\n"
        + protocol
        + (agreed == null ? "" : "Sec-WebSocket-Extensions: " + agreed.answer() + "\r\n")
        + HandshakeHeaders.of(request)
        + "\r\n";
  }

  private String accept(String key) {
    byte[] digest = sha1.digest((key + ACCEPT_SUFFIX).getBytes(US_ASCII));
    return Base64.getEncoder().encodeToString(digest);
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-1", e);
    }
  }
}
