package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.channel.Locals;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * What a channel rides on: a connection of its own, or one topic of a multiplexed one. Handlers
 * cannot tell which. Owned by the event loop of the connection.
 */
interface Carrier {
  /** The connection. */
  Session session();

  /** The id of the channel, different from every other one's in the cluster. */
  String channelId();

  /** What the request that opened the channel said. */
  Handshake handshake();

  /** What handlers keep with the connection; from any thread. */
  Locals connectionLocals();

  /** Whether the client may still get something. */
  boolean isUp();

  /** Queues a message. */
  Queued send(Payload payload);

  /** Queues a message that is written bit by bit; false when there is no room even for that. */
  boolean stream(OutStream message);

  /** What stands ahead of each message. */
  byte[] prefix();

  /** Queues the shared bytes of a publication. */
  Queued deliver(SharedFrames publication);

  /** Sends a ping, a pong or a close frame; none may be sent where the channel is not alone. */
  default Queued control(Frame frame) {
    throw new IllegalStateException("the connection is not this channel's alone");
  }

  /** Whether there are control frames of this channel alone. */
  default boolean hasControlFrames() {
    return false;
  }

  /** Answers a question of the client; a plain one asks none. */
  default void answer(long request, Payload payload) {
    throw new IllegalStateException("a plain client asks nothing");
  }

  /** Tells the client that its question has no answer; a plain one asks none. */
  default void refuse(long request, CloseException why) {
    throw new IllegalStateException("a plain client asks nothing");
  }

  /** Asks the client; a plain one cannot be asked. */
  default Future<Payload> request(Payload payload, long timeoutMillis) {
    return Future.failedFuture(CloseException.http(501, "the client does not speak carillon.v1"));
  }

  /** The client may not join after all, although its upgrade was answered. */
  void onRefused(CloseException why);

  /** The channel ends, as soon as its handlers let it. */
  void onEnding(CloseStatus status);

  /** The channel is over; with a status, the client is told it. */
  void onLeft(@Nullable CloseStatus status);
}
