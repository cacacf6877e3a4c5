package io.carillon.channel;

import io.vertx.core.Future;

/**
 * Says that a handler does not take an event: the next route in rank is asked. Thrown, or returned
 * as a future.
 *
 * <pre>{@code
 * .message((ch, say) -> say.isCommand() ? Forward.next() : ch.broadcast(say))
 * }</pre>
 */
public final class Forward extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** To be thrown. */
  public Forward() {
    super("forwarded to the next route", null, false, false);
  }

  /** To be returned. */
  public static <T> Future<T> next() {
    return Future.failedFuture(new Forward());
  }
}
