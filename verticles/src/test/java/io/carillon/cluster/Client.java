package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A WebSocket client that keeps what it hears, in order: the JDK's, so not our own codec. What is
 * waited for comes within {@value #PATIENCE} seconds or fails the test.
 */
final class Client implements WebSocket.Listener {
  private static final long PATIENCE = 10;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** The end of a connection as the client was told it. */
  record Closed(int code, String reason) {}

  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final WebSocket socket;

  private Client(HttpClient http, int port, String topic, String... headers) throws Exception {
    socket = open(http, port, topic, this, headers).get(PATIENCE, SECONDS);
  }

  /** Joins a topic; {@code headers} are names and values by turns. */
  static Client join(int port, String topic, String... headers) throws Exception {
    return new Client(HTTP, port, topic, headers);
  }

  /** The same with the cookies of an HTTP client. */
  static Client join(HttpClient http, int port, String topic, String... headers) throws Exception {
    return new Client(http, port, topic, headers);
  }

  /** The status that a join is refused with; 101 if it is not. */
  static int status(int port, String topic, String... headers) throws Exception {
    try {
      open(port, topic, new WebSocket.Listener() {}, headers).get(PATIENCE, SECONDS).abort();
      return 101;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }

  /** The status that a POST without a body is answered with. */
  static int post(int port, String path, Map<String, String> headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  /** Begins to join. */
  static CompletableFuture<WebSocket> open(
      int port, String topic, WebSocket.Listener listener, String... headers) {
    return open(HTTP, port, topic, listener, headers);
  }

  private static CompletableFuture<WebSocket> open(
      HttpClient http, int port, String topic, WebSocket.Listener listener, String... headers) {
    WebSocket.Builder builder = http.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i].equals("Sec-WebSocket-Protocol")) {
        builder.subprotocols(headers[i + 1]);
      } else {
        builder.header(headers[i], headers[i + 1]);
      }
    }
    return builder.buildAsync(URI.create("ws://127.0.0.1:" + port + topic), listener);
  }

  Client send(String message) throws Exception {
    socket.sendText(message, true).get(PATIENCE, SECONDS);
    return this;
  }

  Client send(byte... message) throws Exception {
    socket.sendBinary(ByteBuffer.wrap(message), true).get(PATIENCE, SECONDS);
    return this;
  }

  /** The next message, which is a text. */
  String text() throws Exception {
    return next(String.class);
  }

  /** The next message, which is binary. */
  byte[] bytes() throws Exception {
    return next(byte[].class);
  }

  /** The end, with no message ahead of it. */
  Closed closed() throws Exception {
    return next(Closed.class);
  }

  /** Asserts that nothing has come; for use where whatever could come would have come. */
  void hasNothing() {
    assertThat(heard).isEmpty();
  }

  private <T> T next(Class<T> type) throws Exception {
    Object next = Objects.requireNonNull(heard.poll(PATIENCE, SECONDS), "nothing heard for 10 s");
    assertThat(next).isInstanceOf(type);
    return type.cast(next);
  }

  /** Says goodbye and waits for the server's. */
  void close() throws Exception {
    close(WebSocket.NORMAL_CLOSURE, "");
  }

  void close(int code, String reason) throws Exception {
    socket.sendClose(code, reason).get(PATIENCE, SECONDS);
    assertThat(closed().code()).isEqualTo(code);
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
