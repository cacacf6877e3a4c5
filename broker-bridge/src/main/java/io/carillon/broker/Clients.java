package io.carillon.broker;

import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reaches clients wherever in the cluster they are connected: from any verticle, timer, worker or
 * HTTP handler on any node.
 *
 * <pre>{@code
 * Clients clients = Clients.of(vertx);
 * clients.user("ann").send(new ExportReady(42))
 *     .onSuccess(reached -> { if (reached.connections() == 0) mail("ann"); });
 * clients.session(id).disconnect(4401, "signed out");
 * }</pre>
 *
 * <p>Needs a {@code BrokerVerticle} on the same Vert.x. May be called on any thread and shared;
 * what one thread or context sends to one client arrives in its order.
 */
public final class Clients {
  /** Most sessions that are read along. */
  public static final int MAX_READ = 1_000;

  /** How long a session is read along without being asked for again, in milliseconds. */
  public static final long READ_MILLIS = 10_000;

  private static final long RENEW_MILLIS = 3_000;
  private static final long ANSWER_MILLIS = 1_000;

  private final Vertx vertx;
  private final LocalTopics topics;

  private Clients(Vertx vertx) {
    this.vertx = vertx;
    this.topics = LocalTopics.of(vertx);
  }

  /** Returns the clients that {@code vertx} can reach. Cheap. */
  public static Clients of(Vertx vertx) {
    return new Clients(vertx);
  }

  /**
   * All connections of a browser session: its tabs.
   *
   * @throws IllegalArgumentException if it is no id
   */
  public Target session(String id) {
    return new Target(this, Audiences.session(id));
  }

  /**
   * All connections of a user who has signed in, in whatever browser or app.
   *
   * @throws IllegalArgumentException if it is no id: empty, {@code .} or {@code ..}, or too long
   */
  public Target user(String id) {
    return new Target(this, Audiences.user(id));
  }

  /**
   * One connection, or with the id of a channel that channel alone.
   *
   * @throws IllegalArgumentException if it is no id
   */
  public Target connection(String id) {
    return new Target(this, Audiences.connection(id));
  }

  /** All connections of the cluster. */
  public Target all() {
    return new Target(this, Audiences.ALL);
  }

  /**
   * All that have joined a topic.
   *
   * @throws IllegalArgumentException if it is none
   */
  public Target topic(String topic) {
    return new Target(this, Topic.of(topic));
  }

  /**
   * Reads along what the clients of a session say, on whatever node: {@code reader} gets the id of
   * the channel and the message, on the calling context, in the order of each channel, at most once
   * each. Handlers get the messages as ever. A connection to a node that joins the cluster later is
   * read along a few seconds later.
   *
   * @return completes when what is said from now on is read along; at most {@value #MAX_READ}
   *     sessions are in the whole cluster
   * @throws IllegalArgumentException if it is no id
   */
  public Future<Subscription> receiver(String session, BiConsumer<String, Payload> reader) {
    Topic said = Audiences.said(session);
    Ask read =
        new Ask(
            Audiences.ALL,
            Addresses.ACTION_READ,
            new JsonObject().put(Addresses.SESSION, session),
            null);
    return Broker.of(vertx)
        .subscribe(said.uri(), one -> reader.accept(String.valueOf(one.key()), one.payload()))
        .compose(
            subscription ->
                ask(read)
                    .map(
                        told -> {
                          long timer = vertx.setPeriodic(RENEW_MILLIS, tick -> ask(read));
                          return subscription.whenCancelled(() -> vertx.cancelTimer(timer));
                        }));
  }

  /**
   * Asks every node that has some of the clients; what {@link Target} says in its own words.
   *
   * @return what those said that answered within a second; fails with {@link BrokerException}
   */
  public Future<Answer> ask(Ask ask) {
    BrokerException refusal = topics.refusal(ask.payload());
    if (refusal != null) {
      return Future.failedFuture(refusal);
    }
    Tally tally = Tally.start(vertx, ANSWER_MILLIS);
    topics.ask(ask, tally);
    Consumer<Asked> otherNodes = topics.otherNodesAsked();
    if (otherNodes != null) {
      tally.expect();
      otherNodes.accept(new Asked(ask, tally));
    }
    tally.add(Answer.NONE);
    return tally.result();
  }

  Future<Reached> reach(
      Topic audience, String action, JsonObject parameters, @Nullable Payload payload) {
    return ask(new Ask(audience, action, parameters, payload))
        .map(answer -> new Reached(answer.connections(), answer.complete()));
  }
}
