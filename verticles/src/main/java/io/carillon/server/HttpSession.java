package io.carillon.server;

import io.carillon.auth.BrowserSession;
import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.auth.StoredSession;
import io.carillon.broker.Audiences;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session of one HTTP request. One that the browser does not have yet is stored, and its cookie
 * set, only if a handler has looked at it. Owned by the context of the request.
 */
final class HttpSession implements BrowserSession {
  private static final Logger LOG = LoggerFactory.getLogger(HttpSession.class);
  private static final int MAX_USER_CHARS = 256;
  private static final int RESTART = 1012;
  private static final int UNAUTHORIZED = 4401;

  private final BrowserSessions sessions;
  private final RoutingContext context;
  private final boolean secure;
  private StoredSession session;
  private boolean stored;
  private boolean used;

  HttpSession(BrowserSessions sessions, RoutingContext context, boolean secure) {
    this.sessions = sessions;
    this.context = context;
    this.secure = secure;
    this.session = sessions.unsaved();
  }

  /** The request begins, with the session that its cookie names. */
  void begin(@Nullable StoredSession found) {
    stored = found != null;
    context.put(BrowserSession.class.getName(), this);
    // A session handler of the application's own has nothing to do any more.
    ((RoutingContextInternal) context).visitHandler(RoutingContextInternal.SESSION_HANDLER);
    use(found == null ? session : found);
    context.addHeadersEndHandler(answered -> finish());
  }

  private void use(StoredSession now) {
    session = now;
    ((RoutingContextInternal) context).setSession(now);
  }

  @Override
  public String id() {
    used = true;
    return session.id();
  }

  @Override
  public Optional<String> user() {
    return Optional.ofNullable(session.user());
  }

  @Override
  public Future<Void> signIn(String user) {
    if (user.length() > MAX_USER_CHARS) {
      throw new IllegalArgumentException(
          "user id too long: characters=" + user.length() + ", max=" + MAX_USER_CHARS);
    }
    Audiences.user(user); // refuses what is none
    StoredSession before = session;
    return sessions
        .signIn(before, user)
        .compose(
            next -> {
              boolean known = stored;
              use(next);
              stored = true;
              sessions.setCookie(context.response(), next.id(), secure);
              identified();
              return known ? replaced(before) : Future.succeededFuture();
            });
  }

  /**
   * The old id is good for nothing from now on. Its connections end behind the answer, and come
   * back later still: a browser that came back before it has the new cookie would be given another.
   */
  private Future<Void> replaced(StoredSession before) {
    context.addEndHandler(answered -> sessions.disconnect(before, RESTART, "retry=500"));
    return sessions.delete(before);
  }

  @Override
  public Future<Void> signOut() {
    StoredSession before = session;
    boolean known = stored;
    use(sessions.unsaved());
    stored = false;
    used = false;
    sessions.removeCookie(context.response(), secure);
    identified();
    return known ? sessions.end(before, UNAUTHORIZED, "signed out") : Future.succeededFuture();
  }

  /** What the handshake of the request says from now on. */
  private void identified() {
    Handshake said = Handshake.of(context);
    Identity known = Identity.ANONYMOUS.withClaims(said.identity().claims());
    String user = session.user();
    said.with(user == null ? known : known.withSession(session.id()).withUser(user))
        .attachTo(context);
  }

  /** The answer is about to be written. */
  private void finish() {
    if (session.isDestroyed()) {
      sessions.removeCookie(context.response(), secure);
      sessions.end(session, UNAUTHORIZED, "signed out").onFailure(HttpSession::failed);
    } else if (stored && context.isSessionAccessed()) {
      sessions.save(session).onFailure(HttpSession::failed);
    } else if (!stored && (used || context.isSessionAccessed())) {
      sessions.setCookie(context.response(), session.id(), secure);
      sessions.saveNew(session).onFailure(HttpSession::failed);
    }
  }

  private static void failed(Throwable why) {
    LOG.warn("session not stored: {}", why.getMessage());
  }
}
