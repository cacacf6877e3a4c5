package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.auth.SignOuts;
import io.carillon.auth.StoredSession;
import io.carillon.broker.Clients;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.auth.prng.VertxContextPRNG;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.sstore.ClusteredSessionStore;
import io.vertx.ext.web.sstore.LocalSessionStore;
import io.vertx.ext.web.sstore.SessionStore;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of browsers, in a store of Vert.x Web, and the cookie that names one.
 *
 * <p>Vert.x Web's own handler sets cookies only on answers of 200 to 399, never ends a session that
 * was made for nobody, and writes one with each request; so the cookie is looked after here, the
 * same for an upgrade and for HTTP. A session is written when it is made, when half of its life is
 * over, when a handler has used it, and at a sign-in. One whose cookie has never come back, as with
 * clients that keep none, lives for an hour only.
 *
 * <p>Owned by one event loop.
 */
final class BrowserSessions {
  private static final Logger LOG = LoggerFactory.getLogger(BrowserSessions.class);

  /** How long a session lives whose cookie has not come back yet. */
  static final Duration FIRST_LIFE = Duration.ofHours(1);

  private static final String MAP = "carillon.sessions";
  private static final long REAPER_MILLIS = 60_000;

  private final Vertx vertx;
  private final SessionOptions options;
  private final Counters counters;
  private final SessionStore store;
  private final SignOuts signOuts;
  private final VertxContextPRNG random;

  private BrowserSessions(Vertx vertx, SessionOptions options) {
    this.vertx = vertx;
    this.options = options;
    this.counters = Counters.of(vertx);
    boolean clustered = options.store() == SessionOptions.Store.CLUSTERED && vertx.isClustered();
    this.store =
        clustered
            ? ClusteredSessionStore.create(vertx, MAP, 0)
            : LocalSessionStore.create(vertx, MAP, REAPER_MILLIS);
    this.signOuts = SignOuts.of(vertx);
    this.random = VertxContextPRNG.current(vertx);
  }

  /** The sessions of {@code vertx}; null where they are off. */
  static @Nullable BrowserSessions of(Vertx vertx, SessionOptions options) {
    return options.isOff() ? null : new BrowserSessions(vertx, options);
  }

  // ---- upgrades

  /**
   * Finds the session of a request that opens a connection, or makes one and stores it, so that its
   * cookie goes out with the answer.
   */
  Future<Handshake> open(HttpServerRequest request, Handshake handshake) {
    return find(handshake)
        .compose(
            found ->
                found == null
                    ? create(request.response(), handshake)
                    : renew(found, request.response(), handshake.secure()).map(found))
        .map(session -> session == null ? handshake : handshake.with(identity(handshake, session)))
        .recover(e -> Future.failedFuture(unavailable(e)));
  }

  private Future<@Nullable StoredSession> create(HttpServerResponse response, Handshake handshake) {
    StoredSession made = newSession();
    return isFull(options.maxAnonymous())
        .compose(
            full -> {
              if (full) {
                return Future.succeededFuture(null);
              }
              response.addCookie(cookie(made.id(), handshake.secure()));
              return store.put(made).map(made);
            });
  }

  private Future<Boolean> isFull(int max) {
    return store
        .size()
        .map(
            size -> {
              if (size >= max) {
                counters.count(Counters.Limit.MAX_SESSIONS);
              }
              return size >= max;
            });
  }

