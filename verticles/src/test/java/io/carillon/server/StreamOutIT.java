package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.channel.MessageStream;
import io.carillon.route.Overflow;
import io.carillon.route.Routes;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.ThreadingModel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.streams.ReadStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that are written bit by bit, by the test in the place of a handler. */
@Timeout(60)
class StreamOutIT extends HandlerFixture {
  private static final int SOFT_BYTES = 4096;

  private final BlockingQueue<Channel<String>> channels = new LinkedBlockingQueue<>();

  @BeforeEach
  void serve() throws Exception {
    server.serve(this::routes);
  }

  private void routes(Routes routes) {
    reported(routes.route("/t/:name", String.class, String.class))
        .message(
            (ch, text) -> {
              channels.add(ch);
            });
    reported(routes.route("/small", String.class, String.class))
        .overflow(Overflow.DROP_NEWEST)
        .message(
            (ch, text) -> {
              channels.add(ch);
            });
    reported(routes.route("/stalls", String.class, String.class))
        .handlerTimeout(Duration.ofMillis(300))
        .message(
            (ch, text) -> {
              channels.add(ch);
            });
    routes
        .route("/early", String.class, String.class)
        .join(
            ch -> {
              ch.send("first");
              MessageStream message = ch.streamText();
              message.write(Buffer.buffer("second"));
              message.end(Buffer.buffer(", in bits"));
              return ch.send("third");
            })
        .message((ch, text) -> ch.send(text));
    routes
        .route("/loop", String.class, String.class)
        .socket(
            s ->
                s.channel().streamText().end(Buffer.buffer("in a loop")).compose(x -> s.send("!")));
  }

  /** The channel of a client, which says something for it. */
  private Channel<String> channel(RawClient client) throws Exception {
    client.sendText("here I am");
    return channel();
  }

  private Channel<String> channel() throws InterruptedException {
    return Objects.requireNonNull(channels.poll(5, TimeUnit.SECONDS));
  }

