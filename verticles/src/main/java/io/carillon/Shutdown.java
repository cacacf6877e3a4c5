package io.carillon;

import io.carillon.config.Settings;
import java.time.Duration;

/** The settings of the end. */
final class Shutdown {
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  private Shutdown() {}

  /** Returns {@code shutdown.timeout}: how long after SIGTERM the process ends at the latest. */
  static Duration timeout(Settings settings) {
    return settings.duration(
        "shutdown.timeout", DEFAULT_TIMEOUT, Duration.ofMillis(100), Duration.ofHours(1));
  }
}
