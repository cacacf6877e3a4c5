package io.carillon.server;

import io.carillon.auth.WebSocketTokens;
import io.carillon.channel.CloseException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells who was refused, and why: each refusal is counted, and logged as long as there are not too
 * many in a second, so that a flood of them does not fill the disk. What was not logged is told as
 * a number. Queries, headers and credentials never get here, and token URIs are not shown.
 *
 * <p>Owned by one event loop.
 */
final class Audit {
  private static final Logger LOG = LoggerFactory.getLogger(Audit.class);
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Longest text of a client or handler that is logged. */
  private static final int MAX_SHOWN_CHARS = 200;

  /** Most lines of one event loop in a second. */
  static final int LINES_PER_SECOND = 10;

  private final Counters counters;
  private final LongSupplier nanos;
  private long windowNanos;
  private int lines;
  private long unlogged;

  /** Begins; {@code nanos} is the time, as {@link System#nanoTime} tells it. */
  Audit(Counters counters, LongSupplier nanos) {
    this.counters = counters;
    this.nanos = nanos;
    this.windowNanos = nanos.getAsLong();
  }

  /**
   * A client was refused.
   *
   * @param path what it asked for, without the query
   * @param route what was asked about it; empty for none
   */
  void refused(CloseException why, String path, String route, String address) {
    refused(why.status().code() - 4000, why.reason(), path, route, address);
  }

  /** As above, with an HTTP status. */
  void refused(int status, String reason, String path, String route, String address) {
    Counters.Refused kind = Counters.Refused.of(status);
    if (kind != null) {
      refused(kind, status, reason, path, route, address);
    }
  }

  /** As above, for a cause that is counted by itself. */
  void refused(
      Counters.Refused kind, int status, String reason, String path, String route, String address) {
    counters.count(kind);
    sweep(nanos.getAsLong());
    if (lines >= LINES_PER_SECOND) {
      unlogged++;
      return;
    }
    lines++;
    LOG.info(
        "refused: status={}, reason={}, path={}, route={}, address={}",
        status,
        shown(reason),
        WebSocketTokens.isBelow(path) ? WebSocketTokens.PREFIX + "***" : shown(path),
        route,
        address);
  }

  /** Tells how many refusals were not logged, once their second is over. */
  void sweep(long nowNanos) {
    if (nowNanos - windowNanos < WINDOW_NANOS) {
      return;
    }
    windowNanos = nowNanos;
    lines = 0;
    if (unlogged > 0) {
      LOG.info("refused and not logged: count={}, linesPerSecond={}", unlogged, LINES_PER_SECOND);
      unlogged = 0;
    }
  }

  /** Nothing that could look like another line. */
  private static String shown(String text) {
    String cut = text.length() <= MAX_SHOWN_CHARS ? text : text.substring(0, MAX_SHOWN_CHARS);
    return cut.replaceAll("\\p{Cntrl}", "?");
  }
}
