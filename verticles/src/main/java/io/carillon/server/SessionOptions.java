package io.carillon.server;

import io.carillon.auth.SignOuts;
import io.carillon.config.Settings;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * The settings of browser sessions.
 *
 * @param store where they are kept
 * @param cookie the name of the cookie
 * @param timeout how long a session lives that is not used; renewed when half of it is over
 * @param max most that are kept: by the node, or by the cluster
 */
public record SessionOptions(Store store, String cookie, Duration timeout, int max) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}");

  /** Where sessions are kept. */
  public enum Store {
    /** There are none. */
    OFF,
    /** In the memory of the node. */
    LOCAL,
    /** In the memory of the cluster; without a cluster, of the node. */
    CLUSTERED
  }

  /**
   * Reads {@code http.sessions}.
   *
   * @throws IllegalArgumentException if a value is not one; the text names the key
   */
  static SessionOptions from(Settings settings) {
    String cookie = settings.string("http.sessions.cookie", "carillon.session");
    if (!NAME.matcher(cookie).matches()) {
      throw settings.refuse("http.sessions.cookie", "the name of a cookie, 1 to 64 characters");
    }
    return new SessionOptions(
        settings.oneOf("http.sessions.store", Store.OFF, Store.class),
        cookie,
        settings.duration(
            "http.sessions.timeout",
            Duration.ofDays(28),
            Duration.ofSeconds(1),
            Duration.ofMillis(SignOuts.LONGEST_MILLIS)),
        settings.integer("http.sessions.max", 100_000, 16, 10_000_000));
  }

  boolean isOff() {
    return store == Store.OFF;
  }

  /** Most sessions of clients who have not signed in: an eighth is kept for those who do. */
  int maxAnonymous() {
    return max - max / 8;
  }
}