  private static Buffer bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return Buffer.buffer(bytes);
  }

  private static Buffer letters(int count) {
    return Buffer.buffer("x".repeat(count));
  }

  private static void write(MessageStream message, Buffer chunk) throws Exception {
    TestServer.await(message.write(chunk));
  }

  private static String reason(Future<?> failed) {
    CloseException why = (CloseException) failed.cause();
    return why.status().code() + " " + why.reason();
  }

  private static String closed(RawClient.Frame frame) {
    return frame.code() + " " + frame.reason();
  }

  private static byte[] concat(Buffer... parts) {
    Buffer all = Buffer.buffer();
    for (Buffer part : parts) {
      all.appendBuffer(part);
    }
    return all.getBytes();
  }

  // ---- the message

  @Test
  void messageGoesInFramesOfAtLeastFourKibibytes() throws Exception {
    RawClient client = server.connect("/t/a");
    MessageStream message = channel(client).streamBinary();

    write(message, bytes(10));
    write(message, bytes(SOFT_BYTES - 11));
    client.readNothingYet();
    write(message, bytes(1));

    RawClient.Frame first = client.readPart();
    assertThat(first.opcode()).isEqualTo(RawClient.BINARY);
    assertThat(first.last()).isFalse();
    assertThat(first.payload()).isEqualTo(concat(bytes(10), bytes(SOFT_BYTES - 11), bytes(1)));

    write(message, bytes(200_000));
    TestServer.await(message.end(bytes(3)));
    RawClient.Frame rest = client.readParts(client.readPart());
    assertThat(rest.opcode()).isEqualTo(RawClient.CONTINUATION);
    assertThat(rest.payload()).isEqualTo(concat(bytes(200_000), bytes(3)));
    client.pingPong();
  }

  @Test
  void shortAndEmptyMessagesAreOneFrame() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);

    TestServer.await(channel.streamText().end(Buffer.buffer("short")));
    TestServer.await(channel.streamBinary().end());
    TestServer.await(channel.send("and on"));

    assertThat(client.readText()).isEqualTo("short");
    assertThat(client.readBinary()).isEmpty();
    assertThat(client.readText()).isEqualTo("and on");
  }

  @Test
  void fileIsPiped(@TempDir Path folder) throws Exception {
    byte[] content = bytes(3_000_000).getBytes();
    Path path = Files.write(folder.resolve("file"), content);
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);

    Future<?> sent =
        server
            .vertx()
            .fileSystem()
            .open(path.toString(), new OpenOptions().setWrite(false))
            .compose(file -> channel.streamBinary().from(file).eventually(file::close));

    assertThat(client.readParts().payload()).isEqualTo(content);
    TestServer.await(sent);
  }

  @Test
  void earlyOneTakesItsTurnBehindTheUpgrade() throws Exception {
    RawClient client = server.connect("/early");

    assertThat(client.readText()).isEqualTo("first");
    assertThat(client.readText()).isEqualTo("second, in bits");
    assertThat(client.readText()).isEqualTo("third");
    assertThat(client.sendText("fourth").readText()).isEqualTo("fourth");

    RawClient loop = server.connect("/loop");
    assertThat(loop.readText()).isEqualTo("in a loop");
    assertThat(loop.readText()).isEqualTo("!");
    assertThat(closed(loop.readClose())).isEqualTo("1000 Ok");
  }

  @Test
  void writerOnAWorkerHasBackPressureByItsFutures() throws Exception {
    byte[] all = bytes(2_000_000).getBytes();
    server.deploy(
        () ->
            new TestServer.Handlers(
                routes ->
                    routes
                        .route("/worker", String.class, String.class)
                        .message((ch, text) -> writeFrom(0, all, ch.streamBinary()))),
        new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER));
    RawClient client = server.kept(RawClient.openNarrow(server.port())).upgrade("/worker");

    client.sendText("go");

    assertThat(client.readParts().payload()).isEqualTo(all);
  }

  private static Future<Void> writeFrom(int at, byte[] all, MessageStream message) {
    if (at == all.length) {
      return message.end();
    }
    return message
        .write(Buffer.buffer(all).slice(at, at + 10_000))
        .compose(
            room -> {
              assertThat(Context.isOnWorkerThread()).isTrue();
              assertThat(message.writeQueueFull()).isFalse();
              return writeFrom(at + 10_000, all, message);
            });
  }

  // ---- what goes on beside it

  @Test
  void otherMessagesWaitTheirTurn() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);
    TestServer.await(channel.send("before"));
    MessageStream message = channel.streamText();
    write(message, letters(SOFT_BYTES));
    TestServer.await(channel.send("behind it"));
    MessageStream second = channel.streamText();
    Future<Void> ended = second.end(letters(10_000));
    broadcast("/t/a", "to all");
    write(message, letters(SOFT_BYTES + 7));
    assertThat(ended.isComplete()).isFalse();
    TestServer.await(message.end());
    TestServer.await(ended);

    assertThat(client.readText()).isEqualTo("before");
    assertThat(client.readParts().payload()).hasSize(2 * SOFT_BYTES + 7);
    assertThat(client.readText()).isEqualTo("behind it");
    assertThat(client.readParts().payload()).hasSize(10_000);
    assertThat(client.readText()).isEqualTo("to all");
  }

  @Test
  void pongsGoBetweenItsFrames() throws Exception {
    RawClient client = server.connect("/t/a");
    MessageStream message = channel(client).streamText();
    write(message, letters(SOFT_BYTES));
    assertThat(client.readPart().payload()).hasSize(SOFT_BYTES);

    client.pingPong();

    TestServer.await(message.end(Buffer.buffer("end")));
    assertThat(client.readPart().text()).isEqualTo("end");
  }

  @Test
  void whatWaitsBehindItIsBoundedByThePolicyOfTheRoute() throws Exception {
    RawClient client = server.connect("/small");
    Channel<String> channel = channel(client);
    MessageStream message = channel.streamText();
    write(message, letters(SOFT_BYTES));

    String large = "x".repeat(300_000);
    for (int i = 0; i < 3; i++) {
      TestServer.await(channel.send(i + large));
    }
    Future<Void> fourth = channel.send("3" + large);
    assertThatThrownBy(() -> TestServer.await(fourth)).isInstanceOf(DroppedException.class);
    TestServer.await(message.end());

    assertThat(client.readParts().payload()).hasSize(SOFT_BYTES);
    for (int i = 0; i < 3; i++) {
      assertThat(client.readText()).startsWith(i + "x");
    }
    client.pingPong();
  }

  // ---- back-pressure

  @Test
  void writerWaitsForAClientThatDoesNotRead() throws Exception {
    RawClient client = server.kept(RawClient.openNarrow(server.port())).upgrade("/t/a");
    MessageStream message = channel(client).streamBinary();
    BlockingQueue<String> drained = new LinkedBlockingQueue<>();

    Future<Void> last = message.write(bytes(30_000));
    int written = 1;
    while (!message.writeQueueFull()) {
      TestServer.await(last);
      last = message.write(bytes(30_000));
      written++;
      assertThat(written).as("writes before it is full").isLessThan(5_000);
    }
    message.drainHandler(room -> drained.add("drained"));
    assertThat(last.isComplete()).isFalse();
    assertThat(drained).isEmpty();

    int read = 0;
    while (read < written * 30_000 - SOFT_BYTES) {
      read += client.readPart().payload().length;
    }
    assertThat(drained.poll(5, TimeUnit.SECONDS)).isEqualTo("drained");
    TestServer.await(last);
    TestServer.await(message.end());
    assertThat(read + client.readParts().payload().length).isEqualTo(written * 30_000);
  }

  @Test
  void writerThatDoesNotWaitIsBoundedAndClosesASlowClient() throws Exception {
    RawClient client = server.kept(RawClient.openNarrow(server.port())).upgrade("/t/a");
    MessageStream message = channel(client).streamBinary();

    Future<Void> last = message.write(bytes(100_000));
    for (int i = 0; i < 1_000 && !last.failed(); i++) {
      last = message.write(bytes(100_000));
      TestServer.await(server.vertx().timer(1));
    }

    assertThat(reason(last)).isEqualTo("1013 slow consumer");
    RawClient.Frame frame = client.readPart();
    while (frame.opcode() != RawClient.CLOSE) {
      assertThat(frame.last()).isFalse();
      frame = client.readPart();
    }
    assertThat(closed(frame)).isEqualTo("1013 slow consumer");
    journal.expect("leave closed 1013 slow consumer");
  }

  // ---- ends

  @Test
  void nothingOfItGoesBehindTheClientsClose() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);
    MessageStream message = channel.streamText();
    BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    message.exceptionHandler(failures::add);
    write(message, letters(SOFT_BYTES + 5));
    TestServer.await(channel.send("waits in vain"));
    client.readPart();

    client.sendClose(4001, "bye");

    assertThat(closed(client.readClose())).isEqualTo("4001 ");
    client.readEnd();
    journal.expect("leave closed 4001 bye");
    assertThat(failures.poll(5, TimeUnit.SECONDS)).isInstanceOf(CloseException.class);
    Future<Void> late = message.write(letters(10));
    assertThatThrownBy(() -> TestServer.await(late)).isInstanceOf(CloseException.class);
    assertThat(reason(late)).isEqualTo("1001 closed");
    Future<Void> end = message.end();
    assertThatThrownBy(() -> TestServer.await(end)).isInstanceOf(CloseException.class);
  }

  @Test
  void closeFollowsWhatIsWholeAndCutsWhatIsNot() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);
    channel.streamText().end(letters(100_000));
    channel.send("whole too");
    channel.close();
    assertThat(client.readParts().payload()).hasSize(100_000);
    assertThat(client.readText()).isEqualTo("whole too");
    assertThat(closed(client.readClose())).isEqualTo("1000 Ok");
    journal.expect("leave closed 1000 Ok");

    RawClient other = server.connect("/t/b");
    Channel<String> cut = channel(other);
    MessageStream half = cut.streamText();
    write(half, letters(SOFT_BYTES));
    cut.send("behind half a message");
    cut.close();
    assertThat(other.readPart().last()).isFalse();
    assertThat(closed(other.readClose())).isEqualTo("1000 Ok");
    Future<Void> late = half.end();
    assertThatThrownBy(() -> TestServer.await(late)).isInstanceOf(CloseException.class);
  }

  @Test
  void abortedMessageThatHasBegunCostsTheConnection() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);
    MessageStream never = channel.streamText();
    write(never, letters(100));
    never.abort();
    TestServer.await(channel.send("still here"));
    assertThat(client.readText()).isEqualTo("still here");

    MessageStream begun = channel.streamText();
    write(begun, letters(SOFT_BYTES));
    begun.abort();
    TestServer.await(server.vertx().timer(1));
    assertThat(client.readPart().last()).isFalse();
    assertThat(closed(client.readClose())).isEqualTo("1011 InternalServerError");
  }

  @Test
  void sourceThatFailsAbortsIt() throws Exception {
    RawClient client = server.connect("/t/a");
    MessageStream message = channel(client).streamBinary();
    FailingSource source = new FailingSource();

    Future<Void> sent = message.from(source);
    source.emit(bytes(SOFT_BYTES));
    client.readPart();
    source.fail(new IllegalStateException("disk is gone"));

    assertThat(closed(client.readClose())).isEqualTo("1011 InternalServerError");
    assertThatThrownBy(() -> TestServer.await(sent)).hasMessage("disk is gone");
  }

  @Test
  void textIsCheckedAcrossChunks() throws Exception {
    RawClient client = server.connect("/t/a");
    Channel<String> channel = channel(client);
    byte[] umlaut = "ü".getBytes(UTF_8);
    MessageStream split = channel.streamText();
    write(split, Buffer.buffer().appendByte(umlaut[0]));
    write(split, Buffer.buffer().appendByte(umlaut[1]));
    TestServer.await(split.end());
    assertThat(client.readText()).isEqualTo("ü");

    MessageStream cut = channel.streamText();
    write(cut, letters(SOFT_BYTES).appendByte(umlaut[0]));
    Future<Void> end = cut.end();
    assertThatThrownBy(() -> TestServer.await(end)).isInstanceOf(CloseException.class);
    assertThat(client.readPart().last()).isFalse();
    assertThat(closed(client.readClose())).isEqualTo("1011 text is not UTF-8");
  }

  @Test
  void writerThatStopsWritingDoesNotHoldTheClientForEver() throws Exception {
    RawClient client = server.connect("/stalls");
    MessageStream message = channel(client).streamText();
    write(message, letters(SOFT_BYTES));

    assertThat(client.readPart().last()).isFalse();
    assertThat(closed(client.readClose())).isEqualTo("1011 handler timed out");
    journal.expect("leave closed 1011 handler timed out");
  }

  @Test
  void clientThatVanishesFailsItsWriter() throws Exception {
    RawClient client = server.connect("/t/a");
    MessageStream message = channel(client).streamText();
    write(message, letters(SOFT_BYTES));
    client.reset();
    journal.expect("leave no_status 1006 AbnormalClose");

    Future<Void> late = message.end();
    assertThatThrownBy(() -> TestServer.await(late)).isInstanceOf(CloseException.class);
  }

  // ---- multiplexed

  private RawClient multiplexed() throws Exception {
    RawClient client = server.open();
    assertThat(
            client
                .ask(Request.upgrade("/t/a").plus("Sec-WebSocket-Protocol", "carillon.v1"))
                .status())
        .isEqualTo(101);
    return client;
  }

  @Test
  void topicsWaitForTheMessageOfOneOfThem() throws Exception {
    RawClient client = multiplexed();
    client.sendText("/t/a·hi");
    Channel<String> a = channel();
    client.sendText("·SUBSCRIBE·/t/b·");
    assertThat(client.readText()).startsWith("·OK·SUBSCRIBE·/t/b·");
    client.sendText("/t/b·hi");
    Channel<String> b = channel();

    MessageStream message = a.streamText();
    write(message, letters(SOFT_BYTES));
    TestServer.await(b.send("b waits"));
    client.sendText("·UNSUBSCRIBE·/t/a·");
    journal.expect("leave no_status 1006 AbnormalClose");
    TestServer.await(message.end(Buffer.buffer("end"))); // it has begun, so it is finished

    assertThat(client.readParts().text()).isEqualTo("/t/a·" + "x".repeat(SOFT_BYTES) + "end");
    assertThat(client.readText()).isEqualTo("/t/b·b waits");
    assertThat(client.readText()).isEqualTo("·OK·UNSUBSCRIBE·/t/a·");
    assertThatThrownBy(() -> TestServer.await(a.streamText().end()))
        .isInstanceOf(CloseException.class);
  }

  @Test
  void joinOfATopicStreamsBehindItsOk() throws Exception {
    RawClient client = multiplexed();
    client.sendText("·SUBSCRIBE·/early·");

    assertThat(client.readText()).startsWith("·OK·SUBSCRIBE·/early·");
    assertThat(client.readText()).isEqualTo("/early·first");
    assertThat(client.readText()).isEqualTo("/early·second, in bits");
    assertThat(client.readText()).isEqualTo("/early·third");
  }

  @Test
  void abortedMessageOfATopicClosesTheWholeConnection() throws Exception {
    RawClient client = multiplexed();
    client.sendText("/t/a·hi");
    MessageStream message = channel().streamText();
    write(message, letters(SOFT_BYTES));
    message.abort();

    assertThat(client.readPart().last()).isFalse();
    assertThat(closed(client.readClose())).isEqualTo("1011 InternalServerError");
  }

  /** A source that the test feeds. */
  private static final class FailingSource implements ReadStream<Buffer> {
    private @Nullable Handler<Buffer> handler;
    private @Nullable Handler<Throwable> failed;

    void emit(Buffer chunk) {
      Objects.requireNonNull(handler).handle(chunk);
    }

    void fail(Throwable why) {
      Objects.requireNonNull(failed).handle(why);
    }

    @Override
    public ReadStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> now) {
      failed = now;
      return this;
    }

    @Override
    public ReadStream<Buffer> handler(@Nullable Handler<Buffer> now) {
      handler = now;
      return this;
    }

    @Override
    public ReadStream<Buffer> pause() {
      return this;
    }

    @Override
    public ReadStream<Buffer> resume() {
      return this;
    }

    @Override
    public ReadStream<Buffer> fetch(long amount) {
      return this;
    }

    @Override
    public ReadStream<Buffer> endHandler(@Nullable Handler<Void> now) {
      return this;
    }
  }
}
