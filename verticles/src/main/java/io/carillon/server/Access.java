package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;

/**
 * Where a topic leads, who asks for it, and whether they may: the same for an upgrade and for a
 * SUBSCRIBE. Owned by one event loop; its futures complete there.
 */
final class Access {
  private final Announcements routes;

  Access(Announcements routes) {
    this.routes = routes;
  }

  /** The routes that match a topic. */
  RouteTable.Lookup find(Topic topic) {
    return routes.find(topic);
  }

  /**
   * Finds out who sends a request that opens a connection.
   *
   * @return the handshake with what is known; fails with a {@code CloseException}
   */
  Future<Handshake> identify(HttpServerRequest request, Handshake handshake) {
    return Future.succeededFuture(handshake);
  }

  /**
   * Says whether a client may join a topic, as far as that is decided ahead of its handlers.
   *
   * @param candidates the routes that match it
   * @return fails with a {@code CloseException} if it may not
   */
  Future<Void> permit(Topic topic, Handshake handshake, List<Bound> candidates) {
    return Future.succeededFuture();
  }
}
