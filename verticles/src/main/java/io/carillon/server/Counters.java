package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.Shareable;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the HTTP verticles of a node count since the start: how often each limit was reached, who
 * was refused, and what was dropped. May be used from any thread.
 */
final class Counters implements Shareable {
  /** What is counted; called in the reply on the bus as the setting is that it belongs to. */
  enum Limit {
    MAX_CONNECTIONS("maxConnections"),
    MAX_CONNECTIONS_PER_ADDRESS("maxConnectionsPerAddress"),
    MAX_CONNECTIONS_PER_USER("maxConnectionsPerUser"),
    MAX_SESSIONS("maxSessions"),
    UPGRADES_PER_SECOND("upgradesPerSecond"),
    HANDSHAKE_TIMEOUT("handshakeTimeout"),
    MAX_URI_BYTES("maxUriBytes"),
    MAX_HEADER_BYTES("maxHeaderBytes"),
    MAX_BODY_BYTES("maxBodyBytes"),
    MAX_MESSAGE_BYTES("maxMessageBytes"),
    MESSAGES_PER_SECOND("messagesPerSecond"),
    BYTES_PER_SECOND("bytesPerSecond"),
    MAX_INBOUND_BYTES("maxInboundBytes"),
    MAX_OUTBOUND_BYTES("maxOutboundBytes"),
    MAX_TOPICS("maxTopics"),
    MAX_TOKEN_BYTES("jwt.maxTokenBytes"),
    MAX_REVOCATIONS("jwt.maxRevocations"),
    HANDLER_TIMEOUT("handlerTimeout"),
    CLOSE_TIMEOUT("closeTimeout"),
    IDLE_TIMEOUT("idleTimeout"),
    PING_TIMEOUT("pingTimeout"),
    PING_DISCONNECT_COUNT("pingDisconnectCount"),
    TOKENS("tokens.max"),
    TOKENS_PER_ADDRESS("tokens.maxPerAddress"),
    TOKENS_PER_USER("tokens.maxPerUser"),
    TOKEN_DATA_BYTES("tokens.maxDataBytes"),
    WRONG_TOKENS("tokens.wrongPerMinute");

    private final String setting;

    Limit(String setting) {
      this.setting = setting;
    }

    /** The name of the setting. */
    String setting() {
      return setting;
    }
  }

  /** Why clients were refused who had not reached a limit. */
  enum Refused {
    /** A page of another origin. */
    ORIGIN("origin"),
    /** Nobody known, 401. */
    UNAUTHORIZED("unauthorized"),
    /** Somebody known who may not, 403. */
    FORBIDDEN("forbidden"),
    /** A guard or handler has had enough of it, 429. */
    TOO_MANY("tooMany"),
    /** A one-time URI that is none, or not any more, 404. */
    TOKEN("token");

    private final String wireName;

    Refused(String wireName) {
      this.wireName = wireName;
    }

    /** What an HTTP status is counted as; null if it is not. */
    static @Nullable Refused of(int status) {
      return switch (status) {
        case 401 -> UNAUTHORIZED;
        case 403 -> FORBIDDEN;
        case 429 -> TOO_MANY;
        default -> null;
      };
    }
  }

  private final Map<Limit, LongAdder> reached = new EnumMap<>(Limit.class);
  private final Map<Refused, LongAdder> refused = new EnumMap<>(Refused.class);
  private final LongAdder dropped = new LongAdder();

  Counters() {
    for (Limit limit : Limit.values()) {
      reached.put(limit, new LongAdder());
    }
    for (Refused kind : Refused.values()) {
      refused.put(kind, new LongAdder());
    }
  }

  /** The counters of the node. */
  static Counters of(Vertx vertx) {
    return (Counters)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.limits")
            .computeIfAbsent("counters", key -> new Counters());
  }

  /** The limit was reached once more. */
  void count(Limit limit) {
    Objects.requireNonNull(reached.get(limit)).increment();
  }

  /** A client was refused. */
  void count(Refused kind) {
    Objects.requireNonNull(refused.get(kind)).increment();
  }

  /** How often the limit was reached. */
  long reached(Limit limit) {
    return Objects.requireNonNull(reached.get(limit)).sum();
  }

  /** So many messages were dropped because their clients read too slowly. */
  void onDropped(int messages) {
    dropped.add(messages);
  }

  long dropped() {
    return dropped.sum();
  }

  /** The form on the bus. */
  JsonObject toJson() {
    JsonObject byName = new JsonObject();
    reached.forEach((limit, times) -> byName.put(limit.setting, times.sum()));
    JsonObject byKind = new JsonObject();
    refused.forEach((kind, times) -> byKind.put(kind.wireName, times.sum()));
    return new JsonObject().put("dropped", dropped()).put("reached", byName).put("refused", byKind);
  }
}
