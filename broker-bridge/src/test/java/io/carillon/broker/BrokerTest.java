package io.carillon.broker;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.bridge.BrokerOptions;
import io.carillon.bridge.BrokerVerticle;
import io.carillon.codec.Payload;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Publish and subscribe on one node, without a socket. */
@Timeout(20)
class BrokerTest {
  private final Vertx vertx = Vertx.vertx();
  private final Broker broker = Broker.of(vertx);
  private final BlockingQueue<Publication> received = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, SECONDS);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(10, SECONDS);
  }

  private String run(long maxMessageBytes) throws Exception {
    return await(
        vertx.deployVerticle(
            new BrokerVerticle(new BrokerOptions(maxMessageBytes, 1 << 20, Duration.ZERO))));
  }

  private String next() throws InterruptedException {
    return Objects.requireNonNull(received.poll(5, SECONDS), "nothing received").payload().text();
  }

  private static void failsWith(BrokerException.Code code, String message, Future<?> future) {
    assertThatThrownBy(() -> await(future))
        .isInstanceOfSatisfying(BrokerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessage(message);
  }

  /** Each has an event loop of its own, as long as there are two. */
  private static Context[] twoContexts(Vertx vertx) {
    VertxInternal own = (VertxInternal) vertx;
    return new Context[] {own.createEventLoopContext(), own.createEventLoopContext()};
  }

  @Test
  void anotherEventLoopGetsWhatOneTurnPublishesInOneMessage() throws Exception {
    run(100);
    Context[] contexts = twoContexts(vertx);
    Promise<Void> subscribed = Promise.promise();
    contexts[0].runOnContext(
        now -> broker.subscribe("/a", received::add).<Void>mapEmpty().onComplete(subscribed));
    await(subscribed.future());
    Queue<Object> bodies = new ConcurrentLinkedQueue<>();
    vertx
        .eventBus()
        .addInboundInterceptor(
            delivery -> {
              if (delivery.message().address().startsWith("carillon.subscriber:")) {
                bodies.add(delivery.message().body());
              }
              delivery.next();
            });

    contexts[1].runOnContext(
        now -> {
          for (int i = 0; i < 100; i++) {
            broker.broadcastTo("/a", "message " + i);
          }
        });

    for (int i = 0; i < 100; i++) {
      assertThat(next()).isEqualTo("message " + i);
    }
    assertThat(bodies)
        .hasSize(2)
        .allMatch(body -> body instanceof Publications several && several.all().size() > 30);
  }

  @Test
  void withoutABrokerNothingIsTaken() throws Exception {
    String none = "no broker is running on this node";

    failsWith(BrokerException.Code.NOT_RUNNING, none, broker.broadcastTo("/a", "x"));
    failsWith(BrokerException.Code.NOT_RUNNING, none, broker.subscribe("/a", received::add));
    assertThat(await(broker.isRunning())).isFalse();
  }

  @Test
  void afterItsStopNothingIsTaken() throws Exception {
    String id = run(1000);
    await(broker.broadcastTo("/a", "x"));
    assertThat(await(broker.isRunning())).isTrue();

    await(vertx.undeploy(id));

    withoutABrokerNothingIsTaken();
  }

  @Test
  void subscriberGetsWhatIsBroadcastToItsTopic() throws Exception {
    run(1000);
    Subscription subscription = await(broker.subscribe("//a/%62/", received::add));

    await(broker.broadcastTo("/a/b", "one"));
    await(broker.broadcastTo("/a/c", "not mine"));
    await(broker.broadcastTo("/a/b/", "two"));

    assertThat(subscription.topic().uri()).isEqualTo("/a/b");
    assertThat(next()).isEqualTo("one");
    assertThat(next()).isEqualTo("two");
  }

  @Test
  void topicWithoutSubscribersIsASuccess() throws Exception {
    run(1000);

    await(broker.broadcastTo("/nobody", "x"));
  }

  @Test
  void publicationIsOneObjectForAllSubscribers() throws Exception {
    run(1000);
    await(broker.subscribe("/a", received::add));
    await(broker.subscribe("/a", received::add));

    await(broker.broadcastTo("/a", "x"));

    assertThat(received.poll(5, SECONDS)).isNotNull().isSameAs(received.poll(5, SECONDS));
  }

  @Test
  void cancelledSubscriberGetsNothingMore() throws Exception {
    run(1000);
    Subscription cancelled = await(broker.subscribe("/a", received::add));
    await(broker.subscribe("/a", received::add));

    await(cancelled.cancel());
    await(broker.broadcastTo("/a", "once"));
    await(broker.broadcastTo("/a", "end"));

    assertThat(next()).isEqualTo("once");
    assertThat(next()).isEqualTo("end");
    assertThat(received).isEmpty();
  }

  @Test
  void subscribedMeansThatTheNextBroadcastArrives() throws Exception {
    run(1000);

    for (int i = 0; i < 200; i++) {
      Subscription subscription = await(broker.subscribe("/a", received::add));
      broker.broadcastTo("/a", "message " + i);
      assertThat(next()).isEqualTo("message " + i);
      await(subscription.cancel());
    }
  }

  @Test
  void orderOfOneSenderIsKept() throws Exception {
    run(1000);
    await(broker.subscribe("/a", received::add));

    for (int i = 0; i < 1000; i++) {
      if (i % 2 == 0) {
        broker.broadcastTo("/a", Integer.toString(i));
      } else {
        // Not the same Broker, but the same sender.
        Broker.of(vertx).broadcastTo("/a", Integer.toString(i));
      }
    }

    for (int i = 0; i < 1000; i++) {
      assertThat(next()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void largestPublicationIsTakenAndOneByteMoreIsNot() throws Exception {
    run(10);
    await(broker.subscribe("/a", received::add));

    await(broker.broadcastTo("/a", "0123456789"));

    assertThat(next()).isEqualTo("0123456789");
    failsWith(
        BrokerException.Code.TOO_LARGE,
        "publication too large: bytes=11, max=10",
        broker.broadcastTo("/a", "01234567890"));
    failsWith(
        BrokerException.Code.TOO_LARGE,
        "publication too large: bytes=12, max=10",
        broker.broadcastTo("/a", "üüüüüü"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "/a/../b", "/a#b", "/%zz"})
  void topicMustBeOne(String topic) throws Exception {
    run(1000);

    assertThatThrownBy(() -> await(broker.broadcastTo(topic, "x")))
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.code()).isEqualTo(BrokerException.Code.INVALID));
    assertThatThrownBy(() -> await(broker.subscribe(topic, received::add)))
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.code()).isEqualTo(BrokerException.Code.INVALID));
  }

  @Test
  void channelThatIsPassedByTravelsWithThePublication() throws Exception {
    run(1000);
    await(broker.subscribe("/a", received::add));

    await(broker.publish(new Publication(Topic.of("/a"), Payload.text("x"), "some.channel")));

    assertThat(received.poll(5, SECONDS).except()).isEqualTo("some.channel");
  }

  // ---- the documented form

  private static DeliveryOptions headers(String... pairs) {
    DeliveryOptions options = new DeliveryOptions();
    for (int i = 0; i < pairs.length; i += 2) {
      options.addHeader(pairs[i], pairs[i + 1]);
    }
    return options;
  }

  @Test
  void plainSubscriberGetsTopicAndBody() throws Exception {
    run(1000);
    BlockingQueue<String> plain = new LinkedBlockingQueue<>();
    vertx
        .eventBus()
        .<Object>consumer(
            "acme.listener",
            m ->
                plain.add(
                    m.headers().get("topic")
                        + " "
                        + m.body().getClass().getSimpleName()
                        + " "
                        + (m.body() instanceof Buffer buffer ? buffer.toString() : m.body())));
    await(
        vertx
            .eventBus()
            .request(
                "carillon.broker",
                null,
                headers("action", "subscribe", "topic", "//a", "address", "acme.listener")));

    await(broker.broadcastTo("/a", "text"));
    await(broker.broadcastTo("/a", Buffer.buffer("bytes")));

    assertThat(plain.poll(5, SECONDS)).isEqualTo("/a String text");
    assertThat(plain.poll(5, SECONDS)).startsWith("/a Buffer").endsWith(" bytes");
    await(
        vertx
            .eventBus()
            .request(
                "carillon.broker",
                null,
                headers("action", "unsubscribe", "topic", "/a", "address", "acme.listener")));
    await(broker.subscribe("/a", received::add));
    await(broker.broadcastTo("/a", "end"));
    assertThat(next()).isEqualTo("end");
    assertThat(plain).isEmpty();
  }

  @Test
  void subscribingTwiceIsSubscribingOnce() throws Exception {
    run(1000);
    BlockingQueue<Object> plain = new LinkedBlockingQueue<>();
    vertx.eventBus().<Object>consumer("acme.listener", m -> plain.add(m.body()));
    for (int i = 0; i < 2; i++) {
      await(
          vertx
              .eventBus()
              .request(
                  "carillon.broker",
                  null,
                  headers("action", "subscribe", "topic", "/a", "address", "acme.listener")));
    }

    await(broker.broadcastTo("/a", "once"));
    await(broker.broadcastTo("/a", "end"));

    assertThat(plain.poll(5, SECONDS)).isEqualTo("once");
    assertThat(plain.poll(5, SECONDS)).isEqualTo("end");
  }

  @Test
  void subscriberThatVanishedDoesNotKeepOthersFromTheirs() throws Exception {
    run(1000);
    await(
        vertx
            .eventBus()
            .request(
                "carillon.broker",
                null,
                headers("action", "subscribe", "topic", "/a", "address", "acme.nobody")));
    await(broker.subscribe("/a", received::add));

    await(broker.broadcastTo("/a", "one"));
    await(broker.broadcastTo("/a", "two"));

    assertThat(next()).isEqualTo("one");
    assertThat(next()).isEqualTo("two");
  }

  @Test
  void questionThatIsNoneIsRefused() throws Exception {
    run(1000);

    refused("headers needed: topic, address, action", headers("action", "subscribe"));
    refused(
        "headers needed: topic, address, action", headers("action", "subscribe", "topic", "/a"));
    refused(
        "unknown action: action=dance", headers("action", "dance", "topic", "/a", "address", "x"));
    refused("unknown action: action=null", headers("topic", "/a", "address", "x"));
    refused(null, headers("action", "subscribe", "topic", "/..", "address", "x"));
  }

  private void refused(String message, DeliveryOptions options) {
    assertThatThrownBy(() -> await(vertx.eventBus().request("carillon.broker", null, options)))
        .isInstanceOfSatisfying(
            ReplyException.class,
            e -> {
              assertThat(e.failureCode()).isEqualTo(400);
              if (message != null) {
                assertThat(e.getMessage()).isEqualTo(message);
              }
            });
  }
}
