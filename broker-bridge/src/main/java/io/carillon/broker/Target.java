package io.carillon.broker;

import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/**
 * Some clients, wherever they are connected. Immutable; may be kept and used from any thread.
 *
 * <p>Every method fails with {@link BrokerException} {@code NOT_RUNNING} without a broker on this
 * node. That nobody is there is no failure.
 */
public final class Target {
  /** Most channels on one page of a list. */
  public static final int MAX_PAGE = 1_000;

  private static final int CUT_REASON_CHARS = 123;

  private final Clients clients;
  private final Topic audience;
  private final JsonObject narrowed;

  Target(Clients clients, Topic audience) {
    this(clients, audience, new JsonObject());
  }

  private Target(Clients clients, Topic audience, JsonObject narrowed) {
    this.clients = clients;
    this.audience = audience;
    this.narrowed = narrowed;
  }

  /**
   * Of these clients, only the channels that have joined that topic.
   *
   * @throws IllegalArgumentException if it is no topic
   */
  public Target on(String topic) {
    return narrowed(Addresses.TOPIC, Topic.of(topic).uri());
  }

  /** Of these clients, all but those of one session. */
  public Target exceptSession(String id) {
    return narrowed(Addresses.EXCEPT, id);
  }

  private Target narrowed(String by, String value) {
    return new Target(clients, audience, narrowed.copy().put(by, value));
  }

  /**
   * Sends {@code message} to every connection, behind everything this caller has sent to it before.
   * A value goes out in the encoding of each client's route. A connection that carries several
   * topics gets it on each of them, as if they were several connections; {@link #on} says which.
   *
   * @param message text for a {@code String}, binary for {@code byte[]} and {@code Buffer}, a
   *     {@link Payload} as it is, a value for everything else
   * @return how many connections it was queued for; fails with {@link BrokerException} {@code
   *     TOO_LARGE} over the limit of one publication
   */
  public Future<Reached> send(Object message) {
    return clients.reach(audience, Addresses.ACTION_SEND, narrowed, Codec.payloadOf(message));
  }

  /**
   * Ends the connections, and for clients named by a topic or a channel's id those channels only:
   * no further message is handled, leave runs, then the client is told.
   *
   * @param code 1000 to 1015 or 3000 to 4999
   * @param reason for the client; cut to 123 bytes of UTF-8
   * @return how many connections it ended
   * @throws IllegalArgumentException if {@code code} is none
   */
  public Future<Reached> disconnect(int code, String reason) {
    if (code < 1000 || (code > 1015 && code < 3000) || code > 4999) {
      throw new IllegalArgumentException(
          "close code must be 1000 to 1015 or 3000 to 4999: code=" + code);
    }
    JsonObject status =
        narrowed
            .copy()
            .put(Addresses.CODE, code)
            .put(
                Addresses.REASON, reason.substring(0, Math.min(CUT_REASON_CHARS, reason.length())));
    return clients.reach(audience, Addresses.ACTION_DISCONNECT, status, null);
  }

  /** Counts the connections. */
  public Future<Reached> connected() {
    return clients.reach(audience, Addresses.ACTION_CONNECTED, narrowed, null);
  }

  /**
   * Has them join one more topic: its guards and its join handler run as if the client had asked. A
   * client that carries several topics is told as if it had subscribed; a plain one gets what is
   * published there among the rest, and what it says still goes to its own topic only.
   *
   * @return how many connections are on that topic now; not complete when a join takes more than a
   *     second
   * @throws IllegalArgumentException if it is no topic
   */
  public Future<Reached> join(String topic) {
    JsonObject what = narrowed.copy().put(Addresses.ACTION_JOIN, Topic.of(topic).uri());
    return clients.reach(audience, Addresses.ACTION_JOIN, what, null);
  }

  /**
   * Ends their channels on a topic with 1000. A plain client whose own topic it is, is
   * disconnected.
   *
   * @return how many connections were on that topic
   * @throws IllegalArgumentException if it is no topic
   */
  public Future<Reached> leave(String topic) {
    return on(topic).disconnect(1000, "");
  }

  /**
   * Lists their channels, in the order of the channels' ids: the topics of a connection, the
   * connections of a topic.
   *
   * @param after empty, or what the page before calls its {@link JoinedPage#next}
   * @param limit 1 to {@value #MAX_PAGE}
   * @throws IllegalArgumentException if {@code limit} is out of range
   */
  public Future<JoinedPage> list(String after, int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("limit must be 1 to " + MAX_PAGE + ": limit=" + limit);
    }
    JsonObject what = narrowed.copy().put(Addresses.AFTER, after).put(Addresses.LIMIT, limit + 1);
    return clients
        .ask(new Ask(audience, Addresses.ACTION_LIST, what, null))
        .map(answer -> JoinedPage.of(answer, limit));
  }
}
