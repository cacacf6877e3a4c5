package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.CloseException;
import io.carillon.route.Route;
import io.vertx.core.Future;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What keeps a client out that a route had taken. */
@Timeout(30)
class FailedUpgradeIT extends HandlerFixture {
  record Place(int row) {}

  private <I, O> Route<I, O> heard(Route<I, O> route) {
    return reported(route)
        .failedUpgrade((ch, why) -> journal.add("failed " + why.httpStatus() + " " + why.reason()));
  }

  @Test
  void clientThatIsGoneBeforeTheAnswer() throws Exception {
    server.serve(
        routes ->
            heard(routes.route("/t"))
                .join(
                    ch -> {
                      journal.add("join");
                      return gone(ch);
                    }));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    client.close();

    journal.expect("failed 503 GoingAway", "leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @Test
  void joinThatTakesTooLong() throws Exception {
    server.serve(
        routes ->
            heard(routes.route("/t"))
                .handlerTimeout(Duration.ofMillis(100))
                .join(ch -> hold("join")));

    assertThat(server.open().ask(Request.upgrade("/t")).status()).isEqualTo(504);

    journal.expect("join", "failed 504 handler timed out");
    nextPending().complete();
    journal.expect("leave no_status 1006 AbnormalClose");
    nothingMoreHappens();
  }

  @Test
  void anotherRouteThatRefuses() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/t?row")
              .rank(1)
              .params(Place.class)
              .failedUpgrade((ch, why) -> journal.add("first " + why.httpStatus()))
              .message((ch, payload) -> {});
          routes
              .route("/t")
              .rank(2)
              .failedUpgrade((ch, why) -> journal.add("second " + why.httpStatus()))
              .join(ch -> Future.failedFuture(CloseException.http(403, "no")));
        });

    assertThat(server.open().ask(Request.upgrade("/t?row=1")).status()).isEqualTo(403);

    journal.expectInAnyOrder("first 403", "second 403");
    nothingMoreHappens();
  }

  @Test
  void serverWithoutABroker() throws Exception {
    server.undeployBroker();
    server.serve(routes -> heard(routes.route("/t")).join(ch -> {}));

    assertThat(server.open().ask(Request.upgrade("/t")).status()).isEqualTo(503);

    journal.expect("failed 503 no broker", "leave closed 1013 Again");
  }

  @Test
  void handlerThatThrowsDoesNotKeepLeaveFromRunning() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t"))
                .failedUpgrade(
                    (ch, why) -> {
                      throw new IllegalStateException("on purpose");
                    })
                .join(
                    ch -> {
                      journal.add("join");
                      return gone(ch);
                    }));
    RawClient client = server.open().send(Request.upgrade("/t").bytes());
    journal.expect("join");

    client.close();

    journal.expect("leave no_status 1006 AbnormalClose");
  }

  @Test
  void clientThatGotInIsNone() throws Exception {
    server.serve(routes -> heard(routes.route("/t")).join(ch -> {}));

    server.connect("/t").sendClose(4001, "bye");

    journal.expect("leave closed 4001 bye");
    nothingMoreHappens();
  }
}
