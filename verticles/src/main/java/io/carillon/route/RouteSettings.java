package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.protocol.Dialect;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
 * @param encoding the wire name of the encoding in which broadcasts of values reach the clients of
 *     this route; empty if they get them as they were written
 * @param guarded whether the route is asked at a join even if it takes none: it may say then that
 *     it does not take this client
 * @param subprotocols which ones it speaks
 */
public record RouteSettings(
    JoinPhase joinPhase,
    Unexpected unexpected,
    int maxMessageBytes,
    long handlerTimeoutMillis,
    @Nullable Compression compression,
    Overflow overflow,
    String encoding,
    boolean guarded,
    List<Subprotocol> subprotocols) {

  /** What holds where a route says nothing. */
  public static final RouteSettings DEFAULT =
      new RouteSettings(
          JoinPhase.BEFORE_UPGRADE,
          Unexpected.CLOSE,
          0,
          0,
          null,
          Overflow.CLOSE,
          "",
          false,
          List.of());

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
        phase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withUnexpected(Unexpected policy) {
    return new RouteSettings(
        joinPhase,
        policy,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withMaxMessageBytes(int bytes) {
    return new RouteSettings(
        joinPhase,
        unexpected,
        bytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withHandlerTimeoutMillis(long millis) {
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        millis,
        compression,
        overflow,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withCompression(Compression which) {
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        which,
        overflow,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withOverflow(Overflow policy) {
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        policy,
        encoding,
        guarded,
        subprotocols);
  }

  RouteSettings withEncoding(String wireName) {
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        wireName,
        guarded,
        subprotocols);
  }

  RouteSettings withGuard() {
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        encoding,
        true,
        subprotocols);
  }

  RouteSettings withSubprotocol(Subprotocol added) {
    List<Subprotocol> all = new ArrayList<>(subprotocols);
    all.add(added);
    return new RouteSettings(
        joinPhase,
        unexpected,
        maxMessageBytes,
        handlerTimeoutMillis,
        compression,
        overflow,
        encoding,
        guarded,
        List.copyOf(all));
  }

  /**
   * The first subprotocol that the client offers and this route speaks. None where it offers to be
   * multiplexed, since the connection speaks that then.
   */
  public Optional<Subprotocol> subprotocol(Handshake handshake) {
    if (subprotocols.isEmpty()) {
      return Optional.empty();
    }
    List<String> offers = handshake.subprotocols();
    if (offers.stream().anyMatch(offer -> Dialect.of(offer).isPresent())) {
      return Optional.empty();
    }
    for (String offer : offers) {
      for (Subprotocol spoken : subprotocols) {
        if (spoken.name().equalsIgnoreCase(offer)) {
          return Optional.of(spoken);
        }
      }
    }
    return Optional.empty();
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
    if (!encoding.isEmpty()) {
      json.put("encoding", encoding);
    }
    if (guarded) {
      json.put("guarded", true);
    }
    if (!subprotocols.isEmpty()) {
      JsonArray all = new JsonArray();
      subprotocols.forEach(
          one -> all.add(new JsonObject().put("name", one.name()).put("encoding", one.encoding())));
      json.put("subprotocols", all);
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
    return new RouteSettings(
        oneOf(JoinPhase.class, "joinPhase", json, DEFAULT.joinPhase),
        oneOf(Unexpected.class, "unexpected", json, DEFAULT.unexpected),
        json.getInteger("maxMessageBytes", 0),
        json.getLong("handlerTimeoutMillis", 0L),
        compression == null ? null : Compression.fromJson(compression),
        oneOf(Overflow.class, "overflow", json, DEFAULT.overflow),
        json.getString("encoding", ""),
        json.getBoolean("guarded", false),
        json.getJsonArray("subprotocols", new JsonArray()).stream()
            .map(one -> (JsonObject) one)
            .map(one -> new Subprotocol(one.getString("name", ""), one.getString("encoding", "")))
            .toList());
  }

  private static <E extends Enum<E>> E oneOf(
      Class<E> type, String member, JsonObject json, E otherwise) {
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
