package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.channel.Forward;
import io.carillon.channel.IncomingMessage;
import io.carillon.route.Routes;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that a handler takes in chunks. */
@Timeout(60)
class StreamInIT extends HandlerFixture {
  private static final int MAX = 1_000_000;

  /** A message at the hands of the test, and what its handler is to return. */
  private record Taken(IncomingMessage message, Promise<Void> done) {}

  private final BlockingQueue<Taken> taken = new LinkedBlockingQueue<>();

  @BeforeEach
  void serve() throws Exception {
    server.serve(this::routes);
  }

  private void routes(Routes routes) {
    reported(routes.route("/sum", String.class, String.class)).stream(MAX, this::sum);
    reported(routes.route("/held", String.class, String.class)).stream(MAX, this::hold);
    reported(routes.route("/short", String.class, String.class))
        .handlerTimeout(Duration.ofMillis(600))
        .stream(MAX, this::hold);
    routes.route("/forward", String.class, String.class).rank(1).stream(
        MAX, (ch, message) -> Forward.next());
    routes
        .route("/forward", String.class, String.class)
        .rank(2)
        .message((ch, text) -> ch.send(text));
  }

  private Future<?> hold(Channel<String> channel, IncomingMessage message) {
    Promise<Void> done = Promise.promise();
    pending.add(done);
    taken.add(new Taken(message, done));
    return done.future();
  }

  private Taken taken() throws InterruptedException {
    return Objects.requireNonNull(taken.poll(5, TimeUnit.SECONDS), "no message for 5 s");
  }

  /** Says what has come, once it has. */
  private Future<Void> sum(Channel<String> channel, IncomingMessage message) {
    return all(message)
        .onFailure(e -> journal.add("failed " + ((CloseException) e).status().code()))
        .compose(
            all ->
                channel.send(
                    (message.isText() ? "text " : "binary ")
                        + all.length()
                        + " "
                        + all.toString().hashCode()));
  }

  private static Future<Buffer> all(IncomingMessage message) {
    Buffer all = Buffer.buffer();
    Promise<Buffer> whole = Promise.promise();
    message
        .exceptionHandler(whole::tryFail)
        .endHandler(end -> whole.tryComplete(all))
        .handler(all::appendBuffer);
    return whole.future();
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  private static String summary(String kind, byte[] content) {
    return kind + " " + content.length + " " + Buffer.buffer(content).toString().hashCode();
  }

  private static String closed(RawClient client) throws Exception {
    RawClient.Frame close = client.readClose();
    return close.code() + " " + close.reason();
  }

  // ---- what comes

  @Test
  void messagesOfEverySizeComeInOrder() throws Exception {
    RawClient client = server.connect("/sum");
    byte[] large = bytes(MAX);

    client.sendBinary(large).sendText("grüße").sendText("");
    client.send(RawClient.part(RawClient.TEXT, "in "), RawClient.part(0, "three "));
    client.send(RawClient.frame(0, "frames"));

    assertThat(client.readText()).isEqualTo(summary("binary", large));
    assertThat(client.readText()).isEqualTo(summary("text", "grüße".getBytes(UTF_8)));
    assertThat(client.readText()).isEqualTo(summary("text", new byte[0]));
    assertThat(client.readText()).isEqualTo(summary("text", "in three frames".getBytes(UTF_8)));
  }

  @Test
  void chunksComeBeforeTheMessageIsWhole() throws Exception {
    RawClient client = server.connect("/held");
    client.send(RawClient.part(RawClient.TEXT, "a"));
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    Taken first = taken();
    first.message().endHandler(end -> heard.add("end")).handler(chunk -> heard.add("" + chunk));

    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("a");
    client.pingPong().send(RawClient.part(0, "b"));
    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("b");
    client.send(RawClient.frame(0, ""));
    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("end");
  }

  @Test
  void compressedMessagesAreInflatedOnTheWay() throws Exception {
    RawClient client = server.open();
    client.upgrade(Request.upgrade("/sum").plus("Sec-WebSocket-Extensions", "permessage-deflate"));
    Deflater deflater = new Deflater(6, true); // which looks back at the messages before
    byte[] large = new byte[MAX];
    byte[] part = bytes(50_000);
    for (int at = 0; at < MAX; at += part.length) {
      System.arraycopy(part, 0, large, at, part.length);
    }

    for (int i = 0; i < 3; i++) {
      client.send(RawClient.frame(0xc2, RawClient.deflate(deflater, large), true));
      assertThat(client.readText()).isEqualTo(summary("binary", large));
    }
    client.send(RawClient.deflated(RawClient.BINARY, new byte[MAX + 1]));
    assertThat(closed(client)).isEqualTo("1009 message over 1000000 bytes");
  }

  @Test
  void fileIsWritten(@TempDir Path folder) throws Exception {
    Path target = folder.resolve("upload");
    byte[] content = bytes(900_000);
    server.deploy(
        () ->
            new TestServer.Handlers(
                routes ->
                    routes.route("/file", String.class, String.class).stream(
                        MAX,
                        (ch, message) ->
                            server
                                .vertx()
                                .fileSystem()
                                .open(target.toString(), new OpenOptions())
                                .compose(file -> message.pipeTo(file).eventually(file::close))
                                .compose(
                                    x ->
                                        ch.send(
                                            Context.isOnWorkerThread()
                                                ? "by a worker"
                                                : "elsewhere")))),
        new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER));
    RawClient client = server.connect("/file");

    assertThat(client.sendBinary(content).readText()).isEqualTo("by a worker");
    assertThat(Files.readAllBytes(target)).isEqualTo(content);
  }

