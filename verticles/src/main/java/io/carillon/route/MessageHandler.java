package io.carillon.route;

import io.carillon.channel.Channel;
import io.vertx.core.Future;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Takes one message of a client.
 *
 * <p>A handler returns nothing, or a {@link Future} ({@link Async}); the next event of the channel
 * waits until it has returned or the future is complete. Runs on the context of its verticle.
 * Serializable only so that a registration can see what a method reference returns; nothing is ever
 * serialized.
 *
 * @param <O> the type of the messages sent
 * @param <I> the type of the messages received
 */
@FunctionalInterface
public interface MessageHandler<I, O> extends Serializable {
  /** Handles the event, and is done when it returns. */
  void handle(Channel<O> channel, I message) throws Exception;

  /** Runs the handler; null says that it is done. */
  default @Nullable Future<?> run(Channel<O> channel, I message) throws Exception {
    handle(channel, message);
    return null;
  }

  /** A handler that is done when its future is. */
  @FunctionalInterface
  interface Async<I, O> extends MessageHandler<I, O> {
    /** Handles the event. */
    Future<?> handleAsync(Channel<O> channel, I message) throws Exception;

    @Override
    default void handle(Channel<O> channel, I message) throws Exception {
      handleAsync(channel, message);
    }

    @Override
    default Future<?> run(Channel<O> channel, I message) throws Exception {
      return handleAsync(channel, message);
    }
  }
}
