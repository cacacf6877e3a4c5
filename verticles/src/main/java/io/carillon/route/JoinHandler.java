package io.carillon.route;

import io.carillon.channel.Channel;
import io.vertx.core.Future;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a client may join, and greets it.
 *
 * <p>A handler returns nothing, or a {@link Future} ({@link Async}); the next event of the channel
 * waits until it has returned or the future is complete. Runs on the context of its verticle.
 * Serializable only so that a registration can see what a method reference returns; nothing is ever
 * serialized.
 *
 * @param <O> the type of the messages sent
 */
@FunctionalInterface
public interface JoinHandler<O> extends Serializable {
  /** Handles the event, and is done when it returns. */
  void handle(Channel<O> channel) throws Exception;

  /** Runs the handler; null says that it is done. */
  default @Nullable Future<?> run(Channel<O> channel) throws Exception {
    handle(channel);
    return null;
  }

  /** A handler that is done when its future is. */
  @FunctionalInterface
  interface Async<O> extends JoinHandler<O> {
    /** Handles the event. */
    Future<?> handleAsync(Channel<O> channel) throws Exception;

    @Override
    default void handle(Channel<O> channel) throws Exception {
      handleAsync(channel);
    }

    @Override
    default Future<?> run(Channel<O> channel) throws Exception {
      return handleAsync(channel);
    }
  }
}
