package io.carillon.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.BrokerException;
import io.carillon.broker.Publication;
import io.carillon.broker.Subscription;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokerClusterIT {
  private final List<Node> nodes = new ArrayList<>();
  private final String cluster = Node.newCluster();

  @BeforeAll
  void start() throws Exception {
    nodes.add(Node.start(cluster));
    nodes.add(Node.start(cluster));
  }

  @AfterAll
  void stop() {
    nodes.forEach(Node::close);
  }

  @Test
  void aBroadcastReachesSubscribersOnEveryNodeOnce() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    for (Node node : nodes) {
      subscribe(node, "/both", heard);
    }

    nodes.get(0).broker.broadcastTo("/both", "hello").await(5, TimeUnit.SECONDS);

    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("hello");
    nodes.get(0).broker.broadcastTo("/both", "end").await(5, TimeUnit.SECONDS);
    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(heard).isEmpty();
  }

  @Test
  void whoeverHasSubscribedIsReachedFromTheOtherNode() throws Exception {
    for (int i = 0; i < 500; i++) {
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      Node here = nodes.get(i % 2);
      Node there = nodes.get((i + 1) % 2);
      Subscription subscription = subscribe(here, "/pair/" + i, heard);
      there.broker.broadcastTo("/pair/" + i, "message " + i).await(5, TimeUnit.SECONDS);
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("message " + i);
      subscription.cancel();
    }
  }

  @Test
  void messagesOfOneSenderKeepTheirOrder() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    subscribe(nodes.get(1), "/order", heard);
    List<String> sent = IntStream.range(0, 5_000).mapToObj(Integer::toString).toList();

    sent.forEach(text -> nodes.get(0).broker.broadcastTo("/order", text));

    List<String> got = new ArrayList<>();
    while (got.size() < sent.size()) {
      got.add(heard.poll(10, TimeUnit.SECONDS));
    }
    assertThat(got).isEqualTo(sent);
  }

  @Test
  void whatIsPublishedInTheMomentABrokerStopsIsAnswered() throws Exception {
    List<Future<Void>> published = new ArrayList<>();
    try (Node third = Node.start(cluster)) {
      String id = third.vertx.deploymentIDs().iterator().next();
      Future<Void> stopped = third.vertx.undeploy(id);
      while (!stopped.isComplete()) {
        published.add(third.broker.broadcastTo("/both", "last words"));
      }
      Future.join(published).otherwiseEmpty().await(10, TimeUnit.SECONDS);
    }
    assertThat(published)
        .allMatch(
            one ->
                one.succeeded()
                    || one.cause() instanceof BrokerException refused
                        && refused.code() == BrokerException.Code.NOT_RUNNING);
  }

  private static Subscription subscribe(Node node, String topic, BlockingQueue<String> heard)
      throws Exception {
    return node.broker
        .subscribe(topic, (Publication publication) -> heard.add(publication.payload().text()))
        .await(5, TimeUnit.SECONDS);
  }
}
