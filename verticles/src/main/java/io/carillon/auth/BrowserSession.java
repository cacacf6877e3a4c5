package io.carillon.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/**
 * The session of the browser that sent a request to one of the application's own HTTP routes.
 *
 * <pre>{@code
 * router.post("/login").handler(ctx ->
 *     check(ctx.request().getFormAttribute("name"), ctx.request().getFormAttribute("password"))
 *         .compose(user -> BrowserSession.of(ctx).signIn(user))
 *         .onSuccess(signedIn -> ctx.redirect("/"))
 *         .onFailure(refused -> ctx.fail(401)));
 * }</pre>
 *
 * <p>It is the session that {@code ctx.session()} gives too, with what the application puts there.
 * A browser that has none gets one when a handler asks for it, or when it opens a WebSocket. To be
 * used on the context of the request.
 */
public interface BrowserSession {
  /**
   * The session of the request.
   *
   * @throws IllegalStateException if sessions are off, or on a router that is not the server's
   */
  static BrowserSession of(RoutingContext context) {
    BrowserSession known = context.get(BrowserSession.class.getName());
    if (known == null) {
      throw new IllegalStateException("no sessions here: http.sessions.store is off");
    }
    return known;
  }

  /**
   * Signs a user out of all sessions in the cluster, on whatever browser, and closes all
   * connections of that user with 4401 {@code signed out}.
   *
   * @return completes when no session knows the user any more and the connections are closing
   */
  static Future<Void> signOutEverywhere(Vertx vertx, String user) {
    return SignOuts.of(vertx).signOut(user);
  }

  /** The id. A secret: whoever knows it is taken for this browser. Never log it. */
  String id();

  /** The user who has signed in. */
  Optional<String> user();

  /**
   * Signs a user in: from now on the browser and its new connections are that user's. The session
   * gets another id, so that nobody who knew the old one is signed in too; connections that were
   * opened with the old one are told to come back, with 1012 {@code retry=500}, behind the answer.
   *
   * @param user the id of the user, at most 256 characters
   * @return completes when the session is stored, and the answer may be written; fails with {@code
   *     CloseException} 503 when there are as many sessions as there may be
   * @throws IllegalArgumentException if {@code user} is empty, {@code .} or {@code ..}, or too long
   */
  Future<Void> signIn(String user);

  /**
   * Ends the session, and closes its connections with 4401 {@code signed out}.
   *
   * @return completes when the session is not stored any more, and the answer may be written
   */
  Future<Void> signOut();
}