  private StoredSession newSession() {
    return new StoredSession(random, shorter(FIRST_LIFE, options.timeout()));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  // ---- both

  private Future<@Nullable StoredSession> find(Handshake handshake) {
    Optional<String> id = handshake.cookie(options.cookie()).filter(StoredSession::isId);
    return id.isEmpty()
        ? Future.succeededFuture(null)
        : store.get(id.get()).compose(found -> stillGood((StoredSession) found));
  }

  private Future<@Nullable StoredSession> stillGood(@Nullable StoredSession found) {
    if (found == null || found.isDestroyed() || found.ageMillis() > found.timeout()) {
      return Future.succeededFuture(null);
    }
    String user = found.user();
    return user == null
        ? Future.succeededFuture(found)
        : signOuts
            .last(user)
            .compose(
                last ->
                    last == null || last.equals(found.signIn())
                        ? Future.succeededFuture(found)
                        : store.delete(found.id()).map((StoredSession) null));
  }

  /** A session that is used lives on, and so does its cookie. */
  private Future<Void> renew(StoredSession session, HttpServerResponse response, boolean secure) {
    boolean first = session.timeout() < options.timeout().toMillis();
    if (!first && session.ageMillis() < session.timeout() / 2) {
      return Future.succeededFuture();
    }
    session.renew(options.timeout());
    response.addCookie(cookie(session.id(), secure));
    return store
        .put(session)
        .recover(
            changedMeanwhile -> {
              LOG.debug("session not renewed: {}", changedMeanwhile.getMessage());
              return Future.succeededFuture();
            });
  }

  private Cookie cookie(String value, boolean secure) {
    return Cookie.cookie(options.cookie(), value)
        .setPath("/")
        .setHttpOnly(true)
        .setSameSite(CookieSameSite.LAX)
        .setSecure(secure)
        .setMaxAge(options.timeout().toSeconds());
  }

  private static Identity identity(Handshake handshake, StoredSession session) {
    Identity known = handshake.identity().withSession(session.id());
    String user = session.user();
    return user == null ? known : known.withUser(user);
  }

  private static CloseException unavailable(Throwable failure) {
    LOG.warn("sessions are not available: {}", failure.toString());
    return CloseException.http(503, "Service Unavailable");
  }

  // ---- HTTP routes

  /** Gives a request of the application's own routes its session. */
  Future<Handshake> attach(RoutingContext context, Handshake handshake) {
    HttpServerResponse response = context.response();
    return find(handshake)
        .compose(
            found ->
                found == null
                    ? Future.<@Nullable StoredSession>succeededFuture(null)
                    : renew(found, response, handshake.secure()).map(found))
        .map(
            found -> {
              HttpSession session = new HttpSession(this, context, handshake.secure());
              session.begin(found);
              return found == null ? handshake : handshake.with(identity(handshake, found));
            })
        .recover(e -> Future.failedFuture(unavailable(e)));
  }

  /** One that is not stored yet. */
  StoredSession unsaved() {
    return newSession();
  }

  /** Stores a session that a handler has put something into, unless it has ended meanwhile. */
  Future<Void> save(StoredSession session) {
    return store
        .get(session.id())
        .compose(known -> known == null ? Future.succeededFuture() : store.put(session));
  }

  /** Stores a session for the first time, if there is room; completes with whether there was. */
  Future<Boolean> saveNew(StoredSession session) {
    int max = session.user() == null ? options.maxAnonymous() : options.max();
    return isFull(max)
        .compose(
            full -> full ? Future.succeededFuture(false) : store.put(session).map(stored -> true));
  }

  /** The session that takes another one's place when a user signs in. */
  Future<StoredSession> signIn(StoredSession before, String user) {
    return signOuts
        .last(user)
        .compose(
            last -> {
              StoredSession next = before.signedIn(random, options.timeout(), user, last);
              return saveNew(next)
                  .compose(
                      stored ->
                          stored
                              ? Future.succeededFuture(next)
                              : Future.failedFuture(CloseException.http(503, "too many sessions")));
            });
  }

  /** Ends a session, and its connections with that status. */
  Future<Void> end(StoredSession session, int code, String reason) {
    return delete(session).onSuccess(gone -> disconnect(session, code, reason));
  }

  /** Ends a session, but not its connections. */
  Future<Void> delete(StoredSession session) {
    return store.delete(session.id());
  }

  /** Ends the connections of a session. */
  void disconnect(StoredSession session, int code, String reason) {
    Clients.of(vertx).session(session.id()).disconnect(code, reason);
  }

  void setCookie(HttpServerResponse response, String id, boolean secure) {
    response.addCookie(cookie(id, secure));
  }

  /** Has the browser forget its session. */
  void removeCookie(HttpServerResponse response, boolean secure) {
    response.addCookie(cookie("", secure).setMaxAge(0));
  }
}
