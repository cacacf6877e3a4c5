package io.carillon.route;

import io.carillon.channel.Socket;
import io.vertx.core.Future;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Serves one client as a loop, from its join to its end; see {@link Socket}.
 *
 * <p>Returns nothing, after it has waited on a virtual thread, or a {@link Future} ({@link Async}).
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
@FunctionalInterface
public interface SocketHandler<I, O> extends Serializable {
  /** Serves the client, and ends the channel when it returns. */
  void handle(Socket<I, O> socket) throws Exception;

  /** Runs the handler; null says that it is done. */
  default @Nullable Future<?> run(Socket<I, O> socket) throws Exception {
    handle(socket);
    return null;
  }

  /** A handler that is done when its future is. */
  @FunctionalInterface
  interface Async<I, O> extends SocketHandler<I, O> {
    /** Serves the client. */
    Future<?> handleAsync(Socket<I, O> socket) throws Exception;

    @Override
    default void handle(Socket<I, O> socket) throws Exception {
      handleAsync(socket);
    }

    @Override
    default Future<?> run(Socket<I, O> socket) throws Exception {
      return handleAsync(socket);
    }
  }
}