  @Test
  void topicOfAMultiplexedConnectionGetsOneChunk() throws Exception {
    RawClient client = server.open();
    client.ask(Request.upgrade("/sum").plus("Sec-WebSocket-Protocol", "carillon.v1"));

    client.sendText("/sum·hello");

    assertThat(client.readText()).isEqualTo("/sum·" + summary("text", "hello".getBytes(UTF_8)));
  }

  // ---- how fast it comes

  @Test
  void clientIsNotReadWhileTheHandlerTakesNothing() throws Exception {
    RawClient client = server.connect("/held");
    byte[] content = bytes(MAX);
    client.send(RawClient.frame(RawClient.BINARY, content));
    client.sendPing("behind it");
    Taken message = taken();
    message.message().pause();
    Future<Buffer> all = all(message.message());
    client.readNothingYet();
    JsonObject reached = Counters.of(server.vertx()).toJson().getJsonObject("reached");
    assertThat(reached.getInteger("maxInboundBytes")).isPositive();

    for (int i = 0; i < 5; i++) {
      message.message().fetch(1);
    }
    client.readNothingYet();
    message.message().resume();

    assertThat(client.read().text()).isEqualTo("behind it");
    assertThat(TestServer.await(all).getBytes()).isEqualTo(content);
  }

  @Test
  void nextMessageWaitsForTheFuture() throws Exception {
    RawClient client = server.connect("/held").sendText("one").sendText("two");
    Taken first = taken();
    assertThat(TestServer.await(all(first.message())).toString()).isEqualTo("one");
    client.pingPong();
    assertThat(taken).isEmpty();

    first.done().complete();

    assertThat(TestServer.await(all(taken().message())).toString()).isEqualTo("two");
  }

  @Test
  void whatIsNotTakenIsDropped() throws Exception {
    RawClient client = server.connect("/held").sendBinary(bytes(MAX)).sendText("next");

    taken().done().complete();

    assertThat(TestServer.await(all(taken().message())).toString()).isEqualTo("next");
    client.pingPong();
  }

  @Test
  void handlerIsTimedOutForItsOwnTimeOnly() throws Exception {
    RawClient client = server.connect("/short");
    client.send(RawClient.part(RawClient.TEXT, "a"));
    Taken slow = taken();
    Future<Buffer> all = all(slow.message());
    for (int i = 0; i < 5; i++) {
      client.readNothingYet(); // 200 ms in which the client is at fault
      client.send(RawClient.part(0, "b"));
    }
    client.send(RawClient.frame(0, "c"));

    assertThat(TestServer.await(all).toString()).isEqualTo("abbbbbc");
    assertThat(closed(client)).isEqualTo("1011 handler timed out");
  }

  // ---- how it ends

