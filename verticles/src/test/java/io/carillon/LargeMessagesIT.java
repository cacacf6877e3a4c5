package io.carillon;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages of 100 MiB, with a server whose heap is 64 MiB, in a process of its own. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeMessagesIT {
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int CHUNKS = 100;
  private static final byte[] CHUNK = new byte[CHUNK_BYTES];

  private ServerProcess server;
  private Path source;
  private Path target;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    new Random(1).nextBytes(CHUNK);
    source = folder.resolve("source");
    target = folder.resolve("target");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(source))) {
      for (int i = 0; i < CHUNKS; i++) {
        out.write(CHUNK);
      }
    }
    JsonObject conf =
        new JsonObject()
            .put("http", new JsonObject().put("host", "127.0.0.1").put("port", 0))
            .put(
                "verticles",
                new JsonArray()
                    .add(
                        new JsonObject()
                            .put("name", "io.carillon.Probe$Files")
                            .put(
                                "config",
                                new JsonObject()
                                    .put("source", source.toString())
                                    .put("target", target.toString()))));
    server = ServerProcess.builder("-conf", conf.encode()).heap("64m").start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static long expected() {
    CRC32 sum = new CRC32();
    for (int i = 0; i < CHUNKS; i++) {
      sum.update(CHUNK);
    }
    return sum.getValue();
  }

  private WebSocket connect(String path, WebSocket.Listener listener) throws Exception {
    return HttpClient.newHttpClient()
        .newWebSocketBuilder()
        .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + path), listener)
        .get(10, SECONDS);
  }

  @Test
  void fileGoesOutAsOneMessage() throws Exception {
    Receiver receiver = new Receiver();
    connect("/download", receiver);

    assertThat(receiver.whole.get(60, SECONDS)).isEqualTo(expected());
    assertThat(receiver.bytes).isEqualTo((long) CHUNKS * CHUNK_BYTES);
  }

  @Test
  void fileComesInAsOneMessage() throws Exception {
    Answer answer = new Answer();
    WebSocket socket = connect("/upload", answer);

    for (int i = 0; i < CHUNKS; i++) {
      socket.sendBinary(ByteBuffer.wrap(CHUNK), i == CHUNKS - 1).get(30, SECONDS);
    }

    assertThat(answer.text.get(60, SECONDS)).isEqualTo("written");
    assertThat(Files.mismatch(source, target)).isEqualTo(-1);
  }

  /** Waits for a text. */
  private static final class Answer implements WebSocket.Listener {
    private final CompletableFuture<String> text = new CompletableFuture<>();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.complete(data.toString());
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      text.completeExceptionally(new IOException("closed with " + code + " " + reason));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      text.completeExceptionally(error);
    }
  }

  /** Sums up one message, whatever its size. */
  private static final class Receiver implements WebSocket.Listener {
    private final CompletableFuture<Long> whole = new CompletableFuture<>();
    private final CRC32 sum = new CRC32();
    private volatile long bytes;

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      bytes += data.remaining();
      sum.update(data);
      if (last) {
        whole.complete(sum.getValue());
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      whole.completeExceptionally(new IOException("closed with " + code + " " + reason));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      whole.completeExceptionally(error);
    }
  }
}
