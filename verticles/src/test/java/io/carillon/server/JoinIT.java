package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Broker;
import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.JoinPhase;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Join: when it runs, who hears what of it, and how a client is refused. */
@Timeout(30)
class JoinIT extends HandlerFixture {
  @Test
  void joinRunsBeforeThe101() throws Exception {
    server.serve(routes -> routes.route("/t").join(ch -> hold("join")));
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
                      return ch.send("two").compose(sent -> hold("join"));
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
                        hold("join")
                            .compose(
                                go -> {
                                  ch.broadcastTo("/t", "came too");
                                  ch.broadcast("came"); // not waited for
                                  return Future.succeededFuture();
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
                .join(ch -> hold("join"))
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
                .join(ch -> hold("join"))
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
            reported(routes.route("/t")).join(ch -> hold("join")).message((ch, payload) -> {}));
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
                .join(ch -> hold("join")));

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

  @Test
  void violationWhileJoinBehindTheUpgradeRunsHasItsOwnCode() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(ch -> hold("join")));
    RawClient client = server.connect("/t");
    journal.expect("join");

    client.send(RawClient.frame(0xf1, new byte[1], true));

    assertThat(client.readClose().code()).isEqualTo(1002);
    nextPending().complete();
    journal.expect("leave closed 1002 reserved bit set");
  }

  @Test
  void badCloseFrameWhileJoinBehindTheUpgradeRunsKeepsItsKind() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(ch -> hold("join")));
    RawClient client = server.connect("/t");
    journal.expect("join");

    client.sendClose(1005, "");

    assertThat(client.readClose().code()).isEqualTo(1002);
    nextPending().complete();
    journal.expect("leave illegal_status 1006 AbnormalClose");
  }

  @Test
  void joinThatClosesItsChannelRefusesTheClientWithThatStatus() throws Exception {
    server.serve(
        routes -> {
          for (JoinPhase phase : JoinPhase.values()) {
            reported(routes.route("/" + phase))
                .joinPhase(phase)
                .join(
                    ch -> {
                      ch.close(CloseStatus.CONFLICT.withReason("taken"));
                    });
          }
        });

    Answer answer = server.open().ask(Request.upgrade("/BEFORE_UPGRADE"));
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.body()).isEqualTo("{\"status\":409,\"error\":\"taken\"}");
    journal.expect("leave closed 4409 taken");
    RawClient.Frame close = server.connect("/AFTER_UPGRADE").readClose();
    assertThat(close.code()).isEqualTo(4409);
    assertThat(close.reason()).isEqualTo("taken");
    journal.expect("leave closed 4409 taken");
  }
}
