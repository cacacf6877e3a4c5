package io.carillon.bridge;

import io.carillon.broker.Addresses;
import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Asked;
import io.carillon.broker.BrokerException;
import io.carillon.broker.LocalSubscriber;
import io.carillon.broker.LocalTopics;
import io.carillon.broker.OtherNodes;
import io.carillon.broker.Publication;
import io.carillon.broker.Tally;
import io.carillon.broker.Topic;
import io.carillon.codec.Codec;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker of one node: maps topics to bus addresses and hands each publication once to every
 * address with interest, however many clients stand behind it, and once to every other node of the
 * cluster with interest. Deploy exactly one per Vert.x, ahead of everything that joins or
 * broadcasts.
 *
 * <p>The map is {@link LocalTopics}: this verticle writes it, on its event loop, and whoever
 * publishes on this node reads it. Publications for other nodes come through here, in the order of
 * their senders. Nothing is kept: what is published while nobody subscribes is gone.
 *
 * <p>In a cluster it sets the {@linkplain io.vertx.core.Vertx#exceptionHandler() exception handler}
 * of a Vert.x that has none. It logs what nobody has caught, as Vert.x does without one, but is
 * brief about writes that fail when another node goes.
 */
public final class BrokerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerVerticle.class);

  private static final int MAX_EXCEPT_CHARS = 256;
  private static final long UNWANT_MILLIS = 10_000;

  /** A quarter of a second before the other node stops waiting. */
  private static final long OWN_ANSWER_MILLIS = 750;

  private final BrokerOptions options;
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();
  private @Nullable LocalTopics topics;
  private @Nullable Interest interest;
  private @Nullable Links links;
  private @Nullable Promise<Void> drained;

  /** A broker with default settings. */
  public BrokerVerticle() {
    this(new BrokerOptions());
  }

  /** A broker with the given settings. */
  public BrokerVerticle(BrokerOptions options) {
    this.options = options;
  }

  @Override
  public Future<?> start() {
    LocalTopics ours = LocalTopics.of(vertx);
    topics = ours;
    interest = new Interest(ours);
    consumers.add(vertx.eventBus().localConsumer(Addresses.BROADCAST, this::onBroadcast));
    consumers.add(vertx.eventBus().localConsumer(Addresses.SEND, new Sends(vertx)));
    consumers.add(vertx.eventBus().localConsumer(Addresses.BROKER, this::onRequest));
    Future<?> listening = Future.all(consumers.stream().map(MessageConsumer::completion).toList());
    return (vertx.isClustered() ? listening.compose(here -> link()) : listening)
        .onSuccess(
            ready ->
                ours.open(
                    options.maxMessageBytes(), elsewhere(), links == null ? null : this::ask));
  }

  private Future<Void> link() {
    Links others =
        new Links(
            vertx,
            Addresses.node(vertx),
            options.maxQueuedBytes(),
            topics()::deliver,
            this::answer);
    links = others;
    FailedWrites.handleIn(vertx);
    vertx.setPeriodic(UNWANT_MILLIS, tick -> unwant(others));
    return others.start();
  }

  /** What takes the publications of this node for the others, on the threads of publishers. */
  private @Nullable OtherNodes elsewhere() {
    return links == null ? null : new Handover(vertx, context, this::toOtherNodes);
  }

  /**
   * Ends once the last subscriber has left, so that what leave handlers broadcast in a shutdown
   * still arrives; after the stop time-out at the latest.
   */
  @Override
  public Future<?> stop() {
    return whenDrained()
        .eventually(() -> links == null ? Future.succeededFuture() : links.stop())
        .onComplete(
            drained -> {
              topics().close();
              links = null;
            })
        .eventually(
            () -> Future.join(consumers.stream().map(MessageConsumer::unregister).toList()));
  }

  private Future<Void> whenDrained() {
    if (topics().isEmpty() || options.stopTimeout().isZero()) {
      return Future.succeededFuture();
    }
    Promise<Void> last = Promise.promise();
    drained = last;
    long timer = vertx.setTimer(options.stopTimeout().toMillis(), late -> last.tryComplete());
    return last.future().andThen(done -> vertx.cancelTimer(timer));
  }

  /** Takes an ask of this node for the others; called on the thread of whoever asks. */
  private void ask(Asked asked) {
    context.runOnContext(
        turn -> {
          if (links == null) {
            asked.answer(Answer.NONE);
          } else {
            links.ask(asked);
          }
        });
  }

  /** Answers another node's ask for this one. */
  private Future<Answer> answer(Ask ask) {
    Tally tally = Tally.start(vertx, OWN_ANSWER_MILLIS);
    topics().ask(ask, tally);
    tally.add(Answer.NONE);
    return tally.result();
  }

  /** The documented form, from a verticle that knows nothing but the event bus. */
  private void onBroadcast(Message<Object> message) {
    Publication publication;
    try {
      publication = plain(message);
    } catch (IllegalArgumentException e) {
      refuse(
          message,
          new BrokerException(BrokerException.Code.INVALID, String.valueOf(e.getMessage())));
      return;
    }
    BrokerException refusal = topics().refusal(publication);
    if (refusal != null) {
      refuse(message, refusal);
      return;
    }
    topics().deliver(publication);
    toOtherNodes(publication).onComplete(taken -> message.reply(null));
  }

  /** Completes as {@link Links#publish}. */
  private Future<Void> toOtherNodes(Publication publication) {
    return links == null ? Future.succeededFuture() : links.publish(publication);
  }

  private static Publication plain(Message<Object> message) {
    String topic = message.headers().get(Addresses.TOPIC);
    if (topic == null) {
      throw new IllegalArgumentException("a broadcast needs a header: header=" + Addresses.TOPIC);
    }
    Object body = message.body();
    if (body == null) {
      throw new IllegalArgumentException("a broadcast needs a body: topic=" + topic);
    }
    String except = message.headers().get(Addresses.EXCEPT);
    if (except != null && except.length() > MAX_EXCEPT_CHARS) {
      throw new IllegalArgumentException(
          "channel id too long: characters=" + except.length() + ", max=" + MAX_EXCEPT_CHARS);
    }
    return new Publication(
        Topic.of(topic), Codec.payloadOf(body), except, message.headers().get(Addresses.KEY));
  }

  private static void refuse(Message<?> message, BrokerException refusal) {
    if (message.replyAddress() == null) {
      LOG.warn("broadcast refused: {}", refusal.getMessage());
    } else {
      message.fail(refusal.code().number(), refusal.getMessage());
    }
  }

  private void onRequest(Message<Object> message) {
    String action = message.headers().get(Addresses.ACTION);
    if (Addresses.ACTION_PING.equals(action)) {
      if (links != null && links.isOutOfCluster()) {
        message.fail(BrokerException.Code.NOT_RUNNING.number(), "out of the cluster");
      } else {
        message.reply(null);
      }
      return;
    }
    if (message.body() instanceof JsonObject announcement) {
      Future<Void> told =
          links == null
              ? Future.succeededFuture()
              : links.tellAll(String.valueOf(action), announcement);
      told.onComplete(done -> message.reply(null));
      return;
    }
    String topic = message.headers().get(Addresses.TOPIC);
    String address = message.headers().get(Addresses.ADDRESS);
    if (topic == null || address == null) {
      message.fail(BrokerException.Code.INVALID.number(), "headers needed: topic, address, action");
      return;
    }
    Topic normal;
    LocalSubscriber subscriber;
    try {
      normal = Topic.of(topic);
      subscriber = subscriber(address, message.headers());
    } catch (IllegalArgumentException e) {
      message.fail(BrokerException.Code.INVALID.number(), e.getMessage());
      return;
    }
    if (Addresses.ACTION_SUBSCRIBE.equals(action)) {
      interest().add(normal, subscriber);
      want(normal).onComplete(told -> message.reply(null));
    } else if (Addresses.ACTION_UNSUBSCRIBE.equals(action)) {
      remove(normal, address);
      message.reply(null);
    } else {
      message.fail(BrokerException.Code.INVALID.number(), "unknown action: action=" + action);
    }
  }

  private LocalSubscriber subscriber(String address, MultiMap headers) {
    boolean takesObjects = "true".equals(headers.get(Addresses.BY_REFERENCE));
    String thread = headers.get(Addresses.THREAD);
    boolean known = takesObjects && thread != null;
    return new LocalSubscriber(vertx, address, takesObjects, known ? Long.parseLong(thread) : 0);
  }

  private Future<Void> want(Topic topic) {
    return links == null ? Future.succeededFuture() : links.want(Buckets.of(topic));
  }

  /** Other nodes are told late that a topic is not wanted: it may be again in a moment. */
  private void unwant(Links others) {
    Set<Integer> emptied = interest().takeEmptied();
    if (!emptied.isEmpty()) {
      others.unwant(emptied);
    }
  }

  private void remove(Topic topic, String address) {
    interest().remove(topic, address);
    if (drained != null && topics().isEmpty()) {
      drained.tryComplete();
    }
  }

  private LocalTopics topics() {
    return Objects.requireNonNull(topics, "not started");
  }

  private Interest interest() {
    return Objects.requireNonNull(interest, "not started");
  }
}
