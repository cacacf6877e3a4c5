package io.carillon.route;

import io.vertx.core.json.JsonObject;
import java.util.Locale;

/**
 * How much a client may send: in each second so many messages, pings among them, and so many bytes
 * as they come over the wire. One second's worth may come at once.
 *
 * <pre>{@code
 * routes.route("/chat/:room").rate(new Rate(20, 64 << 10, Rate.Excess.CLOSE))
 * }</pre>
 *
 * @param messagesPerSecond 0 for any number
 * @param bytesPerSecond 0 for any number
 * @param excess what happens to a client that sends more
 */
public record Rate(int messagesPerSecond, int bytesPerSecond, Excess excess) {
  /** What happens to a client that sends more than it may. */
  public enum Excess {
    /** It is not read until it may send again. */
    PAUSE,
    /** It is closed with 4429. */
    CLOSE
  }

  /** No bound. */
  public static final Rate NONE = new Rate(0, 0, Excess.PAUSE);

  /** Checks the numbers. */
  public Rate {
    if (messagesPerSecond < 0 || bytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "a rate must not be negative: messagesPerSecond="
              + messagesPerSecond
              + ", bytesPerSecond="
              + bytesPerSecond);
    }
  }

  /** Whether there is a bound. */
  public boolean isBound() {
    return messagesPerSecond > 0 || bytesPerSecond > 0;
  }

  JsonObject toJson() {
    return new JsonObject()
        .put("messagesPerSecond", messagesPerSecond)
        .put("bytesPerSecond", bytesPerSecond)
        .put("excess", excess.name().toLowerCase(Locale.ROOT));
  }

  static Rate fromJson(JsonObject json) {
    return new Rate(
        json.getInteger("messagesPerSecond", 0),
        json.getInteger("bytesPerSecond", 0),
        RouteSettings.oneOf(Excess.class, "excess", json, Excess.PAUSE));
  }
}
