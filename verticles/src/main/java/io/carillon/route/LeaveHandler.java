package io.carillon.route;

import io.carillon.channel.Channel;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.Future;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Hears that a client is gone, and how it went.
 *
 * <p>A handler returns nothing, or a {@link Future} ({@link Async}); the next event of the channel
 * waits until it has returned or the future is complete. Runs on the context of its verticle.
 * Serializable only so that a registration can see what a method reference returns; nothing is ever
 * serialized.
 *
 * @param <O> the type of the messages sent
 */
@FunctionalInterface
public interface LeaveHandler<O> extends Serializable {
  /** Handles the event, and is done when it returns. */
  void handle(Channel<O> channel, LeaveStatus status) throws Exception;

  /** Runs the handler; null says that it is done. */
  default @Nullable Future<?> run(Channel<O> channel, LeaveStatus status) throws Exception {
    handle(channel, status);
    return null;
  }

  /** A handler that is done when its future is. */
  @FunctionalInterface
  interface Async<O> extends LeaveHandler<O> {
    /** Handles the event. */
    Future<?> handleAsync(Channel<O> channel, LeaveStatus status) throws Exception;

    @Override
    default void handle(Channel<O> channel, LeaveStatus status) throws Exception {
      handleAsync(channel, status);
    }

    @Override
    default Future<?> run(Channel<O> channel, LeaveStatus status) throws Exception {
      return handleAsync(channel, status);
    }
  }
}
