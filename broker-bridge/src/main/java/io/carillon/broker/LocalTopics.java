package io.carillon.broker;

import io.carillon.codec.Payload;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.shareddata.Shareable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The map that the broker verticle of a node keeps: topics to the bus addresses that want them.
 *
 * <p>Written by the broker verticle only; read by every publisher on its own thread, which hands a
 * publication straight to the subscribers of its node. A publication so takes one step to the event
 * loops where its subscribers are, and keeps its place among those of its sender. Its size is
 * topics times event loops, never connections.
 */
public final class LocalTopics implements Shareable {
  private static final LocalSubscriber[] NONE = {};

  private final Map<Topic, LocalSubscriber[]> topics = new ConcurrentHashMap<>();
  private volatile long maxMessageBytes = -1;
  private volatile @Nullable Consumer<Asked> otherNodesAsked;
  private volatile @Nullable OtherNodes otherNodes;

  @SuppressWarnings("ThreadLocalUsage") // there is one LocalTopics for each Vert.x
  private final ThreadLocal<@Nullable Turn> turns = new ThreadLocal<>();

  private LocalTopics() {}

  /** The topics of {@code vertx}. */
  public static LocalTopics of(Vertx vertx) {
    return (LocalTopics)
        vertx
            .sharedData()
            .getLocalMap("carillon")
            .computeIfAbsent("topics", key -> new LocalTopics());
  }

  /**
   * The broker runs from now on.
   *
   * @param elsewhere takes publications for the other nodes; null if there can be none
   * @param asked takes asks for the other nodes, on any thread, and answers each; null likewise
   */
  public void open(
      long limitBytes, @Nullable OtherNodes elsewhere, @Nullable Consumer<Asked> asked) {
    otherNodes = elsewhere;
    otherNodesAsked = asked;
    maxMessageBytes = limitBytes;
  }

  /** The broker does not run any more. */
  public void close() {
    maxMessageBytes = -1;
    topics.clear();
  }

  /** Who takes asks for other nodes, or null. */
  @Nullable Consumer<Asked> otherNodesAsked() {
    return otherNodesAsked;
  }

  /** What becomes of a publication when no broker runs. */
  public static BrokerException notRunning() {
    return new BrokerException(
        BrokerException.Code.NOT_RUNNING, "no broker is running on this node");
  }

  /** Why a publication cannot be taken, or null. */
  public @Nullable BrokerException refusal(Publication publication) {
    return refusal(publication.payload());
  }

  /** The same for what is sent to some clients, which may be nothing. */
  public @Nullable BrokerException refusal(@Nullable Payload payload) {
    long max = maxMessageBytes;
    if (max < 0) {
      return notRunning();
    }
    int size = payload == null ? 0 : payload.size();
    return size <= max
        ? null
        : new BrokerException(
            BrokerException.Code.TOO_LARGE,
            "publication too large: bytes=" + size + ", max=" + max);
  }

  /**
   * Hands a publication to the subscribers of this node: at once to those on this thread, and to
   * those on others when the turn of this event loop ends, if this is one.
   */
  public void deliver(Publication publication) {
    LocalSubscriber[] subscribers = topics.getOrDefault(publication.topic(), NONE);
    if (subscribers.length == 0) {
      return;
    }
    Turn turn = turn();
    long thread = Thread.currentThread().getId();
    for (LocalSubscriber subscriber : subscribers) {
      if (turn != null && subscriber.takesTogether(thread)) {
        turn.add(subscriber, publication);
      } else {
        subscriber.deliver(publication);
      }
    }
  }

  /**
   * Hands over now what the event loop of this thread has published for others; does nothing on a
   * thread that is none.
   */
  public void handOver() {
    Turn known = turns.get();
    if (known != null) {
      known.handOver();
    }
  }

  /** That of this thread; null if it is no event loop. */
  private @Nullable Turn turn() {
    Turn known = turns.get();
    if (known == null
        && Context.isOnEventLoopThread()
        && Vertx.currentContext() instanceof ContextInternal context) {
      known = new Turn(context.unwrap());
      turns.set(known);
    }
    return known;
  }

  /** Hands a publication to the broker for the other nodes; complete when it may take more. */
  Future<Void> deliverElsewhere(Publication publication) {
    OtherNodes elsewhere = otherNodes;
    if (elsewhere == null) {
      return Future.succeededFuture();
    }
    Future<Void> room = elsewhere.expect(publication);
    Turn turn = turn();
    if (turn == null) {
      elsewhere.accept(List.of(publication));
    } else {
      turn.add(elsewhere, publication);
    }
    return room;
  }

  /** Hands an ask to those of this node who have some of its clients; each adds its answer. */
  public void ask(Ask ask, Tally tally) {
    String connection = Audiences.connectionIn(ask.audience());
    String address = connection == null ? null : Addresses.httpOf(connection);
    Topic topic = connection == null ? ask.audience() : Audiences.ALL;
    for (LocalSubscriber subscriber : topics.getOrDefault(topic, NONE)) {
      if (address == null || address.equals(subscriber.address())) {
        subscriber.ask(ask, tally);
      }
    }
  }

  /** Whether nobody wants anything. */
  public boolean isEmpty() {
    return topics.isEmpty();
  }

  /** Adds a subscriber; says whether it is the first of its topic. */
  public boolean add(Topic topic, LocalSubscriber subscriber) {
    LocalSubscriber[] before = topics.get(topic);
    topics.compute(
        topic,
        (key, old) -> {
          LocalSubscriber[] rest = without(old == null ? NONE : old, subscriber.address());
          LocalSubscriber[] more = Arrays.copyOf(rest, rest.length + 1);
          more[rest.length] = subscriber;
          return more;
        });
    return before == null;
  }

  /** Removes a subscriber; says whether it was the last of its topic. */
  public boolean remove(Topic topic, String address) {
    LocalSubscriber[] before = topics.get(topic);
    LocalSubscriber[] after =
        topics.computeIfPresent(
            topic,
            (key, old) -> {
              LocalSubscriber[] rest = without(old, address);
              return rest.length == 0 ? null : rest;
            });
    return before != null && after == null;
  }

  private static LocalSubscriber[] without(LocalSubscriber[] all, String address) {
    return Arrays.stream(all)
        .filter(subscriber -> !subscriber.address().equals(address))
        .toArray(LocalSubscriber[]::new);
  }
}
