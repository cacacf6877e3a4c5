package io.carillon.route;

import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a route asks of the server. All instances of a route have equal settings.
 *
 * @param joinPhase when join runs
 * @param unexpected what happens to messages where no handler takes any
 * @param maxMessageBytes largest inbound message in bytes, over which a client is closed with 1009;
 *     0 for the server's own limit, which binds in any case
 * @param handlerTimeoutMillis how long one event may be in a handler, over which the channel ends
 *     with 1011; 0 for the server's default
 * @param compression which messages are compressed for clients that can take it; null for the
 *     server's own setting, which binds in any case where it is off
 * @param overflow what becomes of messages to a client that reads too slowly
 * @param rate how much a client may send in a second; null for what the server allows
 */
public record RouteSettings(
    JoinPhase joinPhase,
    Unexpected unexpected,
    int maxMessageBytes,
    long handlerTimeoutMillis,
    @Nullable Compression compression,
    Overflow overflow,
    @Nullable Rate rate) {

  /** What holds where a route says nothing. */
  public static final RouteSettings DEFAULT =
      new RouteSettings(
          JoinPhase.BEFORE_UPGRADE, Unexpected.CLOSE, 0, 0, null, Overflow.CLOSE, null);

  /** Checks the numbers. */
  public RouteSettings {
    if (maxMessageBytes < 0) {
      throw new IllegalArgumentException(
          "maxMessageBytes must not be negative: maxMessageBytes=" + maxMessageBytes);
    }
    if (handlerTimeoutMillis < 0) {
      throw new IllegalArgumentException(
          "handlerTimeout must not be negative: milliseconds=" + handlerTimeoutMillis);
    }
  }

  RouteSettings withJoinPhase(JoinPhase phase) {
    return new RouteSettings(
        phase, unexpected, maxMessageBytes, handlerTimeoutMillis, compression, overflow, rate);
  }

  RouteSettings withUnexpected(Unexpected policy) {
    return new RouteSettings(
        joinPhase, policy, maxMessageBytes, handlerTimeoutMillis, compression, overflow, rate);
  }

  RouteSettings withMaxMessageBytes(int bytes) {
    return new RouteSettings(
        joinPhase, unexpected, bytes, handlerTimeoutMillis, compression, overflow, rate);
  }

  RouteSettings withHandlerTimeoutMillis(long millis) {
    return new RouteSettings(
        joinPhase, unexpected, maxMessageBytes, millis, compression, overflow, rate);
  }

  RouteSettings withCompression(Compression which) {
    return new RouteSettings(
        joinPhase, unexpected, maxMessageBytes, handlerTimeoutMillis, which, overflow, rate);
  }

  RouteSettings withOverflow(Overflow policy) {
    return new RouteSettings(
        joinPhase, unexpected, maxMessageBytes, handlerTimeoutMillis, compression, policy, rate);
  }

  RouteSettings withRate(Rate most) {
    return new RouteSettings(
        joinPhase, unexpected, maxMessageBytes, handlerTimeoutMillis, compression, overflow, most);
  }

  /** The form on the bus; only what differs from the defaults. */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    if (joinPhase != DEFAULT.joinPhase) {
      json.put("joinPhase", joinPhase.name().toLowerCase(Locale.ROOT));
    }
    if (unexpected != DEFAULT.unexpected) {
      json.put("unexpected", unexpected.name().toLowerCase(Locale.ROOT));
    }
    if (maxMessageBytes != 0) {
      json.put("maxMessageBytes", maxMessageBytes);
    }
    if (handlerTimeoutMillis != 0) {
      json.put("handlerTimeoutMillis", handlerTimeoutMillis);
    }
    if (compression != null) {
      json.put("compression", compression.toJson());
    }
    if (overflow != DEFAULT.overflow) {
      json.put("overflow", overflow.name().toLowerCase(Locale.ROOT));
    }
    if (rate != null) {
      json.put("rate", rate.toJson());
    }
    return json;
  }

  /**
   * Reads the form on the bus; settings this version does not know are passed over.
   *
   * @throws IllegalArgumentException if a value is not one
   */
  static RouteSettings fromJson(JsonObject json) {
    Object compression = json.getValue("compression");
    JsonObject rate = json.getJsonObject("rate");
    return new RouteSettings(
        oneOf(JoinPhase.class, "joinPhase", json, DEFAULT.joinPhase),
        oneOf(Unexpected.class, "unexpected", json, DEFAULT.unexpected),
        json.getInteger("maxMessageBytes", 0),
        json.getLong("handlerTimeoutMillis", 0L),
        compression == null ? null : Compression.fromJson(compression),
        oneOf(Overflow.class, "overflow", json, DEFAULT.overflow),
        rate == null ? null : Rate.fromJson(rate));
  }

  static <E extends Enum<E>> E oneOf(Class<E> type, String member, JsonObject json, E otherwise) {
    String name = json.getString(member);
    if (name == null) {
      return otherwise;
    }
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("unknown value: " + member + "=" + name);
  }
}
