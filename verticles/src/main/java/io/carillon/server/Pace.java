package io.carillon.server;

import io.carillon.route.Rate;

/**
 * Holds one client to a {@link Rate}. Each message and each byte takes its share of time; a client
 * is a second ahead at most. Owned by the event loop of the connection.
 */
final class Pace {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final Rate rate;
  private long messagesUntil = System.nanoTime();
  private long bytesUntil = messagesUntil;

  Pace(Rate rate) {
    this.rate = rate;
  }

  boolean closes() {
    return rate.excess() == Rate.Excess.CLOSE;
  }

  /** A message or a ping came; says by how many nanoseconds that is too early, or 0. */
  long onMessage(long nowNanos) {
    if (rate.messagesPerSecond() == 0) {
      return 0;
    }
    messagesUntil = later(messagesUntil, nowNanos) + SECOND_NANOS / rate.messagesPerSecond();
    return early(messagesUntil, nowNanos);
  }

  /** Bytes came; says by how many nanoseconds that is too early, or 0. */
  long onBytes(int count, long nowNanos) {
    if (rate.bytesPerSecond() == 0) {
      return 0;
    }
    bytesUntil = later(bytesUntil, nowNanos) + count * SECOND_NANOS / rate.bytesPerSecond();
    return early(bytesUntil, nowNanos);
  }

  private static long later(long until, long nowNanos) {
    return until - nowNanos > 0 ? until : nowNanos;
  }

  private static long early(long until, long nowNanos) {
    return Math.max(0, until - nowNanos - SECOND_NANOS);
  }
}
