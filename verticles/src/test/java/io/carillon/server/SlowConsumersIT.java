package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Broker;
import io.carillon.channel.Channel;
import io.carillon.channel.DroppedException;
import io.carillon.route.Overflow;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.vertx.core.Future;
import java.util.ArrayList;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that do not read, and what each policy makes of what they miss. */
@Timeout(60)
class SlowConsumersIT {
  private static final int MAX_OUTBOUND = 100_000;
  private static final int MESSAGES = 3_000;
  private static final int KEYS = 5;

  private static final int STUCK = 100;
  private static final int FLOOD = 2_000;
  private static final int FLOOD_BYTES = 80 << 20;
  private static final int SLACK_BYTES = 24 << 20;

  /** Enough to fill the buffers of both sockets many times over. */
  private static final String PADDING = " ".repeat(4_000);

  private final BlockingQueue<Channel<String>> channels = new LinkedBlockingQueue<>();
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start("{'limits': {'maxOutboundBytes': " + MAX_OUTBOUND + "}}");
    server.serve(
        routes -> {
          for (Overflow policy : Overflow.values()) {
            routes
                .route("/" + policy.name(), String.class, String.class)
                .overflow(policy)
                .join(
                    ch -> {
                      channels.add(ch);
                    })
                .message((ch, text) -> ch.send(text));
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private RawClient narrow(String uri) throws Exception {
    return server.kept(RawClient.openNarrow(server.port())).upgrade(uri);
  }

  private Channel<String> channel() throws InterruptedException {
    return Objects.requireNonNull(channels.poll(5, TimeUnit.SECONDS));
  }

  private Broker broker() {
    return Broker.of(server.vertx());
  }

  /** Numbered messages to a topic whose client does not read; all of them are delivered or not. */
  private void flood(String topic) throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      TestServer.await(broker().broadcastTo(topic, i + PADDING, "key " + i % 10));
    }
  }

  /** The numbers that the client reads up to an echo of its own, so that nothing is left. */
  private static List<Integer> readNumbers(RawClient client) throws Exception {
    client.sendText("end");
    List<Integer> numbers = new ArrayList<>();
    for (String text = client.readText(); !text.equals("end"); text = client.readText()) {
      numbers.add(Integer.parseInt(text.strip()));
    }
    return numbers;
  }

  private long dropped() {
    return Counters.of(server.vertx()).dropped();
  }

  /** Until then the event loop has not come to the messages that do not fit. */
  private void awaitDropped() {
    while (dropped() == 0) {
      Thread.onSpinWait();
    }
  }

  /** Written in one turn of the event loops, a multiple of what may be queued. */
  @Test
  void burstToAClientThatReadsIsNoReasonToCloseIt() throws Exception {
    RawClient client = server.connect("/CLOSE");
    Broker broker = broker();

    server
        .vertx()
        .runOnContext(
            now -> {
              for (int i = 0; i < MESSAGES; i++) {
                broker.broadcastTo("/CLOSE", i + " ".repeat(300));
              }
            });

    for (int i = 0; i < MESSAGES; i++) {
      assertThat(client.readText().strip()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void oldestAreDropped() throws Exception {
    RawClient client = narrow("/DROP_OLDEST");

    flood("/DROP_OLDEST");
    awaitDropped();

    List<Integer> heard = readNumbers(client);
    assertThat(heard).isSorted().doesNotHaveDuplicates().startsWith(0).endsWith(MESSAGES - 1);
    assertThat(heard).hasSizeLessThan(MESSAGES);
    assertThat(heard).as("the newest without a gap").endsWith(2996, 2997, 2998, 2999);
    assertThat(dropped()).isEqualTo(MESSAGES - heard.size());
  }

  @Test
  void newestAreDroppedAndTheirSenderIsTold() throws Exception {
    RawClient client = narrow("/DROP_NEWEST");
    Channel<String> channel = channel();

    List<Integer> taken = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      Future<Void> sent = channel.send(i + PADDING);
      if (TestServer.await(sent.map(true).otherwise(SlowConsumersIT::isDropped))) {
        taken.add(i);
      }
    }

    assertThat(taken).hasSizeLessThan(MESSAGES).startsWith(0, 1, 2, 3);
    assertThat(dropped()).isEqualTo(MESSAGES - taken.size());
    for (int number : taken) {
      assertThat(client.readText().strip()).isEqualTo(Integer.toString(number));
    }
    assertThat(channel.isOpen()).isTrue();
    assertThat(readNumbers(client)).isEmpty();
  }

  private static boolean isDropped(Throwable failure) {
    assertThat(failure).isInstanceOf(DroppedException.class);
    return false;
  }

  @Test
  void latestOfEachKeyIsKept() throws Exception {
    RawClient client = narrow("/LATEST_PER_KEY");

    flood("/LATEST_PER_KEY");
    awaitDropped();

    List<Integer> heard = readNumbers(client);
    assertThat(heard).hasSizeLessThan(MESSAGES).doesNotHaveDuplicates();
    for (int key = 0; key < KEYS; key++) {
      int residue = key;
      assertThat(heard.stream().filter(n -> n % KEYS == residue).toList())
          .as("key %s", key)
          .isSorted()
          .endsWith(MESSAGES - KEYS + key);
    }
    assertThat(dropped()).isEqualTo(MESSAGES - heard.size());
  }

  @Test
  void policyOfTheTopicThatDoesNotFitActs() throws Exception {
    RawClient client = server.kept(RawClient.openNarrow(server.port()));
    assertThat(
            client
                .ask(
                    Request.upgrade("/DROP_OLDEST")
                        .plus("Sec-WebSocket-Protocol", "rocket-multiplex"))
                .status())
        .isEqualTo(101);
    client.sendText("·SUBSCRIBE·/CLOSE·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/CLOSE·");

    flood("/DROP_OLDEST");
    awaitDropped();
    TestServer.await(broker().broadcastTo("/CLOSE", "one too many" + " ".repeat(90_000)));

    List<String> heard = new ArrayList<>();
    client.sendText("/DROP_OLDEST·end");
    for (String text = client.readText();
        !text.equals("/DROP_OLDEST·end");
        text = client.readText()) {
      heard.add(text.strip());
    }
    assertThat(heard).contains("·OK·UNSUBSCRIBE·/CLOSE·1013·slow consumer·");
    assertThat(heard).contains("/DROP_OLDEST·" + (MESSAGES - 1));
    assertThat(heard).noneMatch(text -> text.startsWith("/CLOSE"));
  }

  @ParameterizedTest
  @EnumSource
  void connectionThatGoesLeavesNothingBehind(Overflow policy) throws Exception {
    RawClient client = narrow("/" + policy);
    flood("/" + policy);

    client.reset();

    // Its buffers are given back, which the leak detector of the test run would tell otherwise.
    RawClient other = server.connect("/" + policy);
    assertThat(other.sendText("still here").readText()).isEqualTo("still here");
  }

  /**
   * 1 000 clients, 100 of which do not read what comes in a flood: the others get everything, and
   * memory stays bounded by those that do not read, far below what the flood amounts to.
   */
  @ParameterizedTest
  @EnumSource(names = {"CLOSE", "DROP_OLDEST", "LATEST_PER_KEY"})
  void memoryIsBoundedWhateverIsNotRead(Overflow policy) throws Exception {
    String flooded = "/" + policy + "?flood";
    for (int i = 0; i < STUCK; i++) {
      narrow(flooded);
    }
    RawClient reader = server.connect(flooded);
    List<RawClient> others = server.connectSome(1_000 - STUCK - 1, "/" + policy);
    String large = " ".repeat(FLOOD_BYTES / FLOOD);
    long before = used();
    long most = 0;

    for (int i = 0; i < FLOOD; i++) {
      TestServer.await(broker().broadcastTo(flooded, i + large, "key " + i % KEYS));
      assertThat(reader.readText().strip()).isEqualTo(Integer.toString(i));
      most = Math.max(most, used() - before);
      if (i % (FLOOD / 10) == 0) {
        TestServer.await(broker().broadcastTo("/" + policy, "light " + i));
        for (RawClient other : others) {
          assertThat(other.readText()).isEqualTo("light " + i);
        }
      }
    }

    assertThat(most).isBetween(1L, (long) STUCK * MAX_OUTBOUND + SLACK_BYTES);
  }

  private static long used() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }
}
