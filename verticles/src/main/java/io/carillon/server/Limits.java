package io.carillon.server;

import io.carillon.config.Settings;
import io.carillon.route.Rate;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * Every bound on what a client can make the server hold or wait for. Where a connection or a
 * request is closed or refused for one, {@link Counters} counts it.
 *
 * @param maxConnections most connections of the node; an upgrade over it is refused with 503, and a
 *     connection far over it is closed at once
 * @param maxConnectionsPerAddress most connections of one address, 0 for any number; an upgrade
 *     over it is refused with 429, and a connection far over it is closed at once
 * @param maxConnectionsPerUser most connections of one user in the cluster, 0 for any number; one
 *     over it is closed with 4429
 * @param upgradesPerSecond most upgrades that one address may ask for in a second, 0 for any
 *     number; what is over it is refused with 429
 * @param handshakeTimeout how long a client may take with its first request head, over which it is
 *     closed, and how long its join may take, over which it is refused with 504
 * @param maxMessageBytes largest inbound message, in bytes; over it the client is closed with 1009
 * @param maxOutboundBytes most that is queued for one connection, in bytes; what does not fit
 *     closes the client with 1013 "slow consumer". A single message may be larger when nothing else
 *     is queued
 * @param maxInboundBytes most that is kept of messages waiting for a handler, in bytes for each
 *     connection; over it the connection is not read
 * @param maxTopics most topics that one multiplexed connection may be subscribed to; a further
 *     SUBSCRIBE is answered with "Too Many Topics"
 * @param rate how much one connection may send in a second, where its route says nothing
 * @param handlerTimeout how long one event may be in a handler; over it the channel ends with 1011,
 *     and a join is refused with 504
 * @param closeTimeout how long a closing connection waits for the client's answer before it is cut
 * @param idleTimeout how long there may be no message in either direction, over which the client is
 *     closed with 1001; zero for ever
 * @param pingInterval how often the server pings; zero for never
 * @param pingTimeout how long it may take to write a ping, over which the connection is cut
 * @param pingDisconnectCount unanswered pings after which the connection is cut
 */
public record Limits(
    int maxConnections,
    int maxConnectionsPerAddress,
    int maxConnectionsPerUser,
    int upgradesPerSecond,
    Duration handshakeTimeout,
    int maxMessageBytes,
    int maxOutboundBytes,
    int maxInboundBytes,
    int maxTopics,
    Rate rate,
    Duration handlerTimeout,
    Duration closeTimeout,
    Duration idleTimeout,
    Duration pingInterval,
    Duration pingTimeout,
    int pingDisconnectCount) {

  /** What holds where the configuration says nothing. */
  public static final Limits DEFAULT =
      new Limits(
          100_000,
          0,
          0,
          0,
          Duration.ofSeconds(10),
          1 << 20,
          1 << 20,
          64 << 10,
          128,
          Rate.NONE,
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ZERO,
          Duration.ofSeconds(60),
          Duration.ofSeconds(5),
          3);

  private static final int MOST = 10_000_000;
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
        settings.integer("limits.maxConnections", DEFAULT.maxConnections, 1, MOST),
        settings.integer(
            "limits.maxConnectionsPerAddress", DEFAULT.maxConnectionsPerAddress, 0, MOST),
        settings.integer("limits.maxConnectionsPerUser", DEFAULT.maxConnectionsPerUser, 0, MOST),
        settings.integer("limits.upgradesPerSecond", DEFAULT.upgradesPerSecond, 0, MOST),
        settings.duration("limits.handshakeTimeout", DEFAULT.handshakeTimeout, SHORTEST, LONGEST),
        bytes(settings, "limits.maxMessageBytes", DEFAULT.maxMessageBytes),
        bytes(settings, "limits.maxOutboundBytes", DEFAULT.maxOutboundBytes),
        bytes(settings, "limits.maxInboundBytes", DEFAULT.maxInboundBytes),
        settings.integer("limits.maxTopics", DEFAULT.maxTopics, 1, 1_000_000),
        rate(settings),
        settings.duration("limits.handlerTimeout", DEFAULT.handlerTimeout, SHORTEST, LONGEST),
        settings.duration("limits.closeTimeout", DEFAULT.closeTimeout, SHORTEST, LONGEST),
        settings.duration("limits.idleTimeout", DEFAULT.idleTimeout, Duration.ZERO, LONGEST),
        settings.duration("limits.pingInterval", DEFAULT.pingInterval, Duration.ZERO, LONGEST),
        settings.duration("limits.pingTimeout", DEFAULT.pingTimeout, SHORTEST, LONGEST),
        settings.integer("limits.pingDisconnectCount", DEFAULT.pingDisconnectCount, 1, 1000));
  }

  private static Rate rate(Settings settings) {
    return new Rate(
        settings.integer("limits.messagesPerSecond", 0, 0, MOST),
        (int) settings.bytes("limits.bytesPerSecond", 0, 0, MOST_BYTES),
        settings.oneOf("limits.excess", Rate.Excess.PAUSE, Rate.Excess.class));
  }

  private static int bytes(Settings settings, String key, int otherwise) {
    return (int) settings.bytes(key, otherwise, 1, MOST_BYTES);
  }

  /** How often connections are looked over: often enough for the shortest of the times. */
  long sweepMillis() {
    long shortest =
        Stream.of(
                handshakeTimeout,
                handlerTimeout,
                closeTimeout,
                idleTimeout,
                pingInterval,
                pingTimeout)
            .filter(one -> !one.isZero())
            .mapToLong(Duration::toMillis)
            .min()
            .orElseThrow();
    return Math.max(10, Math.min(500, shortest / 4));
  }
}
