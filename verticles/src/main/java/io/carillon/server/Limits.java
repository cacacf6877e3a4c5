package io.carillon.server;

import io.carillon.config.Settings;
import java.time.Duration;

/**
 * Every bound on what a client can make the server hold or wait for.
 *
 * @param maxMessageBytes largest inbound message, in bytes; over it the client is closed with 1009
 * @param maxOutboundBytes most that is queued for one connection, in bytes; what does not fit
 *     closes the client with 1013 "slow consumer". A single message may be larger when nothing else
 *     is queued
 * @param maxInboundBytes most that is kept of messages waiting for a handler, in bytes for each
 *     connection; over it the connection is not read
 * @param maxTopics most topics that one multiplexed connection may be subscribed to; a further
 *     SUBSCRIBE is answered with "Too Many Topics"
 * @param handlerTimeout how long one event may be in a handler; over it the channel ends with 1011,
 *     and a join is refused with 504
 * @param closeTimeout how long a closing connection waits for the client's answer before it is cut
 * @param pingInterval how often the server pings; zero for never
 * @param pingDisconnectCount unanswered pings after which the connection is cut
 */
public record Limits(
    int maxMessageBytes,
    int maxOutboundBytes,
    int maxInboundBytes,
    int maxTopics,
    Duration handlerTimeout,
    Duration closeTimeout,
    Duration pingInterval,
    int pingDisconnectCount) {

  /** What holds where the configuration says nothing. */
  public static final Limits DEFAULT =
      new Limits(
          1 << 20,
          1 << 20,
          64 << 10,
          128,
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          3);

  private static final int MOST_BYTES = 1 << 30;
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofHours(24);

  /**
   * Reads the {@code limits} section.
   *
   * @throws IllegalArgumentException if a value is out of range; the text names the key
   */
  public static Limits from(Settings settings) {
    return new Limits(
        bytes(settings, "limits.maxMessageBytes", DEFAULT.maxMessageBytes),
        bytes(settings, "limits.maxOutboundBytes", DEFAULT.maxOutboundBytes),
        bytes(settings, "limits.maxInboundBytes", DEFAULT.maxInboundBytes),
        settings.integer("limits.maxTopics", DEFAULT.maxTopics, 1, 1_000_000),
        settings.duration("limits.handlerTimeout", DEFAULT.handlerTimeout, SHORTEST, LONGEST),
        settings.duration("limits.closeTimeout", DEFAULT.closeTimeout, SHORTEST, LONGEST),
        settings.duration("limits.pingInterval", DEFAULT.pingInterval, Duration.ZERO, LONGEST),
        settings.integer("limits.pingDisconnectCount", DEFAULT.pingDisconnectCount, 1, 1000));
  }

  private static int bytes(Settings settings, String key, int otherwise) {
    return (int) settings.bytes(key, otherwise, 1, MOST_BYTES);
  }

  /** How often connections are looked over: often enough for the shortest of the times. */
  long sweepMillis() {
    long shortest = Math.min(handlerTimeout.toMillis(), closeTimeout.toMillis());
    if (!pingInterval.isZero()) {
      shortest = Math.min(shortest, pingInterval.toMillis());
    }
    return Math.max(10, Math.min(500, shortest / 4));
  }
}
