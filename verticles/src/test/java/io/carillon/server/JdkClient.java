package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** The JDK's own WebSocket client, with what it hears in a queue. Binary shows as its hex form. */
final class JdkClient implements WebSocket.Listener, AutoCloseable {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> closed = new CompletableFuture<>();
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
  private final WebSocket socket;

  JdkClient(HttpClient http, String url) throws Exception {
    socket = http.newWebSocketBuilder().buildAsync(URI.create(url), this).get(5, SECONDS);
  }

  static JdkClient connect(int port, String uri) throws Exception {
    return new JdkClient(HTTP, "ws://127.0.0.1:" + port + uri);
  }

  JdkClient send(String message) throws Exception {
    socket.sendText(message, true).get(5, SECONDS);
    return this;
  }

  JdkClient send(byte[] message) throws Exception {
    socket.sendBinary(ByteBuffer.wrap(message), true).get(5, SECONDS);
    return this;
  }

  /** The next message, within 5 s. */
  String next() throws Exception {
    return Objects.requireNonNull(heard.poll(5, SECONDS), "nothing heard for 5 s");
  }

  /** Code and reason of the server's close frame, {@code 1000 Ok}. */
  String closed() throws Exception {
    return closed.get(5, SECONDS);
  }

  void sendClose(int code, String reason) throws Exception {
    socket.sendClose(code, reason).get(5, SECONDS);
  }

  @Override
  public void close() {
    socket.abort();
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    text.append(data);
    if (last) {
      heard.add(text.toString());
      text.setLength(0);
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
    while (data.hasRemaining()) {
      binary.write(data.get());
    }
    if (last) {
      heard.add(java.util.HexFormat.of().formatHex(binary.toByteArray()));
      binary.reset();
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    closed.complete(code + " " + reason);
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    closed.completeExceptionally(error);
  }
}
