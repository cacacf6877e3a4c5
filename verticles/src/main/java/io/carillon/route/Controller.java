package io.carillon.route;

import io.carillon.channel.Channel;
import io.vertx.core.Future;

/**
 * A class with two callbacks that serves the clients of one pattern; both do nothing unless
 * overridden.
 *
 * <pre>{@code
 * final class Echo implements Controller<Payload, Payload> {
 *   @Override public Future<?> message(Channel<Payload> session, Payload message) {
 *     return session.send(message);
 *   }
 * }
 *
 * routes.controller("/websocket", new Echo());
 * }</pre>
 *
 * <p>A callback that throws, or whose future fails, ends the connection with 1011, or with the
 * status of a {@code CloseException}. The next event waits for the future.
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
public interface Controller<I, O> {
  /** A client has come; before its upgrade is answered, so it may be refused. */
  default Future<?> connected(Channel<O> session) {
    return Future.succeededFuture();
  }

  /** A client has sent a message. */
  default Future<?> message(Channel<O> session, I message) {
    return Future.succeededFuture();
  }
}
