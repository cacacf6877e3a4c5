package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Clients;
import io.carillon.broker.Reached;
import io.carillon.codec.Payload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages to clients while a node does not answer, and when it has gone. */
@Timeout(60)
class ClientsFailuresIT {
  private ClusterNode one;
  private ClusterNode two;

  @BeforeEach
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    one = ClusterNode.join(cluster).broker().http(ClientsIT.HTTP);
    two = ClusterNode.join(cluster).broker().http(ClientsIT.HTTP);
    one.serve(routes -> routes.route("/at").message((ch, what) -> ch.send(Payload.text(ch.id()))));
  }

  @AfterEach
  void stop() throws Exception {
    one.close();
    two.close();
  }

  @Test
  void aNodeThatDoesNotAnswerIsNotWaitedForLongerThanASecond() throws Exception {
    Browser ann = Browser.open(one.port(), "/at");
    ann.tab(two.port(), "/at");
    Clients clients = Clients.of(one.vertx);
    assertThat(send(clients, ann)).isEqualTo(new Reached(2, true));

    two.vertx.eventBus().addOutboundInterceptor(said -> {}).addInboundInterceptor(heard -> {});
    long asked = System.nanoTime();
    assertThat(send(clients, ann)).isEqualTo(new Reached(1, false));
    assertThat(System.nanoTime() - asked).isGreaterThan(900_000_000L);

    two.crash();
    Reached reached = send(clients, ann);
    while (!reached.complete()) {
      reached = send(clients, ann);
    }
    assertThat(reached.connections()).isEqualTo(1);
    ann.vanish();
  }

  @Test
  void aConnectionOfANodeThatHasGoneIsOffline() throws Exception {
    Browser ann = Browser.open(two.port(), "/at");
    String connection = ann.first().send("id?").text();
    Clients clients = Clients.of(one.vertx);
    assertThat(clients.connection(connection).send("hi").await(10, SECONDS))
        .isEqualTo(new Reached(1, true));

    two.crash();
    Reached reached = clients.connection(connection).connected().await(10, SECONDS);
    while (!reached.complete()) {
      reached = clients.connection(connection).connected().await(10, SECONDS);
    }
    assertThat(reached.connections()).isZero();
    ann.vanish();
  }

  private static Reached send(Clients clients, Browser to) throws Exception {
    return clients.session(to.session()).send("hi").await(10, SECONDS);
  }
}
