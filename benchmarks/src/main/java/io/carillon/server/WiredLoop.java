package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.config.Settings;
import io.carillon.route.Announcement;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * Connections of one event loop without sockets: everything is the server's own down to the write,
 * where the bytes are given up.
 */
final class WiredLoop {
  private static final String NODE = "bench";

  /** What a socket would be. */
  private static final class Nowhere extends EmbeddedChannel {
    @Override
    protected void handleOutboundMessage(Object message) {
      ReferenceCountUtil.release(message);
    }
  }

  private final Loop loop;
  private final RouteTable routes = new RouteTable(NODE);

  WiredLoop(VertxInternal vertx, EventLoop eventLoop) {
    HttpOptions options = HttpOptions.from(Settings.of(new JsonObject()));
    this.loop = new Loop(vertx, eventLoop, NODE, "0", options);
  }

  FanOut fanOut() {
    return loop.fanOut();
  }

  /** Has messages of that pattern go to a bus address of this thread. */
  void announce(String pattern, String address) {
    routes.announce(announcement(address, List.of(pattern)));
  }

  static Announcement announcement(String address, List<String> patterns) {
    JsonArray declared = new JsonArray();
    patterns.forEach(pattern -> declared.add(new JsonObject().put("pattern", pattern)));
    return Announcement.fromJson(
        new JsonObject()
            .put("address", address)
            .put("node", NODE)
            .put("thread", Thread.currentThread().getId())
            .put("byReference", true)
            .put("routes", declared));
  }

  /** A connection whose upgrade is answered and which has not been asked to join yet. */
  SessionChannel connect(String uri) {
    Handshake handshake =
        Handshake.of("GET", uri, false, "127.0.0.1", MultiMap.caseInsensitiveMultiMap());
    PlainSession session = new PlainSession(loop, handshake);
    Topic topic = Topic.of(uri);
    RouteTable.Lookup.Found found = (RouteTable.Lookup.Found) routes.find(topic);
    SessionChannel channel = session.open(topic, found.candidates());
    WebSocketTransport transport =
        new WebSocketTransport(session, session.maxMessageBytes(), null, loop.limits().rate());
    new Nowhere().pipeline().addLast(transport);
    session.start(transport);
    return channel;
  }
}
