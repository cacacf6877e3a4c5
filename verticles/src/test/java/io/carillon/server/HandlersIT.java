package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Unexpected;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages and their handlers: one at a time, in order, and what happens to those that fail. */
@Timeout(30)
class HandlersIT extends HandlerFixture {
  // ---- messages: one at a time

  @Test
  void messageWaitsForTheFutureOfTheOneBefore() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message((ch, text) -> hold("begin " + text).andThen(d -> journal.add("end"))));
    RawClient client = server.connect("/t");

    client.sendText("one").sendText("two").sendText("three").pingPong();

    for (String text : List.of("one", "two", "three")) {
      journal.expect("begin " + text);
      client.pingPong();
      journal.isEmpty();
      nextPending().complete();
      journal.expect("end");
    }
  }

  @Test
  void channelsDoNotWaitForEachOther() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message((ch, text) -> text.equals("wait") ? hold(text) : ch.send(text)));
    server.connect("/t").sendText("wait");
    journal.expect("wait");

    for (RawClient other : server.connectSome(4, "/t")) {
      assertThat(other.sendText("hello").readText()).isEqualTo("hello");
    }
  }

  @Test
  void orderHoldsWhateverTheHandlerDoes() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message(
                    (ch, text) ->
                        Integer.parseInt(text) % 3 == 0
                            ? server
                                .vertx()
                                .timer(1, TimeUnit.MILLISECONDS)
                                .compose(t -> ch.send(text))
                            : ch.send(text)));
    RawClient client = server.connect("/t");

    for (int i = 0; i < 100; i++) {
      client.sendText(Integer.toString(i));
    }

    for (int i = 0; i < 100; i++) {
      assertThat(client.readText()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void closeIsSeenAndEchoedWhileAHandlerIsAtWorkAndLeaveWaitsForIt() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message((ch, text) -> hold(text)));
    RawClient client = server.connect("/t").sendText("one").sendText("two");
    journal.expect("one");

    client.sendPing("still there?");
    assertThat(client.read().text()).isEqualTo("still there?");
    client.sendClose(4001, "bye");

    assertThat(client.readClose().code()).isEqualTo(4001);
    client.readEnd();
    journal.isEmpty();
    nextPending().complete();
    journal.expect("two"); // was said before
    nextPending().complete();
    journal.expect("leave closed 4001 bye");
  }

  @Test
  void serverCloseDropsWhatWaits() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) ->
                        hold(text)
                            .onSuccess(
                                go -> {
                                  ch.close();
                                })));
    RawClient client = server.connect("/t").sendText("one").sendText("two").pingPong();
    journal.expect("one");

    nextPending().complete();

    journal.expect("leave closed 1000 Ok");
    assertThat(client.readClose().code()).isEqualTo(1000);
  }

  @Test
  void clientHearsOfTheEndWithinASecondOrTwoEvenIfItsHandlerIsStuck() throws Exception {
    BlockingQueue<Channel<String>> channels = new LinkedBlockingQueue<>();
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) -> {
                      channels.add(ch);
                      return hold(text);
                    }));
    RawClient client = server.connect("/t").sendText("stuck");

    channels.take().close(CloseStatus.of(4000, "over"));

    assertThat(client.readClose().code()).isEqualTo(4000);
    journal.expect("stuck");
    journal.isEmpty();
    nextPending().complete();
    journal.expect("leave closed 4000 over");
  }

  // ---- handlers that fail

  @Test
  void handlerThatThrowsEndsItsOwnChannelOnlyAndIsLoggedWithItsRoute() throws Exception {
    RawClient other = joined();
    RawClient client = server.connect("/t");

    try (LogCapture log = LogCapture.of("io.carillon")) {
      client.sendText("throw");

      RawClient.Frame close = client.readClose();
      assertThat(close.code()).isEqualTo(1011);
      assertThat(close.reason()).isEqualTo("InternalServerError");
      var line = log.next("handler failed");
      assertThat(line.getLevel().toString()).isEqualTo("ERROR");
      assertThat(line.getFormattedMessage())
          .startsWith(
              "message handler failed: route=/t, verticle=" + TestServer.Handlers.class.getName());
      assertThat(line.getThrowableProxy().getMessage()).isEqualTo("a secret");
    }
    assertThat(other.sendText("hello").readText()).isEqualTo("hello");
    assertThat(server.connect("/t").sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void handlerThatFailsItsFutureIsTheSameAsOneThatThrows() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message(
                    (ch, text) ->
                        Future.failedFuture(
                            text.equals("status")
                                ? CloseException.http(429, "slowly")
                                : new IOException("a secret"))));

    RawClient.Frame thrown = server.connect("/t").sendText("cause").readClose();
    RawClient.Frame status = server.connect("/t").sendText("status").readClose();

    assertThat(thrown.code()).isEqualTo(1011);
    assertThat(thrown.reason()).isEqualTo("InternalServerError");
    assertThat(status.code()).isEqualTo(4429);
    assertThat(status.reason()).isEqualTo("slowly");
  }

  @Test
  void errorOfTheJvmInAHandlerIsAFailureToo() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message(
                    (ch, text) -> {
                      throw new StackOverflowError("deep");
                    }));

    assertThat(server.connect("/t").sendText("x").readClose().code()).isEqualTo(1011);
    assertThat(server.connect("/t").sendText("x").readClose().code()).isEqualTo(1011);
  }

  @Test
  void handlerThatNeverCompletesEndsItsOwnChannelOnly() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .handlerTimeout(Duration.ofMillis(200))
                .message((ch, text) -> text.equals("wait") ? hold(text) : ch.send(text)));
    RawClient other = server.connect("/t");
    RawClient client = server.connect("/t").sendText("wait");

    try (LogCapture log = LogCapture.of("io.carillon")) {
      assertThat(other.sendText("hello").readText()).isEqualTo("hello");
      RawClient.Frame close = client.readClose();

      assertThat(close.code()).isEqualTo(1011);
      journal.expect("wait", "leave closed 1011 handler timed out");
      assertThat(log.next("timed out").getFormattedMessage())
          .startsWith("message handler timed out: route=/t, milliseconds=200, channel=");
    }
    nextPending().complete(); // too late
    assertThat(other.sendText("still here").readText()).isEqualTo("still here");
    client.close();
    other.close();
    journal.expect("leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @Test
  void leaveThatNeverCompletesDoesNotHoldTheCloseBackForever() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .handlerTimeout(Duration.ofMillis(100))
                .message(
                    (ch, text) -> {
                      ch.close();
                    })
                .leave(ch -> hold("leave")));

    assertThat(server.connect("/t").sendText("close").readClose().code()).isEqualTo(1011);
  }

  // ---- routes without a message handler

  @Test
  void messageToAListenOnlyTopicIsAnsweredWith1003() throws Exception {
    server.serve(routes -> reported(routes.route("/t")).join(ch -> {}));
    RawClient client = server.connect("/t");

    client.sendText("hello");

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(1003);
    assertThat(close.reason()).isEqualTo("no messages are taken here");
    journal.expect("leave closed 1003 no messages are taken here");
  }

  @Test
  void messageToAListenOnlyTopicMayBeIgnored() throws Exception {
    server.serve(
        routes -> reported(routes.route("/t")).join(ch -> {}).unexpected(Unexpected.IGNORE));
    RawClient client = server.connect("/t");

    client.sendText("hello").sendBinary(new byte[100_000]).pingPong();
    broadcast("/t", "listen");

    assertThat(client.readText()).isEqualTo("listen");
    journal.isEmpty();
  }

  // ---- back-pressure

  @Test
  void clientThatFloodsASlowHandlerIsNotReadAnyMore() throws Exception {
    int size = 1024;
    long limit = 64L << 20;
    server.serve(
        routes ->
            routes
                .route("/t")
                .message(
                    (ch, payload) -> {
                      if (payload.size() == 1) {
                        return hold("first");
                      }
                      if (payload.size() == 2) {
                        journal.add("last");
                      }
                      return Future.succeededFuture();
                    }));
    try (SocketChannel socket = SocketChannel.open(RawClient.address(server.port()));
        Selector selector = Selector.open()) {
      RawClient client = server.kept(new RawClient(socket.socket())).upgrade("/t");
      client.sendBinary(new byte[1]);
      journal.expect("first");
      ByteBuffer frame = ByteBuffer.wrap(RawClient.frame(RawClient.BINARY, new byte[size]));
      socket.configureBlocking(false);
      socket.register(selector, SelectionKey.OP_WRITE);
      long written = 0;
      while (written < limit && selector.select(1_000) > 0) {
        selector.selectedKeys().clear();
        written += socket.write(frame);
        if (!frame.hasRemaining()) {
          frame.rewind();
        }
      }

      assertThat(written).as("bytes taken while the handler is at work").isLessThan(limit);
      nextPending().complete();
      while (frame.hasRemaining()) {
        selector.select(5_000);
        selector.selectedKeys().clear();
        socket.write(frame);
      }
      selector.close();
      socket.configureBlocking(true);
      client.sendBinary(new byte[2]);
      journal.expect("last");
    }
  }

  @Test
  void messagesHeldBackAreHandledInOrderOnceThereIsRoom() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t")
                .message((ch, payload) -> payload.size() == 5 ? hold("begin") : ch.send(payload)));
    RawClient client = server.connect("/t").sendText("begin");
    journal.expect("begin");
    for (int i = 0; i < 300; i++) {
      client.sendText(i + " " + "x".repeat(1000)); // 300 KB, of which 64 KiB are kept
    }

    nextPending().complete();

    for (int i = 0; i < 300; i++) {
      assertThat(client.readText()).startsWith(i + " ");
    }
    client.pingPong();
  }
}
