package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HealthIT extends HandlerFixture {
  @Test
  void aServerThatListensIsReady() throws Exception {
    assertThat(live(server.open())).isEqualTo(200);
    assertThat(ready(server.open())).isEqualTo(200);
  }

  @Test
  void withoutABrokerItLivesAndIsNotReady() throws Exception {
    server.undeployBroker();
    assertThat(live(server.open())).isEqualTo(200);
    assertThat(ready(server.open())).isEqualTo(503);
    server.deployBroker();
    assertThat(ready(server.open())).isEqualTo(200);
  }

  @Test
  void aServerThatStopsIsNotReadyWhileItsClientsLeave() throws Exception {
    server.serve(
        routes -> routes.route("/t").message((ch, payload) -> hold("message " + payload.text())));
    server.connect("/t").sendText("hello");
    Promise<Void> handler = nextPending();
    assertThat(ready(server.open())).isEqualTo(200);

    Future<Void> stopped = server.undeployHttp();

    while (isReady()) {
      Thread.onSpinWait(); // it has not heard yet that it is to stop
    }
    assertThat(stopped.isComplete()).isFalse();
    handler.complete();
    TestServer.await(stopped);
  }

  /** A server that does not listen any more is not ready either. */
  private boolean isReady() throws Exception {
    try {
      return ready(server.open()) == 200;
    } catch (IOException | AssertionError refused) {
      return false;
    }
  }

  private static int live(RawClient client) throws Exception {
    return client.ask(Request.plain("GET", "/health/live")).status();
  }

  private static int ready(RawClient client) throws Exception {
    return client.ask(Request.plain("GET", "/health/ready")).status();
  }
}
