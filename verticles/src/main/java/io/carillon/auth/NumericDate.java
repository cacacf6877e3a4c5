package io.carillon.auth;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * Times as tokens have them: seconds of the epoch, perhaps with a fraction (RFC 7519, section 2).
 */
final class NumericDate {
  private NumericDate() {}

  /**
   * The time that a claim says, in milliseconds of the epoch.
   *
   * @throws InvalidTokenException if it says something else
   */
  static long read(JsonObject claims, String name, long otherwise) throws InvalidTokenException {
    Object value = claims.getValue(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return Math.round(number.doubleValue() * 1000); // as near to the limits as it gets
    }
    throw new InvalidTokenException("claim of a wrong type: " + name);
  }

  /** Later by that much; never before it. */
  static long plus(long millis, Duration more) {
    long sum = millis + more.toMillis();
    return sum < millis ? Long.MAX_VALUE : sum;
  }
}
