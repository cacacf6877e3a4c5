package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.Shareable;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the HTTP verticles of a node count since the start: how often each limit was reached, and
 * what was dropped. May be used from any thread.
 */
final class Counters implements Shareable {
  /** What is counted; called in the reply on the bus as the setting is that it belongs to. */
  enum Limit {
    MAX_CONNECTIONS("maxConnections"),
    MAX_CONNECTIONS_PER_ADDRESS("maxConnectionsPerAddress"),
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
    HANDLER_TIMEOUT("handlerTimeout"),
    CLOSE_TIMEOUT("closeTimeout"),
    IDLE_TIMEOUT("idleTimeout"),
    PING_TIMEOUT("pingTimeout"),
    PING_DISCONNECT_COUNT("pingDisconnectCount");

    private final String setting;

    Limit(String setting) {
      this.setting = setting;
    }
  }

  private final Map<Limit, LongAdder> reached = new EnumMap<>(Limit.class);
  private final LongAdder dropped = new LongAdder();

  private Counters() {
    for (Limit limit : Limit.values()) {
      reached.put(limit, new LongAdder());
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
    return new JsonObject().put("dropped", dropped()).put("reached", byName);
  }
}
