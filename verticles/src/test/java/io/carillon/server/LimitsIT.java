package io.carillon.server;

import static io.carillon.server.RawClient.PING;
import static io.carillon.server.RawClient.TEXT;
import static io.carillon.server.RawClient.frame;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.carillon.route.Rate;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every limit on what clients may use: what happens at it, and that it is counted. */
@Timeout(30)
class LimitsIT {
  private final Promise<Void> never = Promise.promise();
  private TestServer server;

  private void start(String config) throws Exception {
    server = TestServer.start(config);
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes.route("/never").join(ch -> never.future()).message((ch, p) -> ch.send(p));
          routes
              .route("/strict")
              .rate(new Rate(3, 0, Rate.Excess.CLOSE))
              .message((ch, payload) -> ch.send(payload));
          routes.route("/free").rate(Rate.NONE).message((ch, payload) -> ch.send(payload));
          routes.route("/fat").message((ch, p) -> ch.send(Payload.text("x".repeat(100_000))));
        });
  }

  @AfterEach
  void stop() throws Exception {
    never.tryComplete();
    server.close();
  }

  private JsonObject counters() throws Exception {
    return TestServer.await(server.vertx().eventBus().<JsonObject>request("carillon.counters", ""))
        .body();
  }

  private long reached(String limit) throws Exception {
    return counters().getJsonObject("reached").getLong(limit);
  }

  /** Waits until the node has so many connections: it hears of a close a little later. */
  private void awaitConnections(int count) throws Exception {
    while (counters().getInteger("connections") != count) {
      Thread.onSpinWait();
    }
  }

  private Answer ask(String uri) throws Exception {
    return server.open().ask(Request.upgrade(uri));
  }

  // ---- connections

  @Test
  void upgradeOverTheConnectionsOfTheNodeIsRefusedWith503() throws Exception {
    start("{'limits': {'maxConnections': 3}}");
    List<RawClient> clients = server.connectSome(3, "/echo");

    Answer refused = ask("/echo");

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("retry-after")).containsExactly("1");
    assertThat(reached("maxConnections")).isEqualTo(1);
    assertThat(server.open().ask(Request.plain("GET", "/health/ready")).status()).isEqualTo(200);
    clients.get(0).close();
    awaitConnections(3); // the two that are left, and the one that asked for its health
    assertThat(clients.get(1).sendText("others stay").readText()).isEqualTo("others stay");
  }

  @Test
  void connectionFarOverTheLimitIsClosedAtOnce() throws Exception {
    start("{'limits': {'maxConnections': 2}}");
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 2 + 16; i++) {
      clients.add(server.open());
    }
    awaitConnections(18);

    server.open().readEndOrReset();

    assertThat(reached("maxConnections")).isEqualTo(1);
    awaitConnections(18);
    clients.subList(0, 17).forEach(LimitsIT::closeQuietly);
    awaitConnections(1);
    assertThat(ask("/echo").status()).isEqualTo(101);
  }

  private static void closeQuietly(RawClient client) {
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void addressOverItsConnectionsIsRefusedWith429() throws Exception {
    start("{'limits': {'maxConnectionsPerAddress': 2}}");
    List<RawClient> clients = server.connectSome(2, "/echo");

    Answer refused = ask("/echo");

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("retry-after")).containsExactly("1");
    assertThat(reached("maxConnectionsPerAddress")).isEqualTo(1);
    clients.get(0).close();
    awaitConnections(1);
    assertThat(ask("/echo").status()).isEqualTo(101);
  }

  @Test
  void addressIsTheOneThatATrustedProxyNames() throws Exception {
    start("{'http': {'trustedProxies': ['127.0.0.1']}, 'limits': {'maxConnectionsPerAddress': 1}}");
    Request one = Request.upgrade("/echo").plus("X-Forwarded-For", "192.0.2.1");
    Request other = Request.upgrade("/echo").plus("X-Forwarded-For", "192.0.2.2");

    assertThat(server.open().ask(one).status()).isEqualTo(101);
    assertThat(server.open().ask(other).status()).isEqualTo(101);
    assertThat(server.open().ask(one).status()).isEqualTo(429);
  }

  @Test
  void addressThatAsksForTooManyUpgradesIsRefusedWith429() throws Exception {
    start("{'limits': {'upgradesPerSecond': 2}}");
    int refused = 0;
    for (int i = 0; i < 50 && refused == 0; i++) {
      refused = ask("/echo").status() == 429 ? 1 : 0;
    }

    assertThat(refused).isEqualTo(1);
    assertThat(reached("upgradesPerSecond")).isEqualTo(1);
    long second = System.nanoTime();
    int status = 429;
    while (status == 429 && System.nanoTime() - second < TimeUnit.SECONDS.toNanos(10)) {
      status = ask("/echo").status();
    }
    assertThat(status).as("in the next second").isEqualTo(101);
  }

  // ---- the handshake

  @Test
  void connectionWithoutARequestIsClosed() throws Exception {
    start("{'limits': {'handshakeTimeout': '300ms'}}");
    RawClient silent = server.open();
    RawClient slow = server.open().send("GET /echo HTTP/1.1\r\nHost: ".getBytes(UTF_8));
    RawClient quick = server.connect("/echo");

    silent.readEndOrReset();
    slow.readEndOrReset();

    assertThat(reached("handshakeTimeout")).isEqualTo(2);
    assertThat(quick.sendText("stays").readText()).isEqualTo("stays");
  }

  @Test
  void headThatComesDropByDropIsNotWaitedFor() throws Exception {
    start("{'limits': {'handshakeTimeout': '300ms'}}");
    RawClient slow = server.open().send("GET / HTTP/1.1\r\n".getBytes(UTF_8));

    for (int drops = 0; takesOneMore(slow); drops++) {
      assertThat(drops).as("one every 20 ms").isLessThan(500);
    }

    assertThat(reached("handshakeTimeout")).isEqualTo(1);
  }

  private static boolean takesOneMore(RawClient client) {
    try {
      client.send("x: y\r\n".getBytes(UTF_8));
      return !client.endsWithin(20);
    } catch (IOException cut) {
      return false;
    }
  }

  @Test
  void joinIsPartOfTheHandshake() throws Exception {
    start("{'limits': {'handshakeTimeout': '200ms', 'handlerTimeout': '30s'}}");

    assertThat(ask("/never").status()).isEqualTo(504);
    assertThat(reached("handshakeTimeout")).isEqualTo(1);
    assertThat(reached("handlerTimeout")).isZero();
  }

  @Test
  void longUrisAndHeadersAreCounted() throws Exception {
    start("{}");

    assertThat(ask("/echo?" + "x".repeat(4096)).status()).isEqualTo(414);
    assertThat(ask("/echo?" + "x".repeat(8192)).status()).isEqualTo(414);
    Request large = Request.upgrade("/echo").plus("X-Large", "x".repeat(20_000));
    assertThat(server.open().ask(large).status()).isEqualTo(431);

    assertThat(reached("maxUriBytes")).isEqualTo(2);
    assertThat(reached("maxHeaderBytes")).isEqualTo(1);
  }

  // ---- what a connection sends

  @Test
  void messageOverTheLimitIsCounted() throws Exception {
    start("{'limits': {'maxMessageBytes': 10}}");

    assertThat(server.connect("/echo").sendText("x".repeat(11)).readClose().code()).isEqualTo(1009);
    assertThat(reached("maxMessageBytes")).isEqualTo(1);
  }

  @Test
  void clientThatSendsTooManyMessagesIsNotReadForAWhile() throws Exception {
    start("{'limits': {'messagesPerSecond': 5}}");
    RawClient client = server.connect("/echo");
    long begin = System.nanoTime();
    for (int i = 0; i < 15; i++) {
      client.sendText("" + i);
    }
    for (int i = 0; i < 15; i++) {
      assertThat(client.readText()).isEqualTo("" + i);
    }

    assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_500));
    assertThat(reached("messagesPerSecond")).isPositive();
  }

  @Test
  void clientThatSendsTooManyBytesIsNotReadForAWhile() throws Exception {
    start("{'limits': {'bytesPerSecond': 10000}}");
    RawClient client = server.connect("/echo");
    long begin = System.nanoTime();
    for (int i = 0; i < 6; i++) {
      client.sendBinary(new byte[5_000]);
    }
    for (int i = 0; i < 6; i++) {
      assertThat(client.readBinary()).hasSize(5_000);
    }

    assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_000));
    assertThat(reached("bytesPerSecond")).isPositive();
  }

  @Test
  void routeMayCloseWhoSendsTooMuch() throws Exception {
    start("{}");
    RawClient client = server.connect("/strict");
    for (int i = 0; i < 10; i++) {
      client.sendText("" + i);
    }

    RawClient.Frame close = client.skipToClose();
    assertThat(close.code()).isEqualTo(4429);
    assertThat(close.reason()).isEqualTo("rate limit");
    client.sendClose(4429, "").readEnd();
    assertThat(reached("messagesPerSecond")).isEqualTo(1);
  }

  @Test
  void pingsCountAsMessages() throws Exception {
    start("{}");
    RawClient client = server.connect("/strict");
    for (int i = 0; i < 10; i++) {
      client.send(frame(PING, ""));
    }

    assertThat(client.skipToClose().code()).isEqualTo(4429);
  }

  @Test
  void routeMayAllowMoreThanTheServer() throws Exception {
    start("{'limits': {'messagesPerSecond': 1, 'excess': 'close'}}");
    RawClient client = server.connect("/free");
    for (int i = 0; i < 50; i++) {
      assertThat(client.sendText("free").readText()).isEqualTo("free");
    }
    assertThat(server.connect("/echo").send(frame(TEXT, "a"), frame(TEXT, "b"), frame(TEXT, "c")))
        .satisfies(strict -> assertThat(strict.skipToClose().code()).isEqualTo(4429));
  }

  // ---- idle connections and pings

  @Test
  void connectionWithoutMessagesIsClosed() throws Exception {
    start(
        "{'limits': {'idleTimeout': '400ms', 'pingInterval': '50ms', 'pingDisconnectCount': 1000}}");
    RawClient client = server.connect("/echo");

    RawClient.Frame close = client.skipToClose();

    assertThat(close.code()).isEqualTo(1001);
    assertThat(close.reason()).isEqualTo("idle");
    assertThat(reached("idleTimeout")).isEqualTo(1);
  }

  @Test
  void messagesKeepAConnection() throws Exception {
    start("{'limits': {'idleTimeout': '2s'}}");
    RawClient client = server.connect("/echo");
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(3_500)) {
      assertThat(client.sendText("busy").readText()).isEqualTo("busy");
    }
    assertThat(reached("idleTimeout")).isZero();
  }

  @Test
  void clientThatDoesNotAnswerPingsIsCut() throws Exception {
    start("{'limits': {'pingInterval': '100ms', 'pingDisconnectCount': 1}}");
    RawClient client = server.connect("/echo");

    client.readRest();

    assertThat(reached("pingDisconnectCount")).isEqualTo(1);
    assertThat(reached("pingTimeout")).isZero();
  }

  @Test
  void clientThatDoesNotEvenTakeAPingIsCut() throws Exception {
    start(
        "{'limits': {'pingInterval': '100ms', 'pingTimeout': '300ms',"
            + " 'pingDisconnectCount': 1000, 'maxOutboundBytes': '1GiB'}}");
    RawClient client = server.kept(RawClient.openNarrow(server.port())).upgrade("/fat");
    for (int i = 0; i < 100; i++) {
      client.sendText("more");
    }
    while (reached("pingTimeout") == 0) {
      Thread.onSpinWait();
    }
    client.readRest();

    assertThat(reached("pingTimeout")).isEqualTo(1);
  }

  @Test
  void slowConsumerIsCounted() throws Exception {
    start("{'limits': {'maxOutboundBytes': '200KiB'}}");
    RawClient client = server.kept(RawClient.openNarrow(server.port())).upgrade("/fat");
    for (int i = 0; i < 200; i++) {
      client.sendText("more");
    }
    while (reached("maxOutboundBytes") == 0) {
      Thread.onSpinWait();
    }
    assertThat(client.skipToClose().code()).isEqualTo(1013);
  }
}
