package io.carillon.bridge;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exception handler of a Vert.x in a cluster that has none of its own.
 *
 * <p>When a connection of the event bus ends, Vert.x 5.0 fails the write of each message that was
 * under way, and throws "Promise already completed" in doing so ({@code
 * OutboundDeliveryContext.tryFail} fails the write, and returns false). Without a handler that is a
 * stack trace for each message; here it is one line for all of them. Whoever waits for the write
 * hears of the failure as ever. Everything else is logged as Vert.x does it without a handler.
 *
 * <p>Called on any thread.
 */
final class FailedWrites implements Handler<Throwable> {
  private static final Logger LOG = LoggerFactory.getLogger(FailedWrites.class);
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final AtomicLong lineNanos = new AtomicLong(System.nanoTime() - QUIET_NANOS);

  private FailedWrites() {}

  /** Takes the place of the exception handler, if nobody has it. */
  static void handleIn(Vertx vertx) {
    if (vertx.exceptionHandler() == null) {
      vertx.exceptionHandler(new FailedWrites());
    }
  }

  @Override
  public void handle(Throwable uncaught) {
    if (!isFailedTwice(uncaught)) {
      LOG.error("Unhandled exception", uncaught);
      return;
    }
    long last = lineNanos.get();
    long now = System.nanoTime();
    if (now - last >= QUIET_NANOS && lineNanos.compareAndSet(last, now)) {
      LOG.warn("messages were under way to another node when the connection ended: they are lost");
    }
    LOG.debug("failed twice", uncaught);
  }

  /** Whether a future has failed a promise that was complete; nothing in it tells of the bus. */
  private static boolean isFailedTwice(Throwable uncaught) {
    StackTraceElement[] trace = uncaught.getStackTrace();
    return uncaught instanceof IllegalStateException
        && "Promise already completed".equals(uncaught.getMessage())
        && trace.length > 1
        && trace[0].getMethodName().equals("fail")
        && trace[1].getMethodName().equals("complete")
        && trace[1].getClassName().equals("io.vertx.core.Promise");
  }
}
