package io.carillon.broker;

import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to topics, from any verticle, timer, worker or HTTP handler.
 *
 * <pre>{@code
 * Broker broker = Broker.of(vertx);
 * broker.broadcastTo("/rooms/lobby", new Said("server", "hello"));
 * }</pre>
 *
 * <p>Needs a {@code BrokerVerticle} on the same Vert.x. May be called on any thread and shared;
 * calls of one thread or context to one topic are delivered in their order at every subscriber.
 */
public final class Broker {
  private static final long ANSWER_MILLIS = 1_000;

  private final Vertx vertx;
  private final LocalTopics topics;

  private Broker(Vertx vertx) {
    this.vertx = vertx;
    this.topics = LocalTopics.of(vertx);
  }

  /** Returns the broker of {@code vertx}. Cheap, but keep it where many broadcasts are made. */
  public static Broker of(Vertx vertx) {
    return new Broker(vertx);
  }

  /**
   * Sends {@code message} to every subscriber of {@code topic}, at most once each. A topic without
   * subscribers is a success.
   *
   * @param topic path and query, such as {@code /rooms/lobby}; brought into normal form first
   * @param message text for a {@code String}, binary for {@code byte[]} and {@code Buffer}, a
   *     {@link Payload} as it is, JSON for everything else
   * @return completes when the broker has taken the publication, not when clients have it; fails
   *     with {@link BrokerException} {@code NOT_RUNNING}, {@code TOO_LARGE} or {@code INVALID}
   * @throws IllegalArgumentException if {@code message} cannot be written as JSON
   */
  public Future<Void> broadcastTo(String topic, Object message) {
    return publish(topic, message, null);
  }

  /**
   * Like {@link #broadcastTo(String, Object)}, for a message that makes earlier ones with the same
   * key pointless: on a route that says so, a client that reads too slowly gets only the latest.
   *
   * @param key at most {@value Publication#MAX_KEY_CHARS} characters
   */
  public Future<Void> broadcastTo(String topic, Object message, String key) {
    return publish(topic, message, key);
  }

  private Future<Void> publish(String topic, Object message, @Nullable String key) {
    Payload payload = Codec.payloadOf(message);
    Publication publication;
    try {
      publication = new Publication(Topic.of(topic), payload, null, key);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e.getMessage()));
    }
    return publish(publication);
  }

  /** Like {@link #broadcastTo(String, Object)}, for a publication that is ready to go. */
  public Future<Void> publish(Publication publication) {
    BrokerException refusal = topics.refusal(publication);
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    topics.deliver(publication);
    return topics.deliverElsewhere(publication);
  }

  /**
   * Hands every publication on {@code topic} to {@code subscriber}, in the order of each sender, on
   * the calling context.
   *
   * @return completes when later broadcasts are sure to reach the subscriber; fails with {@link
   *     BrokerException} {@code NOT_RUNNING} or {@code INVALID}
   */
  public Future<Subscription> subscribe(String topic, Consumer<Publication> subscriber) {
    Topic normal;
    try {
      normal = Topic.of(topic);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e.getMessage()));
    }
    String address =
        "carillon.subscriber:" + Addresses.node(vertx) + ":" + Addresses.nextInstance(vertx);
    MessageConsumer<Object> consumer =
        vertx.eventBus().localConsumer(address, message -> take(message.body(), subscriber));
    return ask(Addresses.ACTION_SUBSCRIBE, normal, address)
        .map(done -> new Subscription(this, normal, address, consumer))
        .onFailure(refused -> consumer.unregister());
  }

  private static void take(Object body, Consumer<Publication> subscriber) {
    if (body instanceof Asked asked) {
      asked.answer(Answer.NONE); // whoever asks the clients of a topic does not mean us
    } else {
      Publications.forEach(body, subscriber);
    }
  }

  /** Says whether the broker of this node answers; false after 1 s. */
  public Future<Boolean> isRunning() {
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .setSendTimeout(ANSWER_MILLIS)
            .addHeader(Addresses.ACTION, Addresses.ACTION_PING);
    return vertx
        .eventBus()
        .request(Addresses.BROKER, null, options)
        .map(answer -> true)
        .otherwise(false);
  }

  /** Asks the broker of the own node to begin or end a subscription of a local address. */
  public Future<Void> ask(String action, Topic topic, String address) {
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .addHeader(Addresses.ACTION, action)
            .addHeader(Addresses.TOPIC, topic.uri())
            .addHeader(Addresses.ADDRESS, address)
            .addHeader(Addresses.BY_REFERENCE, "true")
            .addHeader(Addresses.THREAD, Long.toString(Thread.currentThread().getId()));
    return vertx
        .eventBus()
        .<Void>request(Addresses.BROKER, null, options)
        .recover(failure -> Future.failedFuture(LocalTopics.notRunning()))
        .mapEmpty();
  }

  private static BrokerException invalid(@Nullable String rule) {
    return new BrokerException(BrokerException.Code.INVALID, String.valueOf(rule));
  }
}
