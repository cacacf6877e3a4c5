package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Broker;
import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.JoinPhase;
import io.carillon.route.Route;
import io.carillon.route.Routes;
import io.carillon.route.Unexpected;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Join, message and leave: when they run, how often, and what a client hears of it. */
@Timeout(30)
class LifecycleIT {
  private final Journal journal = new Journal();
  private TestServer server;

  /** Futures of handlers that wait for the test, in the order in which they began to. */
  private final BlockingQueue<Promise<Void>> pending = new LinkedBlockingQueue<>();

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start();
  }

  @AfterEach
  void stop() throws Exception {
    pending.forEach(Promise::tryComplete);
    server.close();
  }

  private Future<Void> wait(String entry) {
    Promise<Void> promise = Promise.promise();
    pending.add(promise);
    journal.add(entry);
    return promise.future();
  }

  private Promise<Void> nextPending() throws InterruptedException {
    return Objects.requireNonNull(pending.poll(5, TimeUnit.SECONDS), "no handler waits");
  }

  /** A route that reports what happens to it. */
  private <I, O> Route<I, O> reported(Route<I, O> route) {
    return route.leave(
        (ch, status) -> {
          journal.add("leave " + status + " " + status.closeStatus().reason());
        });
  }

  private void broadcast(String topic, String message) throws Exception {
    TestServer.await(Broker.of(server.vertx()).broadcastTo(topic, message));
  }

  // ---- join

  @Test
  void joinRunsBeforeThe101() throws Exception {
    server.serve(routes -> routes.route("/t").join(ch -> wait("join")));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    assertThat(client.socket().getInputStream().available()).isZero();
    nextPending().complete();

    assertThat(client.readAnswer().status()).isEqualTo(101);
  }

  @Test
  void joinRunsOnceAndAheadOfEveryMessage() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(
                    ch -> {
                      journal.add("join");
                    })
                .message(
                    (ch, text) -> {
                      journal.add(text);
                    }));

    server.connect("/t").sendText("a").sendText("b");

    journal.expect("join", "a", "b");
    journal.isEmpty();
  }

  @Test
  void whatJoinSentIsHeardFirst() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(
                    ch -> {
                      ch.send("one");
                      ch.broadcastTo("/t", "not for the joiner");
                      return ch.send("two").compose(sent -> wait("join"));
                    })
                .message((ch, text) -> ch.send(text)));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    broadcast("/t", "too early for it");
    nextPending().complete();

    assertThat(client.readAnswer().status()).isEqualTo(101);
    broadcast("/t", "three");
    assertThat(client.readText()).isEqualTo("one");
    assertThat(client.readText()).isEqualTo("two");
    assertThat(client.readText()).isEqualTo("three");
    assertThat(client.sendText("four").readText()).isEqualTo("four");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/with", "/without"})
  void joinedMeansSubscribed(String topic) throws Exception {
    server.serve(
        routes -> {
          routes.route("/with").join(ch -> {}).message((ch, payload) -> {});
          routes.route("/without").message((ch, payload) -> {});
        });

    for (int i = 0; i < 50; i++) {
      try (RawClient client = server.connect(topic)) {
        Broker.of(server.vertx()).broadcastTo(topic, "message " + i);
        assertThat(client.readText()).isEqualTo("message " + i);
      }
    }
  }

  @Test
  void whatJoinBroadcastsReachesAllButTheJoiner() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(ch -> ch.broadcast("came " + ch.query("name")))
                .message((ch, text) -> ch.broadcast(text)));
    RawClient ann = server.connect("/t?room=1&name=ann");
    RawClient bob = server.connect("/t?room=1&name=ann");
    RawClient eve = server.connect("/t?room=1&name=ann");

    assertThat(ann.readText()).isEqualTo("came ann");
    assertThat(ann.readText()).isEqualTo("came ann");
    assertThat(bob.readText()).isEqualTo("came ann");
    eve.sendText("hello");
    assertThat(List.of(ann.readText(), bob.readText(), eve.readText())).containsOnly("hello");
  }

  @Test
  void whatJoinBroadcastsLateStillPassesTheJoinerBy() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(
                    ch ->
                        wait("join")
                            .compose(
                                go -> {
                                  ch.broadcastTo("/t", "came too");
                                  return ch.broadcast("came");
                                }))
                .message((ch, text) -> ch.broadcast(text)));
    RawClient first = server.open().send(Request.upgrade("/t").bytes());
    nextPending().complete();
    first.readAnswer();

    RawClient second = server.open().send(Request.upgrade("/t").bytes());
    nextPending().complete();
    second.readAnswer();
    second.sendText("hello");

    assertThat(first.readText()).isEqualTo("came too");
    assertThat(first.readText()).isEqualTo("came");
    assertThat(first.readText()).isEqualTo("hello");
    assertThat(second.readText()).isEqualTo("hello");
  }

  @Test
  void broadcastOfTheJoinerAfterJoinReachesIt() throws Exception {
    BlockingQueue<Channel<String>> channels = new LinkedBlockingQueue<>();
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(
                    ch -> {
                      channels.add(ch);
                    }));
    RawClient client = server.connect("/t");

    channels.take().broadcast("later");

    assertThat(client.readText()).isEqualTo("later");
  }

  @Test
  void refusedClientIsNeverSubscribedNorLeaves() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(
                    ch -> {
                      throw CloseException.http(403, "not you");
                    }));
    RawClient client = server.connect("/t");

    RawClient.Frame close = client.readClose();
    broadcast("/t", "for members");

    assertThat(close.code()).isEqualTo(4403);
    assertThat(close.reason()).isEqualTo("not you");
    client.sendClose(4403, "").readEnd();
    journal.isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "400, 1007",
    "401, 4401",
    "403, 4403",
    "404, 4404",
    "409, 4409",
    "413, 1009",
    "418, 1008",
    "422, 1007",
    "429, 4429",
    "500, 1011",
    "502, 1011",
    "503, 1013"
  })
  void joinBehindTheUpgradeRefusesWithACloseCode(int status, int code) throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t")
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(ch -> Future.failedFuture(CloseException.http(status, "no"))));

    RawClient.Frame close = server.connect("/t").readClose();

    assertThat(close.code()).isEqualTo(code);
    assertThat(close.reason()).isEqualTo("no");
  }

  @Test
  void messagesWaitForAJoinBehindTheUpgrade() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(ch -> wait("join"))
                .message(
                    (ch, text) -> {
                      journal.add(text);
                    }));
    RawClient client = server.connect("/t");
    journal.expect("join");

    client.sendText("a").sendText("b").pingPong();
    journal.isEmpty();
    nextPending().complete();

    journal.expect("a", "b");
  }

  @Test
  void goneWhileJoinBehindTheUpgradeRunsLeavesOnceAndItsMessagesAreDropped() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(ch -> wait("join"))
                .message(
                    (ch, text) -> {
                      journal.add(text);
                    }));
    RawClient client = server.connect("/t");
    journal.expect("join");

    client.sendClose(4001, "bye");
    assertThat(client.readClose().code()).isEqualTo(4001);
    nextPending().complete();

    journal.expect("leave closed 4001 bye");
    journal.isEmpty();
  }

  /** Completes when the server has noticed that the client is gone. */
  private Future<Void> gone(Channel<?> channel) {
    Promise<Void> promise = Promise.promise();
    server
        .vertx()
        .setPeriodic(
            2,
            timer -> {
              if (!channel.isOpen()) {
                server.vertx().cancelTimer(timer);
                promise.complete();
              }
            });
    return promise.future();
  }

  @Test
  void joinerThatVanishesWhileJoinRunsLeavesOnce() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .join(
                    ch -> {
                      journal.add("join");
                      return gone(ch);
                    })
                .message((ch, payload) -> {}));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    client.close();

    journal.expect("leave no_status 1006 AbnormalClose");
    journal.isEmpty();
  }

  @Test
  void joinerThatSpeaksTooEarlyLeavesOnce() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t")).join(ch -> wait("join")).message((ch, payload) -> {}));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    client.send(RawClient.frame(RawClient.TEXT, "early")).readEndOrReset();
    nextPending().complete();

    journal.expect("leave no_status 1006 AbnormalClose");
    journal.isEmpty();
  }

  @Test
  void joinerThatVanishesAndIsRefusedDoesNotLeave() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .join(
                    ch -> {
                      journal.add("join");
                      return gone(ch)
                          .andThen(noticed -> journal.add("noticed"))
                          .compose(noticed -> Future.failedFuture(CloseException.http(403, "no")));
                    }));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    client.close();

    journal.expect("noticed");
    TestServer.await(server.undeployHttp());
    journal.isEmpty();
  }

  @Test
  void joinThatNeverCompletesIsRefusedAndUndoneWhenItDoes() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .handlerTimeout(Duration.ofMillis(100))
                .join(ch -> wait("join")));

    Answer answer = server.open().ask(Request.upgrade("/t"));

    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.body()).isEqualTo("{\"status\":504,\"error\":\"handler timed out\"}");
    journal.expect("join");
    journal.isEmpty();
    nextPending().complete();
    journal.expect("leave no_status 1006 AbnormalClose");
  }

  @Test
  void withoutABrokerNobodyJoins() throws Exception {
    server.undeployBroker();
    server.serve(routes -> reported(routes.route("/t")).join(ch -> {}));

    assertThat(server.open().ask(Request.upgrade("/t")).status()).isEqualTo(503);
    journal.expect("leave closed 1013 Again");
    journal.isEmpty();
  }

  // ---- leave

  private RawClient joined() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) -> {
                      switch (text) {
                        case "throw" -> throw new IllegalStateException("a secret");
                        case "fail" -> throw new CloseException(CloseStatus.of(4002, "failed"));
                        case "close" -> ch.close();
                        case "close with" -> ch.close(CloseStatus.of(4003, "enough"));
                        case "close unsendable" -> ch.close(CloseStatus.ABNORMAL_CLOSE);
                        default -> ch.send(text);
                      }
                    }));
    return server.connect("/t");
  }

  @ParameterizedTest
  @CsvSource({"1000, ''", "1000, bye", "1001, going", "1011, x", "3000, y", "4999, ünïcode"})
  void leaveHearsCodeAndReasonOfTheClientAndTheCodeIsEchoed(int code, String reason)
      throws Exception {
    RawClient client = joined();

    client.sendClose(code, reason);

    journal.expect("leave closed " + code + " " + reason);
    RawClient.Frame echo = client.readClose();
    assertThat(echo.code()).isEqualTo(code);
    assertThat(echo.reason()).isEmpty();
    client.readEnd();
    client.close();
    nothingMoreHappens();
  }

  private void nothingMoreHappens() throws Exception {
    TestServer.await(server.undeployHttp());
    journal.isEmpty();
  }

  @Test
  void emptyCloseFrameIsNoStatusAndAnsweredWithAnEmptyOne() throws Exception {
    RawClient client = joined();

    client.send(RawClient.frame(RawClient.CLOSE, ""));

    journal.expect("leave no_status 1006 AbnormalClose");
    assertThat(client.readClose().payload()).isEmpty();
    client.readEnd();
    client.close();
    nothingMoreHappens();
  }

  @ParameterizedTest
  @CsvSource({
    "0, out_of_range 1006 AbnormalClose",
    "999, out_of_range 1006 AbnormalClose",
    "5000, out_of_range 1006 AbnormalClose",
    "65535, out_of_range 1006 AbnormalClose",
    "1004, illegal_status 1006 AbnormalClose",
    "1005, illegal_status 1006 AbnormalClose",
    "1006, illegal_status 1006 AbnormalClose",
    "1015, illegal_status 1006 AbnormalClose",
    "1016, illegal_status 1006 AbnormalClose",
    "2999, illegal_status 1006 AbnormalClose"
  })
  void codeThatMayNotBeSentIsAKindOfItsOwnAndAnsweredWith1002(int code, String status)
      throws Exception {
    RawClient client = joined();

    client.sendClose(code, "reason");

    journal.expect("leave " + status);
    assertThat(client.readClose().code()).isEqualTo(1002);
    client.readEnd();
    client.close();
    nothingMoreHappens();
  }

  @Test
  void closeFrameOfOneByteIsABadFrame() throws Exception {
    RawClient client = joined();

    client.send(RawClient.frame(RawClient.CLOSE, "x"));

    journal.expect("leave bad_frame 1002 ProtocolError");
    assertThat(client.readClose().code()).isEqualTo(1002);
    client.close();
    nothingMoreHappens();
  }

  @Test
  void closeReasonThatIsNotUtf8IsAKindOfItsOwn() throws Exception {
    RawClient client = joined();

    client.send(RawClient.frame(RawClient.CLOSE, RawClient.bytes(0x03, 0xe8, 0xc3, 0x28)));

    journal.expect("leave utf8_error 1002 ProtocolError");
    assertThat(client.readClose().code()).isEqualTo(1002);
    client.close();
    nothingMoreHappens();
  }

  @Test
  void lostConnectionIsNoStatus() throws Exception {
    joined().close();

    journal.expect("leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @Test
  void resetConnectionIsNoStatus() throws Exception {
    joined().reset();

    journal.expect("leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @Test
  void clientThatVanishesInMidMessageLeavesOnceAndItsMessageIsNotHandled() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) -> {
                      journal.add(text);
                    }));
    RawClient inFragment = server.connect("/t");
    inFragment.sendText("one").send(RawClient.part(RawClient.TEXT, "tw")).pingPong();
    RawClient inFrame = server.connect("/t");
    inFrame.sendText("one").pingPong();
    inFrame.send(RawClient.head(0x81, 10, true), RawClient.bytes(1, 2, 3, 4, 5));
    journal.expect("one", "one");

    inFragment.reset();
    journal.expect("leave no_status 1006 AbnormalClose");
    inFrame.close();
    journal.expect("leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @ParameterizedTest
  @CsvSource({
    "close, 1000, Ok",
    "close with, 4003, enough",
    "close unsendable, 1011, InternalServerError",
    "fail, 4002, failed",
    "throw, 1011, InternalServerError"
  })
  void leaveHearsTheStatusOfTheServerAndTheClientHearsItAfterwards(
      String message, int code, String reason) throws Exception {
    RawClient client = joined();

    client.sendText("hello").sendText(message).sendText("behind it");

    assertThat(client.readText()).isEqualTo("hello");
    RawClient.Frame close = client.readClose();
    journal.expect("leave closed " + code + " " + reason);
    assertThat(close.code()).isEqualTo(code);
    assertThat(close.reason()).isEqualTo(reason);
    client.sendClose(code, "").readEnd();
    client.close();
    nothingMoreHappens();
  }

  @Test
  void leaveRunsBehindTheUnsubscription() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message(
                    (ch, text) -> {
                      ch.close(CloseStatus.of(4000, "done"));
                    })
                .leave(ch -> ch.broadcast("left")));
    RawClient other = server.connect("/t");
    RawClient client = server.connect("/t").sendText("close me");

    assertThat(other.readText()).isEqualTo("left");
    assertThat(client.readClose().code()).isEqualTo(4000);
    client.sendClose(4000, "").readEnd();
  }

  @Test
  void failureOfLeaveReplacesTheStatus() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message(
                    (ch, text) -> {
                      ch.close(CloseStatus.of(4000, "done"));
                    })
                .leave(
                    ch -> {
                      throw new CloseException(CloseStatus.of(4005, "leave failed"));
                    }));

    RawClient.Frame close = server.connect("/t").sendText("close me").readClose();

    assertThat(close.code()).isEqualTo(4005);
    assertThat(close.reason()).isEqualTo("leave failed");
  }

  @Test
  void leaveThatThrowsBehindAClientsCloseIsIgnored() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message((ch, text) -> ch.send(text))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status);
                      throw new IllegalStateException("leave failed");
                    }));
    RawClient client = server.connect("/t");

    client.sendClose(4001, "");

    assertThat(client.readClose().code()).isEqualTo(4001);
    journal.expect("leave closed 4001");
    assertThat(server.connect("/t").sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void closeOfTheClientOutranksOneOfTheServerThatComesLater() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) ->
                        wait(text)
                            .onSuccess(
                                go -> {
                                  ch.close(CloseStatus.of(4000, "the server's"));
                                })));
    RawClient client = server.connect("/t").sendText("one").sendText("two");
    journal.expect("one");

    client.sendClose(4001, "the client's");
    assertThat(client.readClose().code()).isEqualTo(4001);
    nextPending().complete();

    journal.expect("two"); // said before the close
    nextPending().complete();
    journal.expect("leave closed 4001 the client's");
  }

  @Test
  void leaveWithoutAStatusParameter() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/plain")
              .message((ch, payload) -> {})
              .leave(
                  ch -> {
                    journal.add("plain");
                  });
          routes
              .route("/async")
              .message((ch, payload) -> {})
              .leave(ch -> Future.succeededFuture().onSuccess(done -> journal.add("async")));
        });

    server.connect("/plain").close();
    journal.expect("plain");
    server.connect("/async").close();
    journal.expect("async");
  }

  @Test
  void shutdownRunsEveryLeaveAndSaysSo() throws Exception {
    joined().close();
    journal.expect("leave no_status 1006 AbnormalClose");
    List<RawClient> clients = server.connectSome(5, "/t");

    Future<Void> stopped = server.undeployHttp();

    for (RawClient client : clients) {
      assertThat(client.readClose().code()).isEqualTo(1001);
      client.sendClose(1001, "").readEnd();
      client.close();
    }
    for (int i = 0; i < 5; i++) {
      journal.expect("leave closed 1001 GoingAway");
    }
    TestServer.await(stopped);
    journal.isEmpty();
  }

  @Test
  void shutdownAsksAJoinUnderWayToComeBackLater() throws Exception {
    server.serve(routes -> reported(routes.route("/t")).join(ch -> wait("join")));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    Future<Void> stopped = server.undeployHttp();

    assertThat(client.readAnswer().status()).isEqualTo(503);
    nextPending().complete();
    journal.expect("leave closed 1001 GoingAway");
    TestServer.await(stopped);
    journal.isEmpty();
  }

  @Test
  void shutdownEndsWithClientsThatDoNotAnswerAndHandlersThatAreStuck() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message((ch, text) -> wait(text)));
    server.connect("/t").sendText("stuck");
    journal.expect("stuck");
    server.connect("/t"); // and this one never answers the close

    TestServer.await(server.undeployHttp());

    journal.expect("leave closed 1001 GoingAway");
    nextPending().complete();
    journal.expect("leave closed 1001 GoingAway");
  }

  @Test
  void refusedClientsDoNotHoldUpTheStopOfTheirHandler() throws Exception {
    String id =
        server.serve(
            routes ->
                routes
                    .route("/t")
                    .join(ch -> Future.failedFuture(CloseException.http(403, "no")))
                    .leave(ch -> {}));
    for (RawClient client : List.of(server.open(), server.open(), server.open())) {
      assertThat(client.ask(Request.upgrade("/t")).status()).isEqualTo(403);
    }

    long begin = System.nanoTime();
    server.undeploy(id);

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
  }

  // ---- messages: one at a time

  @Test
  void messageWaitsForTheFutureOfTheOneBefore() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .message((ch, text) -> wait("begin " + text).andThen(d -> journal.add("end"))));
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
                .message((ch, text) -> text.equals("wait") ? wait(text) : ch.send(text)));
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
                .message((ch, text) -> wait(text)));
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
                        wait(text)
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
                      return wait(text);
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
                .message((ch, text) -> text.equals("wait") ? wait(text) : ch.send(text)));
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
                .leave(ch -> wait("leave")));

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
                        return wait("first");
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
                .message((ch, payload) -> payload.size() == 5 ? wait("begin") : ch.send(payload)));
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

  // ---- the rest

  @Test
  void handshakeIsReadableInEveryEvent() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t/:a", String.class, String.class)
                .join(
                    ch -> {
                      journal.add("join " + handshake(ch));
                    })
                .message(
                    (ch, text) -> {
                      journal.add("message " + handshake(ch));
                    })
                .leave(
                    ch -> {
                      journal.add("leave " + handshake(ch));
                    }));
    Request request =
        Request.upgrade("/t/x?b=y%20z")
            .plus("X-Test", "1")
            .plus("X-Test", "2")
            .plus("Cookie", "c=d");

    server.open().upgrade(request).sendText("hello").close();

    String expected = " GET /t/x?b=y%20z false 127.0.0.1 localhost [1, 2] d x y z /t/x?b=y%20z";
    journal.expect("join" + expected, "message" + expected, "leave" + expected);
  }

  private static String handshake(Channel<?> ch) {
    var said = ch.handshake();
    return said.method()
        + " "
        + said.uri()
        + " "
        + said.secure()
        + " "
        + said.remoteAddress()
        + " "
        + said.host()
        + " "
        + said.headers("x-test")
        + " "
        + said.cookie("c").orElse("")
        + " "
        + ch.path("a")
        + " "
        + ch.query("b")
        + " "
        + ch.topic().uri();
  }

  @Test
  void oneLinePerConnectNamesPathAndVerticle() throws Exception {
    server.serve(routes -> routes.route("/t/:room").message((ch, payload) -> {}));

    try (LogCapture log = LogCapture.of("io.carillon")) {
      server.connect("/t/lobby?secret=1");

      assertThat(log.next("joined").getFormattedMessage())
          .startsWith(
              "joined: path=/t/lobby, route=/t/:room (" + TestServer.Handlers.class.getName())
          .doesNotContain("secret");
      assertThat(log.all()).isEmpty();
    }
  }

  @Test
  void moreSpecificPatternIsAskedFirst() throws Exception {
    server.serve(
        routes -> {
          routes.route("/a/**").rank(10).message((ch, payload) -> ch.sendRaw("any"));
          routes.route("/a/:b").message((ch, payload) -> ch.sendRaw("one " + ch.path("b")));
          routes.route("/a/b").message((ch, payload) -> ch.sendRaw("static"));
          routes.route("/a/first/:c").rank(-100).message((ch, payload) -> ch.sendRaw("ranked"));
          routes.route("/a/:b/c").message((ch, payload) -> ch.sendRaw("partly"));
        });

    assertThat(server.connect("/a/b").sendText("").readText()).isEqualTo("static");
    assertThat(server.connect("/a/x").sendText("").readText()).isEqualTo("one x");
    assertThat(server.connect("/a/x/y").sendText("").readText()).isEqualTo("any");
    assertThat(server.connect("/a").sendText("").readText()).isEqualTo("any");
    assertThat(server.connect("/a/first/c").sendText("").readText()).isEqualTo("ranked");
    assertThat(server.connect("/a/x/c").sendText("").readText()).isEqualTo("partly");
  }

  @Test
  void joinAndMessageOfOnePathMayBeDeclaredApart() throws Exception {
    server.serve(
        routes -> {
          routes.route("/t", String.class, String.class).join(ch -> ch.send("welcome"));
          routes.route("/t", String.class, String.class).message((ch, text) -> ch.send(text));
        });

    RawClient client = server.connect("/t");

    assertThat(client.readText()).isEqualTo("welcome");
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void joinPatternNarrowerThanTheMessagePatternIsWarnedOf() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon")) {
      server.serve(
          routes -> {
            routes.route("/t/a").join(ch -> {});
            routes.route("/t/:x").message((ch, payload) -> {});
          });

      assertThat(log.next("narrower").getFormattedMessage())
          .isEqualTo("join pattern is narrower than the message pattern: join=/t/a, message=/t/:x");
    }
  }

  @Test
  void leaveGoesToOneRouteOnlyWhereSeveralKnowTheChannel() throws Exception {
    server.serve(this::greeter);
    server.serve(this::echo);

    onlyTheFirstLeaves();
  }

  @Test
  void routesOfOneVerticleWithTheSamePatternAreToldApartByTheirRank() throws Exception {
    server.serve(
        routes -> {
          greeter(routes);
          echo(routes);
        });

    onlyTheFirstLeaves();
  }

  private void greeter(Routes routes) {
    routes
        .route("/t", String.class, String.class)
        .rank(1)
        .join(ch -> ch.send("welcome"))
        .leave(
            ch -> {
              journal.add("first");
            });
  }

  private void echo(Routes routes) {
    routes
        .route("/t", String.class, String.class)
        .rank(2)
        .message((ch, text) -> ch.send(text))
        .leave(
            ch -> {
              journal.add("second");
            });
  }

  private void onlyTheFirstLeaves() throws Exception {
    RawClient client = server.connect("/t");
    client.readText();
    client.sendText("hello").readText();

    client.close();

    journal.expect("first");
    nothingMoreHappens();
  }
}
