package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.broker.Addresses;
import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.channel.Locals;
import io.carillon.channel.Params;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.MultiMap;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads events that come in the documented form, and remembers the channels they belong to until
 * these leave. Owned by the context of a handler instance.
 */
final class WireEvents {
  /** Finds the runner of a route. */
  interface Runners {
    /** The runner for events of that kind, or null if the instance has no such route. */
    @Nullable RouteRunner<?, ?> find(String pattern, int rank, ChannelEvent.Kind event);
  }

  /** What the channels of one connection share here, for as long as there is one. */
  private static final class Shared {
    private final Locals locals = new Locals();
    private int channels;
  }

  private static final int CLOSE_RESTART = CloseStatus.RESTART.code();

  private final EventBus bus;
  private final Runners runners;
  private final KnownChannels known;
  private final Map<String, WirePeer> peers = new HashMap<>();
  private final Map<String, Shared> connections = new HashMap<>();

  WireEvents(EventBus bus, Runners runners, KnownChannels known) {
    this.bus = bus;
    this.runners = runners;
    this.known = known;
  }

  /**
   * Reads one event and has its route run it.
   *
   * <p>A channel is known here from its first event, which carries the handshake, to its leave. One
   * that is not known any more, because its node was taken for lost, is ended.
   *
   * @throws IllegalArgumentException if a header is missing or not what it should be; the text
   *     names it
   */
  void handle(Message<Object> message) {
    MultiMap headers = message.headers();
    String version = headers.get(Addresses.VERSION);
    if (version != null && !Addresses.isSpoken(version)) {
      throw new IllegalArgumentException("contract version not spoken here: version=" + version);
    }
    ChannelEvent.Kind kind = kind(required(headers, Addresses.EVENT));
    Topic topic = Topic.of(required(headers, Addresses.TOPIC));
    String route = required(headers, Addresses.ROUTE);
    String id = required(headers, Addresses.CHANNEL);
    int rank = rank(headers, route);
    RouteRunner<?, ?> runner = runners.find(route, rank, kind);
    if (!peers.containsKey(id) && !headers.contains(Addresses.HANDSHAKE)) {
      onForgotten(message, kind);
      return;
    }
    if (runner == null) {
      message.reply(
          null, new DeliveryOptions().addHeader(Addresses.OUTCOME, Addresses.OUTCOME_FORWARD));
      return;
    }
    WirePeer peer = peers.computeIfAbsent(id, first -> peer(headers, id, topic));
    if (headers.contains(Addresses.HANDSHAKE)) {
      peer.handshake(handshake(headers));
    }
    LeaveStatus status = kind == ChannelEvent.Kind.LEAVE ? status(headers) : null;
    Params params = params(headers, topic);
    if (kind == ChannelEvent.Kind.LEAVE) {
      peer.left();
    }
    runner.run(
        new WireEvent(message, kind, route, rank, params, runner, peer, status, failure(headers)));
    if (kind == ChannelEvent.Kind.LEAVE) {
      forget(peer);
    }
  }

  private static void onForgotten(Message<Object> message, ChannelEvent.Kind kind) {
    if (kind == ChannelEvent.Kind.LEAVE) {
      message.reply(null);
    } else {
      message.fail(CLOSE_RESTART, "channel is not known here any more");
    }
  }

  /** One leave ends the channel for all routes of this instance that know it. */
  private void forget(WirePeer peer) {
    if (peers.remove(peer.id()) != null) {
      connections.computeIfPresent(
          peer.connectionId(), (id, shared) -> --shared.channels == 0 ? null : shared);
    }
    for (Object attached : peer.attached()) {
      if (attached instanceof RouteChannel<?> channel && channel.known(false)) {
        known.remove();
      }
    }
  }

  /**
   * Forgets the channels whose connections were on a node that is lost, and runs leave for them
   * where the route asks for that.
   */
  void lost(String node) {
    for (WirePeer peer : List.copyOf(peers.values())) {
      if (Addresses.nodeOf(peer.connectionId()).equals(node)) {
        peer.left();
        for (Object runner : peer.runners()) {
          if (runner instanceof RouteRunner<?, ?> one && one.leavesOnNodeLoss()) {
            one.run(
                new WireEvent(
                    null,
                    ChannelEvent.Kind.LEAVE,
                    "",
                    0,
                    Params.of(peer.topic()),
                    runner,
                    peer,
                    LeaveStatus.NO_STATUS,
                    null));
          }
        }
        forget(peer);
      }
    }
  }

  private WirePeer peer(MultiMap headers, String id, Topic topic) {
    String connection = headers.get(Addresses.CONNECTION);
    return new WirePeer(
        bus,
        required(headers, Addresses.CLIENT),
        id,
        connection == null ? id : connection,
        topic,
        handshake(headers),
        connection == null || connection.equals(id) ? null : shared(connection));
  }

  private Locals shared(String connection) {
    Shared shared = connections.computeIfAbsent(connection, first -> new Shared());
    shared.channels++;
    return shared.locals;
  }

  private static Handshake handshake(MultiMap headers) {
    return Handshake.fromJson(json(headers.get(Addresses.HANDSHAKE)));
  }

  private static int rank(MultiMap headers, String route) {
    String rank = headers.get(Addresses.RANK);
    return rank == null ? UriPattern.parse(route).rank() : Integer.parseInt(rank);
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

  private static @Nullable CloseException failure(MultiMap headers) {
    String code = headers.get(Addresses.FAILURE);
    String reason = headers.get(Addresses.FAILURE_REASON);
    return code == null
        ? null
        : CloseException.ofWire(Integer.parseInt(code), reason == null ? "" : reason);
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
