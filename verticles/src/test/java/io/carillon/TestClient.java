package io.carillon;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** A WebSocket client that keeps what it hears: the JDK's, so not our own codec. */
final class TestClient implements WebSocket.Listener {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final WebSocket socket;

  private TestClient(int port, String path) throws Exception {
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create("ws://localhost:" + port + path), this)
            .get(10, SECONDS);
  }

  static TestClient connect(int port, String path) throws Exception {
    return new TestClient(port, path);
  }

  /** Sends {@code text} and returns what comes back. */
  String ask(String text) throws Exception {
    socket.sendText(text, true).get(10, SECONDS);
    return heard.poll(10, SECONDS);
  }

  /** The code of the server's close frame, which is awaited. */
  int closeCode() throws Exception {
    return closed.get(10, SECONDS);
  }

  void close() {
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    heard.add(data.toString());
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
    closed.complete(code);
    return null;
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    closed.completeExceptionally(error);
  }
}
