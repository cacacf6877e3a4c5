package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.auth.Origins;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
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
 * @param encoding the wire name of the encoding in which broadcasts of values reach the clients of
 *     this route; empty if they get them as they were written
 * @param guarded whether the route is asked at a join even if it takes none: it may say then that
 *     it does not take this client
 * @param subprotocols which ones it speaks
 * @param compression which messages are compressed for clients that can take it; null for the
 *     server's own setting, which binds in any case where it is off
 * @param overflow what becomes of messages to a client that reads too slowly
 * @param rate how much a client may send in a second; null for what the server allows
 * @param allowedOrigins pages of which other origins may join
 * @param maxStreamBytes largest inbound message in bytes where messages come in chunks, over which
 *     a client is closed with 1009; 0 where they come whole
 * @param controlFrames whether pings and pongs of clients are messages too
 */
public record RouteSettings(
    JoinPhase joinPhase,
    Unexpected unexpected,
    int maxMessageBytes,
    long handlerTimeoutMillis,
    String encoding,
    boolean guarded,
    List<Subprotocol> subprotocols,
    @Nullable Compression compression,
    Overflow overflow,
    @Nullable Rate rate,
    Origins allowedOrigins,
    long maxStreamBytes,
    boolean controlFrames) {

  /** What holds where a route says nothing. */
  public static final RouteSettings DEFAULT =
      new RouteSettings(
          JoinPhase.BEFORE_UPGRADE,
          Unexpected.CLOSE,
          0,
          0,
          "",
          false,
          List.of(),
          null,
          Overflow.CLOSE,
          null,
          Origins.OWN,
          0,
          false);

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
    if (maxStreamBytes < 0) {
      throw new IllegalArgumentException(
          "maxStreamBytes must not be negative: maxStreamBytes=" + maxStreamBytes);
    }
  }

  RouteSettings withJoinPhase(JoinPhase phase) {
    return with(settings -> settings.joinPhase = phase);
  }

  RouteSettings withUnexpected(Unexpected policy) {
    return with(settings -> settings.unexpected = policy);
  }

  RouteSettings withMaxMessageBytes(int bytes) {
    return with(settings -> settings.maxMessageBytes = bytes);
  }

  RouteSettings withHandlerTimeoutMillis(long millis) {
    return with(settings -> settings.handlerTimeoutMillis = millis);
  }

  RouteSettings withEncoding(String wireName) {
    return with(settings -> settings.encoding = wireName);
  }

  RouteSettings withGuard() {
    return with(settings -> settings.guarded = true);
  }

  RouteSettings withSubprotocol(Subprotocol added) {
    List<Subprotocol> all = new ArrayList<>(subprotocols);
    all.add(added);
    return with(settings -> settings.subprotocols = List.copyOf(all));
  }

  RouteSettings withCompression(Compression which) {
    return with(settings -> settings.compression = which);
  }

  RouteSettings withOverflow(Overflow policy) {
    return with(settings -> settings.overflow = policy);
  }

  RouteSettings withRate(Rate most) {
    return with(settings -> settings.rate = most);
  }

  RouteSettings withAllowedOrigins(Origins others) {
    return with(settings -> settings.allowedOrigins = others);
  }

  RouteSettings withMaxStreamBytes(long bytes) {
    return with(settings -> settings.maxStreamBytes = bytes);
  }

  RouteSettings withControlFrames() {
    return with(settings -> settings.controlFrames = true);
  }

  private RouteSettings with(Consumer<Changed> change) {
    Changed settings = new Changed(this);
    change.accept(settings);
    return settings.freeze();
  }

  /** A copy while it is changed. */
  private static final class Changed {
    private JoinPhase joinPhase;
    private Unexpected unexpected;
    private int maxMessageBytes;
    private long handlerTimeoutMillis;
    private String encoding;
    private boolean guarded;
    private List<Subprotocol> subprotocols;
    private @Nullable Compression compression;
    private Overflow overflow;
    private @Nullable Rate rate;
    private Origins allowedOrigins;
    private long maxStreamBytes;
    private boolean controlFrames;

    Changed(RouteSettings from) {
      joinPhase = from.joinPhase;
      unexpected = from.unexpected;
      maxMessageBytes = from.maxMessageBytes;
      handlerTimeoutMillis = from.handlerTimeoutMillis;
      encoding = from.encoding;
      guarded = from.guarded;
      subprotocols = from.subprotocols;
      compression = from.compression;
      overflow = from.overflow;
      rate = from.rate;
      allowedOrigins = from.allowedOrigins;
      maxStreamBytes = from.maxStreamBytes;
      controlFrames = from.controlFrames;
    }

    RouteSettings freeze() {
      return new RouteSettings(
          joinPhase,
          unexpected,
          maxMessageBytes,
          handlerTimeoutMillis,
          encoding,
          guarded,
          subprotocols,
          compression,
          overflow,
          rate,
          allowedOrigins,
          maxStreamBytes,
          controlFrames);
    }
  }

  /** Whether that subprotocol is among those of the route. */
  public boolean speaks(String subprotocol) {
    return subprotocols.stream().anyMatch(one -> one.name().equalsIgnoreCase(subprotocol));
  }

  /** The first subprotocol that the client offers and this route speaks. */
  public Optional<Subprotocol> subprotocol(Handshake handshake) {
    if (subprotocols.isEmpty()) {
      return Optional.empty();
    }
    for (String offer : handshake.subprotocols()) {
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
    if (compression != null) {
      json.put("compression", compression.toJson());
    }
    if (overflow != DEFAULT.overflow) {
      json.put("overflow", overflow.name().toLowerCase(Locale.ROOT));
    }
    if (rate != null) {
      json.put("rate", rate.toJson());
    }
    if (!allowedOrigins.equals(Origins.OWN)) {
      json.put("allowedOrigins", new JsonArray(allowedOrigins.entries()));
    }
    if (maxStreamBytes != 0) {
      json.put("maxStreamBytes", maxStreamBytes);
    }
    if (controlFrames) {
      json.put("controlFrames", true);
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
        json.getString("encoding", ""),
        json.getBoolean("guarded", false),
        json.getJsonArray("subprotocols", new JsonArray()).stream()
            .map(one -> (JsonObject) one)
            .map(one -> new Subprotocol(one.getString("name", ""), one.getString("encoding", "")))
            .toList(),
        compression == null ? null : Compression.fromJson(compression),
        oneOf(Overflow.class, "overflow", json, DEFAULT.overflow),
        rate == null ? null : Rate.fromJson(rate),
        Origins.of(
            json.getJsonArray("allowedOrigins", new JsonArray()).stream()
                .map(one -> (String) one)
                .toList()),
        json.getLong("maxStreamBytes", 0L),
        json.getBoolean("controlFrames", false));
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
