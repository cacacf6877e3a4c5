package io.carillon.examples;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A WebSocket client that keeps what it hears, in order: the JDK's, so not our own codec.
 *
 * <p>Whatever is waited for comes within {@value #PATIENCE} seconds or fails the test.
 */
final class Client implements WebSocket.Listener {
  private static final long PATIENCE = 10;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private WebSocket socket;

  /** The end of a connection as the client was told it. */
  record Closed(int code, String reason) {}

  private Client() {}

  /** Joins a topic. */
  static Client join(int port, String topic) throws Exception {
    return join(HTTP, port, topic);
  }

  /** The same with the cookies of an HTTP client. */
  static Client join(HttpClient http, int port, String topic) throws Exception {
    Client client = new Client();
    client.socket = client.connect(http, port, topic).get(PATIENCE, SECONDS);
    return client;
  }

  /** Tries to join a topic that is not given: the answer instead of the 101. */
  static HttpResponse<?> refused(int port, String topic) {
    Throwable failure = catchThrowable(() -> join(port, topic));
    assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
    return ((WebSocketHandshakeException) failure.getCause()).getResponse();
  }

  private CompletableFuture<WebSocket> connect(HttpClient http, int port, String topic) {
    return http.newWebSocketBuilder()
        .buildAsync(URI.create("ws://localhost:" + port + topic), this);
  }

  void send(String message) throws Exception {
    send(message, true);
  }

  /** Sends a fragment. */
  void send(String part, boolean last) throws Exception {
    socket.sendText(part, last).get(PATIENCE, SECONDS);
  }

  void send(byte... message) throws Exception {
    socket.sendBinary(ByteBuffer.wrap(message), true).get(PATIENCE, SECONDS);
  }

  /** The next message, which is a text. */
  String text() throws Exception {
    return next(String.class);
  }

  /** The next message, which is binary. */
  byte[] bytes() throws Exception {
    return next(byte[].class);
  }

  /** Asserts that nothing has come; for use where whatever could come would have come. */
  void hasNothing() {
    assertThat(heard).isEmpty();
  }

  /** The end, with no message ahead of it. */
  Closed closed() throws Exception {
    return next(Closed.class);
  }

  private <T> T next(Class<T> type) throws Exception {
    Object next = heard.poll(PATIENCE, SECONDS);
    assertThat(next).isInstanceOf(type);
    return type.cast(next);
  }

  /** Says goodbye and waits for the server's. */
  void close() throws Exception {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE, SECONDS);
    assertThat(closed().code()).isEqualTo(WebSocket.NORMAL_CLOSURE);
  }

  /** Ends the connection without a word. */
  void vanish() {
    socket.abort();
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      heard.add(text.toString());
      text.setLength(0);
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer part, boolean last) {
    byte[] copy = new byte[part.remaining()];
    part.get(copy);
    bytes.writeBytes(copy);
    if (last) {
      heard.add(bytes.toByteArray());
      bytes.reset();
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    heard.add(new Closed(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    heard.add(error);
  }
}
