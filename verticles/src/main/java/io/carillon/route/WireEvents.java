package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.broker.Addresses;
import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.Params;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads events that come in the documented form, and remembers the channels they belong to until
 * these leave. Owned by the context of a handler instance.
 */
final class WireEvents {
  private final EventBus bus;
  private final Map<String, WirePeer> peers = new HashMap<>();

  WireEvents(EventBus bus) {
    this.bus = bus;
  }

  /**
   * Reads one event; null for the leave of a channel that was forgotten here, because its node was
   * taken for lost.
   *
   * @throws IllegalArgumentException if a header is missing or not what it should be; the text
   *     names it
   */
  @Nullable ChannelEvent read(Message<Object> message) {
    MultiMap headers = message.headers();
    ChannelEvent.Kind kind = kind(required(headers, Addresses.EVENT));
    Topic topic = Topic.of(required(headers, Addresses.TOPIC));
    String id = required(headers, Addresses.CHANNEL);
    if (kind == ChannelEvent.Kind.LEAVE
        && !peers.containsKey(id)
        && !headers.contains(Addresses.HANDSHAKE)) {
      return null;
    }
    WirePeer peer = peers.computeIfAbsent(id, first -> peer(headers, id, topic));
    if (kind == ChannelEvent.Kind.LEAVE) {
      peers.remove(id);
      peer.left();
    }
    return new WireEvent(
        message,
        kind,
        required(headers, Addresses.ROUTE),
        params(headers, topic),
        peer,
        kind == ChannelEvent.Kind.LEAVE ? status(headers) : null);
  }

  /**
   * Forgets the channels whose connections were on a node that is lost, and hands their leave to
   * {@code handle}, each with the status that {@code status} has for its route.
   */
  void lost(
      String node, Function<String, @Nullable LeaveStatus> status, Consumer<ChannelEvent> handle) {
    for (WirePeer peer : List.copyOf(peers.values())) {
      if (Addresses.nodeOf(peer.connectionId()).equals(node)) {
        peers.remove(peer.id());
        peer.left();
        for (String route : peer.routes()) {
          handle.accept(
              new WireEvent(
                  null,
                  ChannelEvent.Kind.LEAVE,
                  route,
                  Params.of(peer.topic()),
                  peer,
                  status.apply(route)));
        }
      }
    }
  }

  private WirePeer peer(MultiMap headers, String id, Topic topic) {
    String handshake = headers.get(Addresses.HANDSHAKE);
    String connection = headers.get(Addresses.CONNECTION);
    return new WirePeer(
        bus,
        required(headers, Addresses.CLIENT),
        id,
        connection == null ? id : connection,
        topic,
        Handshake.fromJson(json(handshake)));
  }

  private static Params params(MultiMap headers, Topic topic) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, Object> one : json(headers.get(Addresses.PARAMETERS))) {
      values.put(one.getKey(), String.valueOf(one.getValue()));
    }
    return Params.of(values, topic);
  }

  private static JsonObject json(@Nullable String text) {
    try {
      return text == null ? new JsonObject() : new JsonObject(text);
    } catch (DecodeException e) {
      throw new IllegalArgumentException("header must be a JSON object", e);
    }
  }

  private static @Nullable LeaveStatus status(MultiMap headers) {
    String kind = headers.get(Addresses.KIND);
    if (kind == null) {
      return null;
    }
    LeaveStatus.Kind known = LeaveStatus.Kind.ofWireName(kind);
    if (known != LeaveStatus.Kind.CLOSED) {
      return LeaveStatus.of(known);
    }
    String reason = headers.get(Addresses.REASON);
    return LeaveStatus.of(
        new CloseStatus(
            Integer.parseInt(required(headers, Addresses.CODE)), reason == null ? "" : reason));
  }

  private static ChannelEvent.Kind kind(String wireName) {
    return ChannelEvent.Kind.valueOf(wireName.toUpperCase(Locale.ROOT));
  }

  private static String required(MultiMap headers, String name) {
    String value = headers.get(name);
    if (value == null) {
      throw new IllegalArgumentException("an event needs a header: header=" + name);
    }
    return value;
  }
}
