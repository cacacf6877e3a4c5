package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.LocalTopics;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that come, misbehave and go at random: what holds for every one of them in the end. */
@Timeout(60)
class ChurnIT {
  private static final int THREADS = 4;
  private static final int CLIENTS = 120;

  /** The way to go of a client that says so. */
  private static final int CLOSED = 5;

  private final Map<String, List<String>> events = new ConcurrentHashMap<>();
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start("{'limits': {'maxInboundBytes': 500, 'closeTimeout': '1s'}}");
    server.serve(
        routes ->
            routes
                .route("/churn/:room?id", String.class, String.class)
                .join(
                    ch -> {
                      note(ch.query("id"), "join");
                      ch.broadcast("came");
                      Future<Void> later = later(ch.query("id"));
                      return ch.query("id").endsWith("7")
                          ? later.compose(
                              done -> {
                                note(ch.query("id"), "refused");
                                return Future.failedFuture(CloseException.http(403, "no"));
                              })
                          : later.onSuccess(done -> note(ch.query("id"), "joined"));
                    })
                .message(
                    (ch, text) -> {
                      note(ch.query("id"), "begin " + text);
                      switch (text.substring(text.indexOf(' ') + 1)) {
                        case "close" -> ch.close();
                        case "throw" -> throw new CloseException(CloseStatus.of(4000, "thrown"));
                        case "broadcast" -> ch.broadcast("x".repeat(100));
                        default -> ch.send(text);
                      }
                      return later(text).onSuccess(done -> note(ch.query("id"), "end " + text));
                    })
                .leave(
                    (ch, status) -> {
                      note(ch.query("id"), "leave");
                      return ch.broadcast("left");
                    }));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  /** At once, or a little later, as the key has it. */
  private Future<Void> later(String key) {
    return key.hashCode() % 3 == 0
        ? server.vertx().timer(1, TimeUnit.MILLISECONDS).mapEmpty()
        : Future.succeededFuture();
  }

  private void note(String id, String event) {
    events.computeIfAbsent(id, first -> new CopyOnWriteArrayList<>()).add(event);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whoeverJoinedLeftOnceAndNothingIsLeftBehind(long seed) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<java.util.concurrent.Future<?>> running = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      running.add(
          threads.submit(
              () -> {
                Random random = new Random(seed * 100 + thread);
                for (int i = 0; i < CLIENTS; i++) {
                  client(seed + "." + thread + "." + i, random);
                }
                return null;
              }));
    }
    for (java.util.concurrent.Future<?> one : running) {
      one.get(50, SECONDS);
    }
    threads.shutdown();
    long begin = System.nanoTime();
    TestServer.await(server.undeployHttp());

    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .as("clients have gone, handlers are quick: nothing to wait for")
        .isLessThan(Duration.ofMillis(1_900));
    assertThat(events).isNotEmpty();
    events.forEach(ChurnIT::check);
    awaitThatNothingIsWanted();
  }

  /** The broker is told without being waited for. */
  private void awaitThatNothingIsWanted() throws Exception {
    long end = System.nanoTime() + SECONDS.toNanos(10);
    while (!LocalTopics.of(server.vertx()).isEmpty()) {
      assertThat(System.nanoTime()).as("no topic is wanted").isLessThan(end);
      TestServer.await(server.vertx().timer(1, TimeUnit.MILLISECONDS));
    }
  }

  private static void check(String id, List<String> log) {
    String all = id + ": " + log;
    assertThat(log.get(0)).as(all).isEqualTo("join");
    assertThat(log.stream().filter("join"::equals)).as(all).hasSize(1);
    if (log.contains("refused")) {
      assertThat(log).as(all).containsExactly("join", "refused");
      return;
    }
    assertThat(log.get(1)).as(all).isEqualTo("joined");
    assertThat(log.get(log.size() - 1)).as(all).isEqualTo("leave");
    assertThat(log.stream().filter("leave"::equals)).as(all).hasSize(1);
    // Messages one at a time, in the order in which they were sent; the last may have failed.
    int next = 0;
    for (String entry : log.subList(2, log.size() - 1)) {
      boolean begins = entry.startsWith("begin ");
      int number = Integer.parseInt(entry.split(" ")[1]);
      assertThat(number).as(all).isEqualTo(begins ? next : next - 1);
      next += begins ? 1 : 0;
    }
  }

  private void client(String id, Random random) throws Exception {
    String uri = "/churn/" + random.nextInt(3) + "?id=" + id;
    try (RawClient client = RawClient.open(server.port())) {
      if (random.nextInt(8) == 0) {
        client.send(Request.upgrade(uri).bytes());
        end(client, 0, random); // too early: before the answer is read, and perhaps given
        return;
      }
      if (client.ask(Request.upgrade(uri)).status() != 101) {
        return;
      }
      int messages = random.nextInt(8);
      for (int i = 0; i < messages; i++) {
        client.sendText(i + " " + word(random));
      }
      if (end(client, messages, random) == CLOSED) {
        client.skipToClose();
      }
    } catch (IOException cut) {
      // a client that misbehaves may be cut off at any time
    }
  }

  private static String word(Random random) {
    return switch (random.nextInt(14)) {
      case 0 -> "close";
      case 1 -> "throw";
      case 2, 3 -> "broadcast";
      case 4 -> "x".repeat(600);
      default -> "hello";
    };
  }

  private static int end(RawClient client, int next, Random random) throws IOException {
    int how = random.nextInt(7);
    switch (how) {
      case 0 -> client.reset();
      case 1 -> client.send(RawClient.frame(RawClient.TEXT, next + " last, or too early"));
      case 2 -> client.send(RawClient.part(RawClient.TEXT, "half a"));
      case 3 -> client.send(RawClient.head(0x81, 50, true), new byte[10]);
      case 4 -> client.send(RawClient.frame(3, ""));
      case CLOSED -> client.sendClose(1000, "bye");
      default -> {}
    }
    return how;
  }
}
