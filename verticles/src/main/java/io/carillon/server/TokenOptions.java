package io.carillon.server;

import io.carillon.config.Settings;
import java.time.Duration;

/**
 * How long one-time URIs are good for, and how many there may be. All numbers are those of one
 * node. Where a limit is reached, {@link Counters} counts it.
 *
 * @param lifetime how long one may be used
 * @param max most that were issued and not used yet; a further one is refused with 503
 * @param maxPerAddress most of them for clients of one address, 0 for any number; a further one is
 *     refused with 429
 * @param maxPerUser most of them for one user, 0 for any number; a further one is refused with 429
 * @param maxDataBytes most that one may carry, in bytes of JSON; over it, it is refused with 413
 * @param wrongPerMinute most that one address may try in vain in a minute, 0 for any number; what
 *     it tries beyond that is refused with 429, right or wrong
 */
public record TokenOptions(
    Duration lifetime,
    int max,
    int maxPerAddress,
    int maxPerUser,
    int maxDataBytes,
    int wrongPerMinute) {
  private static final int MOST = 1_000_000;

  /**
   * Reads the {@code tokens} section.
   *
   * @throws IllegalArgumentException if a value is out of range; the text names the key
   */
  static TokenOptions from(Settings settings) {
    return new TokenOptions(
        settings.duration(
            "tokens.lifetime",
            Duration.ofSeconds(30),
            Duration.ofMillis(100),
            Duration.ofHours(24)),
        settings.integer("tokens.max", 10_000, 1, MOST),
        settings.integer("tokens.maxPerAddress", 100, 0, MOST),
        settings.integer("tokens.maxPerUser", 20, 0, MOST),
        (int) settings.bytes("tokens.maxDataBytes", 16 << 10, 1, 1 << 20),
        settings.integer("tokens.wrongPerMinute", 100, 0, MOST));
  }
}
