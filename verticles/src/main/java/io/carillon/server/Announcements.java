package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.broker.Announced;
import io.carillon.broker.Topic;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Announcement;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the route table up to date with what handler instances say, and ends the channels of those
 * that go. Owned by one event loop.
 */
final class Announcements {
  private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

  /**
   * How long after an instance's withdrawal its channels are closed. Where the whole node stops,
   * its verticles stop at the same moment, in any order; clients are to hear 1001 then, not 1012.
   */
  private static final long GRACE_MILLIS = 50;

  private final Vertx vertx;
  private final String node;
  private final Loop loop;
  private final RouteTable routes;

  Announcements(Vertx vertx, Loop loop, RouteTable routes) {
    this.vertx = vertx;
    this.node = Addresses.node(vertx);
    this.loop = loop;
    this.routes = routes;
  }

  /** Takes in what is known on this node and asks for the rest. */
  void collect() {
    Announced.in(vertx).values().forEach(this::announce);
    ask();
  }

  /** Whether one of all routes is such. */
  boolean anyMatch(Predicate<RouteEntry> property) {
    return routes.anyMatch(property);
  }

  /** The routes that match a topic, those included that this node was told of a moment ago. */
  RouteTable.Lookup find(Topic topic) {
    RouteTable.Lookup found = routes.find(topic);
    if (found instanceof RouteTable.Lookup.Found hit
        && hit.candidates().get(0).route().hasInstances()) {
      return found;
    }
    for (JsonObject json : Announced.in(vertx).values()) {
      if (!routes.knows(json.getString("address", ""))) {
        announce(json);
      }
    }
    return routes.find(topic);
  }

  private void ask() {
    vertx
        .eventBus()
        .publish(
            Addresses.HANDLERS,
            null,
            new DeliveryOptions().addHeader(Addresses.ADDRESS, loop.address()));
  }

  /** Handles a message on {@link Addresses#ROUTES}, or an answer to {@link #collect}. */
  void handle(Message<Object> message) {
    if (!(message.body() instanceof JsonObject json)) {
      message.fail(400, "an announcement is a JSON object");
      return;
    }
    try {
      act(message, json, Announcement.fromJson(json));
    } catch (IllegalArgumentException e) {
      LOG.warn("announcement refused: {}", e.getMessage());
      message.fail(400, e.getMessage());
    }
  }

  private void act(Message<Object> message, JsonObject json, Announcement announcement) {
    String action = message.headers().get(Addresses.ACTION);
    if (Addresses.ACTION_WITHDRAW.equals(action)) {
      Announced.in(vertx).remove(announcement.address());
      withdraw(announcement.address());
      return;
    }
    String collisions = routes.collisions(announcement);
    if (collisions != null) {
      message.fail(409, collisions);
      if (!Addresses.ACTION_CHECK.equals(action)) {
        LOG.error("{}; the later ones are not served", collisions);
      }
      return;
    }
    if (!Addresses.ACTION_CHECK.equals(action)) {
      serve(announcement);
      Announced.in(vertx).putIfAbsent(announcement.address(), json);
    }
    message.reply(null);
  }

  private void announce(JsonObject json) {
    try {
      serve(Announcement.fromJson(json));
    } catch (IllegalArgumentException e) {
      LOG.debug("announcement passed over: {}", e.getMessage());
    }
  }

  private void serve(Announcement announcement) {
    Announcement here = announcement.on(node);
    int left = announcement.routes().size() - here.routes().size();
    if (left > 0) {
      LOG.info(
          "routes that take chunks are served on their own node only: routes={}, node={},"
              + " verticle={}",
          left,
          announcement.node(),
          announcement.name());
    }
    boolean controls = here.routes().stream().anyMatch(route -> route.settings().controlFrames());
    if (controls && !here.node().equals(node)) {
      LOG.info(
          "pings and pongs do not cross nodes: node={}, verticle={}",
          announcement.node(),
          announcement.name());
    }
    routes.announce(here);
  }

  private void withdraw(String address) {
    routes.withdraw(address);
    vertx.setTimer(
        GRACE_MILLIS, later -> endChannels(instance -> instance.address().equals(address)));
  }

  /** Handles a message on {@link Addresses#NODES}. */
  void onNode(Message<Object> message) {
    String node = message.headers().get(Addresses.NODE);
    if (Addresses.ACTION_LOST.equals(message.headers().get(Addresses.ACTION))) {
      routes.withdrawNode(node);
      endChannels(instance -> instance.node().equals(node));
    } else {
      ask();
    }
  }

  private void endChannels(Predicate<Instance> gone) {
    loop.sessions()
        .forEach(
            session ->
                session.forEachChannel(
                    channel -> {
                      if (channel.needs(gone)) {
                        channel.end(CloseStatus.RESTART);
                      }
                    }));
  }
}
