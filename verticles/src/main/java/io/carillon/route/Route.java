package io.carillon.route;

import io.carillon.channel.ChannelEvent;
import io.carillon.codec.Codec;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One URI pattern with its handlers and settings, declared in {@link ChannelVerticle#routes}.
 *
 * <p>Handlers are lambdas in braces that return nothing, or lambdas that return a {@code Future};
 * one that returns anything else does not compile, or is refused where only that can be seen.
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
public final class Route<I, O> {
  private final UriPattern pattern;
  private final Codec<I> in;
  private final Codec<O> out;
  private int rank;
  private RouteSettings settings = RouteSettings.DEFAULT;
  private boolean leaveOnNodeLoss;
  private @Nullable JoinHandler<O> join;
  private @Nullable MessageHandler<I, O> message;
  private @Nullable LeaveHandler<O> leave;

  Route(UriPattern pattern, Codec<I> in, Codec<O> out) {
    this.pattern = pattern;
    this.in = in;
    this.out = out;
    this.rank = pattern.rank();
  }

  /** Runs once for each client that asks to join; see {@link JoinHandler}. */
  public Route<I, O> join(JoinHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.JOIN);
    join = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> join(JoinHandler.Async<O> handler) {
    join = handler;
    return this;
  }

  /** Runs for each message, one at a time and in order; see {@link MessageHandler}. */
  public Route<I, O> message(MessageHandler<I, O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.MESSAGE);
    message = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> message(MessageHandler.Async<I, O> handler) {
    message = handler;
    return this;
  }

  /** Runs once for each client that had joined, whatever ended it; see {@link LeaveHandler}. */
  public Route<I, O> leave(LeaveHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.LEAVE);
    leave = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> leave(LeaveHandler.Async<O> handler) {
    leave = handler;
    return this;
  }

  /** As above, for a handler that does not care how the client went. */
  public Route<I, O> leave(JoinHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.LEAVE);
    leave =
        (channel, status) -> {
          handler.handle(channel);
        };
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> leave(JoinHandler.Async<O> handler) {
    LeaveHandler.Async<O> async = (channel, status) -> handler.handleAsync(channel);
    leave = async;
    return this;
  }

  /** When join runs; before the upgrade unless told otherwise. */
  public Route<I, O> joinPhase(JoinPhase phase) {
    settings = settings.withJoinPhase(phase);
    return this;
  }

  /**
   * What happens to messages if this route has no message handler; a close unless told otherwise.
   */
  public Route<I, O> unexpected(Unexpected policy) {
    settings = settings.withUnexpected(policy);
    return this;
  }

  /** Largest message taken, in bytes; the server's own limit binds in any case. Over it: 1009. */
  public Route<I, O> maxMessageBytes(int bytes) {
    settings = settings.withMaxMessageBytes(bytes);
    return this;
  }

  /** What becomes of messages to a client that reads too slowly; a close unless told otherwise. */
  public Route<I, O> overflow(Overflow policy) {
    settings = settings.withOverflow(policy);
    return this;
  }

  /** How long one event may take; over it the channel ends with 1011. */
  public Route<I, O> handlerTimeout(Duration timeout) {
    settings = settings.withHandlerTimeoutMillis(timeout.toMillis());
    return this;
  }

  /**
   * Which messages are compressed for clients that can take it; as the server is configured unless
   * told otherwise. A server that has compression off never compresses.
   */
  public Route<I, O> compression(Compression which) {
    settings = settings.withCompression(which);
    return this;
  }

  /**
   * How much a client may send in a second, in place of what the server allows. On a connection
   * with several topics the server's rate holds for all of them together.
   */
  public Route<I, O> rate(Rate most) {
    settings = settings.withRate(most);
    return this;
  }

  /**
   * Runs leave also for a client whose connection was on another node that has died, when the
   * handler instance it was with survives. Without it nothing runs then.
   */
  public Route<I, O> leaveOnNodeLoss() {
    leaveOnNodeLoss = true;
    return this;
  }

  /** Order among overlapping routes, lower first; by how specific the pattern is unless set. */
  public Route<I, O> rank(int order) {
    rank = order;
    return this;
  }

  boolean isLeaveOnNodeLoss() {
    return leaveOnNodeLoss;
  }

  UriPattern pattern() {
    return pattern;
  }

  Codec<I> in() {
    return in;
  }

  Codec<O> out() {
    return out;
  }

  @Nullable JoinHandler<O> joinHandler() {
    return join;
  }

  @Nullable MessageHandler<I, O> messageHandler() {
    return message;
  }

  @Nullable LeaveHandler<O> leaveHandler() {
    return leave;
  }

  Announcement.Declared declared() {
    Set<ChannelEvent.Kind> events = EnumSet.noneOf(ChannelEvent.Kind.class);
    if (join != null) {
      events.add(ChannelEvent.Kind.JOIN);
    }
    if (message != null) {
      events.add(ChannelEvent.Kind.MESSAGE);
    }
    if (leave != null) {
      events.add(ChannelEvent.Kind.LEAVE);
    }
    if (!events.contains(ChannelEvent.Kind.JOIN) && !events.contains(ChannelEvent.Kind.MESSAGE)) {
      throw new IllegalArgumentException(
          "a route needs a join or a message handler: pattern=" + pattern);
    }
    return new Announcement.Declared(pattern, rank, events, settings);
  }
}
