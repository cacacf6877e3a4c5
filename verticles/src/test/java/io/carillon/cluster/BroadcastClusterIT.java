package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Addresses;
import io.carillon.broker.Publication;
import io.carillon.broker.Subscription;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryContext;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Three nodes; the first two have clients and handlers, the third has but a broker. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BroadcastClusterIT {
  private static final int PAIRS = 500;

  private final List<ClusterNode> nodes = new ArrayList<>();
  private ClusterNode one;
  private ClusterNode two;
  private ClusterNode brokerOnly;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    one = start(cluster).http();
    two = start(cluster).http();
    brokerOnly = start(cluster);
    for (ClusterNode node : List.of(one, two)) {
      node.serve(routes -> routes.route("/all/*").message((ch, payload) -> ch.broadcast(payload)));
    }
  }

  private ClusterNode start(String cluster) throws Exception {
    ClusterNode node = ClusterNode.join(cluster);
    nodes.add(node);
    return node.broker();
  }

  @AfterAll
  void stop() throws Exception {
    for (ClusterNode node : nodes) {
      node.close();
    }
  }

  @Test
  void aBroadcastFromAnywhereReachesEverySubscriberOnEveryNodeOnce() throws Exception {
    List<Client> clients = clients("/all/once", 3);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    subscribe(brokerOnly, "/all/once", heard);

    for (Client sender : clients) {
      sender.send("from a client");
      for (Client each : clients) {
        assertThat(each.text()).isEqualTo("from a client");
      }
      assertThat(heard.poll(10, SECONDS)).isEqualTo("from a client");
    }
    for (ClusterNode node : nodes) {
      node.broker.broadcastTo("/all/once", "from a broker").await(10, SECONDS);
      for (Client each : clients) {
        assertThat(each.text()).isEqualTo("from a broker");
      }
      assertThat(heard.poll(10, SECONDS)).isEqualTo("from a broker");
    }
    clients.forEach(Client::hasNothing);
    assertThat(heard).isEmpty();
  }

  @Test
  void binaryCrossesNodesAsItIs() throws Exception {
    Client here = one.connect("/all/binary");
    Client there = two.connect("/all/binary");
    here.send((byte) 0, (byte) 0xff, (byte) 't');
    assertThat(there.bytes()).containsExactly(0, 0xff, 't');
    here.send("");
    assertThat(there.text()).isEmpty();
    here.send(new byte[0]);
    assertThat(there.bytes()).isEmpty();
  }

  @Test
  void aLargeMessageCrossesNodes() throws Exception {
    Client here = one.connect("/all/large");
    Client there = two.connect("/all/large");
    String large = "ü".repeat(500_000);
    here.send(large);
    assertThat(there.text()).isEqualTo(large);
  }

  @Test
  void otherTopicsHearNothing() throws Exception {
    Client right = two.connect("/all/topics?lang=de");
    Client wrong = two.connect("/all/topics?lang=en");
    one.broker.broadcastTo("/all/topics?lang=de", "1").await(10, SECONDS);
    assertThat(right.text()).isEqualTo("1");
    one.broker.broadcastTo("/all/topics?lang=en", "2").await(10, SECONDS);
    assertThat(wrong.text()).isEqualTo("2");
    right.hasNothing();
  }

  @Test
  void everySenderKeepsItsOrderAtEverySubscriberOnEveryNode() throws Exception {
    int each = 2_000;
    List<Client> clients = clients("/all/order", 2);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    subscribe(brokerOnly, "/all/order", heard);

    List<Thread> senders = new ArrayList<>();
    for (ClusterNode node : nodes) {
      Thread sender = new Thread(() -> sendNumbered(node, "/all/order", each));
      senders.add(sender);
      sender.start();
    }

    for (Client client : clients) {
      assertNumbered(each, client::text);
    }
    assertNumbered(each, () -> heard.poll(10, SECONDS));
    for (Thread sender : senders) {
      sender.join();
    }
  }

  private static void sendNumbered(ClusterNode node, String topic, int count) {
    Future<?> last = Future.succeededFuture();
    for (int i = 0; i < count; i++) {
      last = node.broker.broadcastTo(topic, node.id() + " " + i);
    }
    last.await();
  }

  private interface Next {
    String get() throws Exception;
  }

  private void assertNumbered(int each, Next next) throws Exception {
    Map<String, Integer> last = new HashMap<>();
    for (int i = 0; i < each * nodes.size(); i++) {
      String[] parts = next.get().split(" ");
      int number = Integer.parseInt(parts[1]);
      assertThat(number).isEqualTo(last.merge(parts[0], 0, (before, zero) -> before + 1));
    }
  }

  @Test
  void whoeverHasJoinedIsReachedFromTheOtherNode() throws Exception {
    int lost = 0;
    for (int i = 0; i < PAIRS; i++) {
      ClusterNode here = nodes.get(i % 2);
      ClusterNode there = nodes.get((i + 1) % 2);
      Client client = here.connect("/all/pair-" + i);
      there.broker.broadcastTo("/all/pair-" + i, "first").await(10, SECONDS);
      there.broker.broadcastTo("/all/pair-" + i, "second").await(10, SECONDS);
      lost += client.text().equals("first") ? 0 : 1;
      client.vanish();
    }
    assertThat(lost).isZero();
  }

  @Test
  void whoeverHasJoinedAtTheSameMomentAsOthersIsReachedFromTheOtherNode() throws Exception {
    int count = 100;
    List<CompletableFuture<?>> joined = new ArrayList<>();
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    for (int i = 0; i < count; i++) {
      String topic = "/all/together-" + i;
      ClusterNode there = nodes.get((i + 1) % 2);
      joined.add(
          Client.open(nodes.get(i % 2).port(), topic, new FirstText(heard))
              .thenAccept(socket -> there.broker.broadcastTo(topic, "first")));
    }
    for (CompletableFuture<?> each : joined) {
      each.get(10, SECONDS);
    }
    for (int i = 0; i < count; i++) {
      assertThat(heard.poll(10, SECONDS)).isEqualTo("first");
    }
  }

  private record FirstText(BlockingQueue<String> heard) implements WebSocket.Listener {
    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      heard.add(text.toString());
      socket.abort();
      return null;
    }
  }

  @Test
  void aPublicationOfAThousandSubscribersOnTwoNodesIsOneBusMessage() throws Exception {
    List<Client> clients = clients("/all/thousand", 500);
    AtomicInteger sent = count(one, true);
    AtomicInteger received = count(two, false);
    AtomicInteger elsewhere = count(brokerOnly, false);

    one.broker.broadcastTo("/all/thousand", "hello").await(10, SECONDS);

    for (Client client : clients) {
      assertThat(client.text()).isEqualTo("hello");
    }
    assertThat(sent).hasValue(1);
    assertThat(received).hasValue(1);
    assertThat(elsewhere).hasValue(0);
    clients.forEach(Client::vanish);
  }

  /** Counts the messages between brokers that hold publications, as they leave or arrive. */
  private static AtomicInteger count(ClusterNode node, boolean outbound) {
    AtomicInteger count = new AtomicInteger();
    if (outbound) {
      node.vertx.eventBus().addOutboundInterceptor(delivery -> countBatch(delivery, count));
    } else {
      node.vertx.eventBus().addInboundInterceptor(delivery -> countBatch(delivery, count));
    }
    return count;
  }

  private static void countBatch(DeliveryContext<?> delivery, AtomicInteger count) {
    if (Addresses.ACTION_BATCH.equals(delivery.message().headers().get(Addresses.ACTION))) {
      count.incrementAndGet();
    }
    delivery.next();
  }

  @Test
  void aNodeThatComesLaterIsReachedAndReaches() throws Exception {
    Client before = one.connect("/all/later");
    try (ClusterNode late = ClusterNode.join(one.cluster())) {
      late.broker().http();
      Client there = late.connect("/all/later");
      one.broker.broadcastTo("/all/later", "to the new").await(10, SECONDS);
      assertThat(there.text()).isEqualTo("to the new");
      assertThat(before.text()).isEqualTo("to the new");
      there.send("from the new");
      assertThat(before.text()).isEqualTo("from the new");
      assertThat(there.text()).isEqualTo("from the new");
    }
  }

  @Test
  void aTopicThatNobodyWantsAnyMoreAndThenSomebodyAgainIsReached() throws Exception {
    for (int i = 0; i < 50; i++) {
      Client client = two.connect("/all/again");
      one.broker.broadcastTo("/all/again", "turn " + i).await(10, SECONDS);
      assertThat(client.text()).isEqualTo("turn " + i);
      client.close();
    }
  }

  private List<Client> clients(String topic, int each) throws Exception {
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < each; i++) {
      clients.add(one.connect(topic));
      clients.add(two.connect(topic));
    }
    return clients;
  }

  private static Subscription subscribe(ClusterNode node, String topic, BlockingQueue<String> heard)
      throws Exception {
    return node.broker
        .subscribe(topic, (Publication publication) -> heard.add(publication.payload().text()))
        .await(10, SECONDS);
  }
}
