package io.carillon.channel;

import io.carillon.codec.Payload;
import io.carillon.protocol.LeaveStatus;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened to a channel, on its way to a handler instance. It is answered exactly
 * once, by one of the last four methods, from any thread; later answers are ignored. Until then the
 * next event of the channel waits.
 */
public interface ChannelEvent {
  /** What happened. */
  enum Kind {
    /** A client asks to join. */
    JOIN,
    /** A client sent a message. */
    MESSAGE,
    /** A client asked something. */
    REQUEST,
    /** A client is gone. */
    LEAVE;

    /** The name on the bus. */
    public String wireName() {
      return switch (this) {
        case JOIN -> "join";
        case MESSAGE -> "message";
        case REQUEST -> "request";
        case LEAVE -> "leave";
      };
    }
  }

  /** What happened. */
  Kind kind();

  /** The pattern of the route that is asked, in its canonical spelling. */
  String route();

  /** Its rank: a verticle may have several routes with the same pattern. */
  int rank();

  /** The parameters that the route's pattern found in the topic. */
  Params params();

  /** The client's end. */
  Peer peer();

  /** The message, for {@link Kind#MESSAGE} and {@link Kind#REQUEST}, unless it comes in chunks. */
  @Nullable Payload payload();

  /** The message for {@link Kind#MESSAGE}, where the route takes it in chunks and it comes so. */
  default @Nullable IncomingMessage stream() {
    return null;
  }

  /** The ping or pong that a {@link Kind#MESSAGE} is, for a route that looks at them. */
  default @Nullable Frame control() {
    return null;
  }

  /**
   * How it ended, for {@link Kind#LEAVE}; null when no leave handler is to run, because another
   * route has run its own or the client never joined, and the channel is only to be forgotten.
   */
  @Nullable LeaveStatus status();

  /** For {@link Kind#LEAVE}, why a client has not joined after all; null for one that had. */
  default @Nullable CloseException failure() {
    return null;
  }

  /** What the handler instance attached to the channel at an earlier event. */
  @Nullable Object attachment();

  /** Attaches a value for the later events of this channel at this handler instance. */
  void attach(Object value);

  /** The event was handled. A request is answered instead. */
  void succeed();

  /** The answer to a {@link Kind#REQUEST}. */
  void answer(Payload payload);

  /** Handling failed: a join is refused, a message ends the channel, a leave changes the status. */
  void fail(CloseException failure);

  /** This route does not take the event; the next candidate is asked. */
  void forward();

  /**
   * This route does not take the client at all, which only a {@link Kind#JOIN} may say: the next
   * candidate is asked, and this one gets no further event. If there is none, the client is refused
   * with {@code why}.
   */
  void decline(CloseException why);
}
