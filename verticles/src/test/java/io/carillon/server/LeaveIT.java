package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Leave: exactly once, whatever ended the connection, and with which status. */
@Timeout(30)
class LeaveIT extends HandlerFixture {
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
  void codeThatIsNeverSentIsAnErrorInTheLog() throws Exception {
    RawClient client = joined();

    try (LogCapture log = LogCapture.of("io.carillon")) {
      client.sendText("close unsendable");

      var line = log.next("close code is never sent");
      assertThat(line.getLevel().toString()).isEqualTo("ERROR");
      assertThat(line.getFormattedMessage())
          .startsWith("close code is never sent: code=1006, sent=1011, channel=");
    }
    assertThat(client.readClose().code()).isEqualTo(1011);
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
                        hold(text)
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
    server.serve(routes -> reported(routes.route("/t")).join(ch -> hold("join")));
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
                .message((ch, text) -> hold(text)));
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
}