  @Test
  void overTheLimitOfTheRouteItIsTooLarge() throws Exception {
    RawClient announced = server.connect("/sum");
    announced.send(RawClient.head(0x82, MAX + 1, true), new byte[4]);
    assertThat(closed(announced)).isEqualTo("1009 message over 1000000 bytes");
    journal.expect("leave closed 1009 message over 1000000 bytes");

    RawClient inParts = server.connect("/sum");
    inParts.sendBinary(bytes(MAX - 1));
    assertThat(inParts.readText()).startsWith("binary 999999 ");
    inParts.send(RawClient.frame(2, bytes(MAX - 1), true)).send(RawClient.frame(0, bytes(2), true));
    assertThat(closed(inParts)).isEqualTo("1009 message over 1000000 bytes");
    journal.expect("failed 1009", "leave closed 1009 message over 1000000 bytes");
  }

  @Test
  void textThatIsNoneFailsInTheMiddle() throws Exception {
    RawClient client = server.connect("/sum");
    client.send(RawClient.part(RawClient.TEXT, "fine so far"));
    client.send(RawClient.frame(0, RawClient.bytes('a', 0xff, 'b'), true));

    assertThat(closed(client)).isEqualTo("1007 text is not UTF-8");
    journal.expect("failed 1007", "leave closed 1007 text is not UTF-8");
  }

  @Test
  void clientThatIsGoneFailsTheMessage() throws Exception {
    RawClient resets = server.connect("/sum");
    resets.send(RawClient.part(RawClient.TEXT, "half"));
    resets.reset();
    journal.expect("failed 1001", "leave no_status 1006 AbnormalClose");

    RawClient closes = server.connect("/sum");
    closes.send(RawClient.part(RawClient.TEXT, "half")).sendClose(4001, "bye");
    assertThat(closed(closes)).isEqualTo("4001 ");
    journal.expect("failed 1001", "leave closed 4001 bye");
  }

  @Test
  void endOfTheChannelFailsTheMessage() throws Exception {
    RawClient client = server.connect("/sum");
    client.send(RawClient.part(RawClient.TEXT, "half")).pingPong();

    server.undeployHttp();

    assertThat(closed(client)).isEqualTo("1001 GoingAway");
    journal.expect("failed 1001", "leave closed 1001 GoingAway");
  }

  @Test
  void handlerThatFailsClosesTheClientInTheMiddle() throws Exception {
    RawClient client = server.connect("/held");
    client.send(RawClient.part(RawClient.TEXT, "half"));

    taken().done().fail(CloseException.http(507, "disk is full"));

    assertThat(closed(client)).isEqualTo("1011 disk is full");
    journal.expect("leave closed 1011 disk is full");
  }

  @Test
  void chunksAreNotForwarded() throws Exception {
    assertThat(closed(server.connect("/forward").sendText("x")))
        .isEqualTo("1008 nobody takes this");
  }

  // ---- registration

  @Test
  void plainHandlerCannotHaveChunks() {
    JsonObject announcement =
        new JsonObject()
            .put("address", "plain")
            .put(
                "routes",
                new JsonArray()
                    .add(
                        new JsonObject()
                            .put("pattern", "/plain")
                            .put("settings", new JsonObject().put("maxStreamBytes", 5))));

    Future<?> checked =
        server
            .vertx()
            .eventBus()
            .request(
                "carillon.routes",
                announcement,
                new io.vertx.core.eventbus.DeliveryOptions().addHeader("action", "check"));

    assertThatThrownBy(() -> TestServer.await(checked))
        .hasMessageContaining(
            "chunks of messages are Java objects, which needs byReference: pattern=/plain");
  }

  @Test
  void routeTakesChunksOrMessages() {
    assertThatThrownBy(
            () ->
                server.serve(
                    routes ->
                        routes.route("/both").message((ch, payload) -> ch.send(payload)).stream(
                            1, (ch, message) -> Future.succeededFuture())))
        .hasMessageContaining("a route that takes chunks has no other message handler");
    assertThatThrownBy(
            () ->
                server.serve(
                    routes -> routes.route("/none").stream(0, (ch, m) -> Future.succeededFuture())))
        .hasMessageContaining("maxBytes must be at least 1: maxBytes=0");
  }
}
