package io.carillon.channel;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One client joined to one topic: what a handler answers with.
 *
 * <pre>{@code
 * routes.route("/rooms/:room", Say.class, Said.class)
 *     .message((ch, say) -> ch.broadcast(new Said(ch.path("room"), say.text())));
 * }</pre>
 *
 * <p>The same object comes with every event of the channel, from join to leave. It may be kept and
 * used later, from any thread: once the channel has ended, {@link #send} fails and {@link #close}
 * does nothing. Handlers cannot tell what carries the channel.
 *
 * @param <O> the type of the messages sent
 */
public interface Channel<O> {
  /** The name of this channel, different from every other one's in the cluster. */
  String id();

  /** The name of the connection; several channels share one when they are multiplexed. */
  String connectionId();

  /** What the client joined: path and query of its URI in normal form. */
  Topic topic();

  /**
   * The value of a path parameter of the route.
   *
   * @throws IllegalArgumentException if the pattern of the route has no such parameter
   */
  String path(String name);

  /** The value of a query parameter of the topic; empty when it has none of that name. */
  String query(String name);

  /** All parameters of path and query. */
  Params params();

  /**
   * The parameters as the record that the route declares for them.
   *
   * @throws IllegalArgumentException if it declares none, or another record
   */
  <P extends Record> P params(Class<P> type);

  /** The subprotocol that the route and the client have agreed on. */
  Optional<String> subprotocol();

  /** What the request that opened the connection said. */
  Handshake handshake();

  /**
   * The data of the one-time URI by which the client has come to this topic, if it is of exactly
   * that class; see {@link io.carillon.auth.WebSocketTokens}. All handlers of a node share the
   * value.
   */
  default <T> Optional<T> token(Class<T> type) {
    return handshake().identity().token(type);
  }

  /** The value that the channel has under this name. */
  <T> Optional<T> local(ChannelLocal<T> name);

  /**
   * Gives the channel a value for as long as it lives; the first one wins.
   *
   * @return whether this is it
   */
  <T> boolean createLocal(ChannelLocal<T> name, T value);

  /**
   * The one value of a type that is made once for the connection, by whoever asks first, for all
   * topics that it has. On the node of the connection all handlers share it, on other nodes those
   * of one verticle instance, for as long as it has a channel of the connection. Where the client
   * has come to this topic by a one-time URI, it is the value that the request to which that was
   * issued had cached, if it had one.
   */
  <T> T cached(Class<T> type, Supplier<T> maker);

  /** The one value of a type that is made once for the message, or other event, being handled. */
  <T> T cachedForMessage(Class<T> type, Supplier<T> maker);

  /** Whether messages can still be sent. */
  boolean isOpen();

  /**
   * Sends {@code message} to this client only, behind everything sent to it before.
   *
   * <p>At most 1 MiB (by default) is kept for a client that reads too slowly; over that the
   * overflow policy of the route acts: the channel ends with 1013 "slow consumer", or messages are
   * dropped.
   *
   * @return completes when the message is queued, not when the client has it; fails with {@link
   *     CloseException} when the channel has ended, and with {@link DroppedException} when this
   *     message was dropped
   */
  Future<Void> send(O message);

  /**
   * Like {@link #send}, for a message of another type: text for a {@code String}, binary for {@code
   * byte[]} and {@code Buffer}, a {@code Payload} as it is, the encoding of the route for
   * everything else.
   */
  Future<Void> sendRaw(Object message);

  /**
   * Opens a text message to this client that is written bit by bit, in UTF-8, and may be larger
   * than the memory there is; see {@link MessageStream}. It is sent as it is, in no encoding, and
   * never compressed.
   *
   * @throws CloseException 501 in a handler that runs on another node than the connection: chunks
   *     do not cross nodes
   */
  MessageStream streamText();

  /** The same for a binary message. */
  MessageStream streamBinary();

  /**
   * Asks the client, and waits for its answer without holding up its messages. Only a client that
   * speaks carillon.v1 can be asked.
   *
   * @param answer what the answer is read as, in the encoding of the route
   * @param timeout how long the answer is waited for; at least 1 ms
   * @return the answer; fails with {@link CloseException} with what the client failed with, with
   *     504 when the time is up, with 501 when the client cannot be asked, with 429 when as many
   *     questions as may be are open, and when the channel ends before
   */
  <A> Future<A> request(O message, Class<A> answer, Duration timeout);

  /**
   * Sends {@code message} to every client on this channel's topic, this one included. From a join
   * handler it reaches everyone but the joiner.
   *
   * @return completes when the broker has taken it; fails with {@code BrokerException}
   */
  Future<Void> broadcast(O message);

  /**
   * Like {@link #broadcast(Object)}, for a message that makes earlier ones with the same key
   * pointless: where the route keeps the latest per key, a client that reads too slowly gets only
   * that.
   *
   * @param key at most 256 characters
   */
  Future<Void> broadcast(O message, String key);

  /**
   * Sends a message of any type to every client on another topic: a value reaches each of them in
   * the encoding of its own route.
   *
   * @return completes when the broker has taken it; fails with {@code BrokerException}
   */
  Future<Void> broadcastTo(String topic, Object message);

  /** Ends the channel with status 1000. */
  void close();

  /**
   * Ends the channel: no further message is handled, leave runs, then the client is told. Does
   * nothing if it has ended already.
   */
  void close(CloseStatus status);
}
