package io.carillon.server;

import io.carillon.auth.Guard;
import io.carillon.auth.Handshake;
import io.carillon.auth.Origins;
import io.carillon.broker.Topic;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a topic leads, who asks for it, and whether they may: the same for an upgrade and for a
 * SUBSCRIBE. Owned by one event loop; its futures complete there.
 */
final class Access {
  private final Announcements routes;
  private final Tokens tokens;
  private final Bearers bearers;
  private final Origins origins;
  private final Audit audit;
  private final PathGuards guards;
  private final @Nullable BrowserSessions sessions;

  /**
   * Creates it.
   *
   * @param sessions the sessions of browsers, or null where there are none
   */
  Access(
      Loop loop,
      Announcements routes,
      Tokens tokens,
      Bearers bearers,
      HttpOptions options,
      @Nullable BrowserSessions sessions) {
    this.routes = routes;
    this.sessions = sessions;
    this.tokens = tokens;
    this.bearers = bearers;
    this.origins = options.origins();
    this.audit = loop.audit();
    this.guards = new PathGuards(options.guards(), loop);
  }

  /**
   * Uses up a one-time URI.
   *
   * @param address of the client
   * @return what it stood for; fails with a {@code CloseException}
   */
  Future<Redeemed> redeem(String uri, String address) {
    return tokens.redeem(uri, address);
  }

  /** What a one-time URI stood for comes to nothing; nothing happens without one. */
  void unused(@Nullable Redeemed redeemed) {
    if (redeemed != null) {
      tokens.unused(redeemed);
    }
  }

  /** The routes that match a topic. */
  RouteTable.Lookup find(Topic topic) {
    return routes.find(topic);
  }

  /**
   * Whether a client may come to a topic from the page that it is on.
   *
   * @param candidates the routes that match the topic
   */
  boolean takesOrigin(Topic topic, Handshake handshake, List<Bound> candidates) {
    return takesOrigin(handshake)
        || candidates.stream()
            .allMatch(one -> one.route().settings().allowedOrigins().contain(handshake))
        || refuseOrigin(topic, candidates.get(0).route().pattern(), handshake);
  }

  /** Whether a client may come from the page that it is on to some topic that there is. */
  boolean takesOriginSomewhere(Topic carrier, Handshake handshake) {
    return takesOrigin(handshake)
        || routes.anyMatch(one -> one.settings().allowedOrigins().contain(handshake))
        || refuseOrigin(carrier, "", handshake);
  }

  private boolean refuseOrigin(Topic topic, String route, Handshake handshake) {
    audit.refused(
        Counters.Refused.ORIGIN,
        HttpError.FOREIGN_ORIGIN.status(),
        "origin "
            + handshake.header("origin").orElse("")
            + " not allowed, own "
            + (handshake.secure() ? "https://" : "http://")
            + handshake.host(),
        topic.path(),
        route,
        handshake.remoteAddress());
    return false;
  }

  private boolean takesOrigin(Handshake handshake) {
    return Origins.isOwn(handshake) || origins.contain(handshake);
  }

  /**
   * Finds out who opens a connection; a browser without a session gets one.
   *
   * @return as {@link #identify}
   */
  Future<Handshake> open(HttpServerRequest request, Handshake handshake) {
    BrowserSessions known = sessions;
    return known == null
        ? identify(request, handshake)
        : known.open(request, handshake).compose(in -> identify(request, in));
  }

  /**
   * Finds out who sends a request to the application's own routes.
   *
   * @return as {@link #identify}
   */
  Future<Handshake> identify(RoutingContext context, Handshake handshake) {
    BrowserSessions known = sessions;
    return known == null
        ? identify(context.request(), handshake)
        : known.attach(context, handshake).compose(in -> identify(context.request(), in));
  }

  /**
   * Finds out who sends a request, beside the session it belongs to.
   *
   * @return the handshake with what is known; fails with a {@code CloseException}
   */
  Future<Handshake> identify(HttpServerRequest request, Handshake handshake) {
    return bearers.identify(request, handshake);
  }

  /** Gives a connection a new token; fails with a {@code CloseException} that says why not. */
  Future<Void> refresh(Session session, String token) {
    return bearers.refresh(session, token);
  }

  /**
   * Says whether a client may join a topic, as far as that is decided ahead of its handlers.
   *
   * @param candidates the routes that match it
   * @return fails with a {@code CloseException} if it may not
   */
  Future<Void> permit(Topic topic, Handshake handshake, List<Bound> candidates) {
    return guards.permit(topic, handshake);
  }

  /** What is asked about requests to the application's own routes. */
  Guard guard() {
    return guards;
  }
}
