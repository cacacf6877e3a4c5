package io.carillon;

import io.carillon.config.Settings;

/** How many instances of a verticle are deployed. */
final class Instances {
  /** How "one for each event loop" is written. */
  static final String PER_EVENT_LOOP = "perEventLoop";

  private static final int MOST = 1024;

  private Instances() {}

  /** Reads a number, or {@value #PER_EVENT_LOOP}. */
  static int of(Settings settings, String key, int defaultValue, int eventLoops) {
    if (settings.string(key, "").equals(PER_EVENT_LOOP)) {
      return eventLoops;
    }
    return settings.integer(key, defaultValue, 1, MOST);
  }
}
