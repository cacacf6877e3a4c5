package io.carillon.bridge;

import io.carillon.config.Settings;
import java.time.Duration;

/**
 * The settings of a {@link BrokerVerticle}.
 *
 * @param maxMessageBytes largest publication taken, in bytes; a larger one is refused with {@code
 *     TOO_LARGE}
 * @param maxQueuedBytes most that is queued for one other node, in bytes; what does not fit is
 *     dropped for that node, counted and logged
 * @param stopTimeout how long a stopping broker waits for its subscribers to leave
 */
public record BrokerOptions(long maxMessageBytes, long maxQueuedBytes, Duration stopTimeout) {
  /** Default of {@code broker.maxMessageBytes}: 1 MiB. */
  public static final long DEFAULT_MAX_MESSAGE_BYTES = 1 << 20;

  /**
   * Default of {@code broker.maxQueuedBytes}: 64 MiB, or an eighth of the heap where that is less.
   */
  public static final long DEFAULT_MAX_QUEUED_BYTES =
      Math.min(64 << 20, Math.max(1 << 20, Runtime.getRuntime().maxMemory() / 8));

  /** Default of {@code broker.stopTimeout}: 5 s. */
  public static final Duration DEFAULT_STOP_TIMEOUT = Duration.ofSeconds(5);

  /** The defaults. */
  public BrokerOptions() {
    this(DEFAULT_MAX_MESSAGE_BYTES, DEFAULT_MAX_QUEUED_BYTES, DEFAULT_STOP_TIMEOUT);
  }

  /**
   * Reads the {@code broker} section.
   *
   * @throws IllegalArgumentException if a value is out of range; the text names the key
   */
  public static BrokerOptions from(Settings settings) {
    return new BrokerOptions(
        settings.bytes("broker.maxMessageBytes", DEFAULT_MAX_MESSAGE_BYTES, 1, 1 << 30),
        settings.bytes("broker.maxQueuedBytes", DEFAULT_MAX_QUEUED_BYTES, 1 << 20, 1L << 40),
        settings.duration(
            "broker.stopTimeout", DEFAULT_STOP_TIMEOUT, Duration.ZERO, Duration.ofMinutes(10)));
  }
}
