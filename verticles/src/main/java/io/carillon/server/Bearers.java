package io.carillon.server;

import io.carillon.auth.Bearer;
import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.auth.InvalidTokenException;
import io.carillon.auth.JwtOptions;
import io.carillon.auth.JwtVerifier;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who sends a request by the JSON Web Token that it brings. A request without a token is
 * anonymous; one with a bad token is refused with 401. What handlers get to see of the request has
 * no token in it. Owned by one event loop.
 */
final class Bearers {
  private final Loop loop;
  private final @Nullable JwtOptions options;
  private final @Nullable JwtVerifier verifier;
  private final RevokedTokens revoked;

  /** Without options no token is taken, and {@code Authorization} is the application's affair. */
  Bearers(Vertx vertx, Loop loop, Optional<JwtOptions> options) {
    this.loop = loop;
    this.options = options.orElse(null);
    this.verifier = options.map(given -> new JwtVerifier(vertx, given)).orElse(null);
    this.revoked = RevokedTokens.of(vertx);
  }

  /** Reads the keys again if their files have changed. */
  void reloadIfChanged() {
    if (verifier != null) {
      verifier.reloadIfChanged();
    }
  }

  /**
   * Says who sends a request.
   *
   * @return fails with 400 for a token in a wrong place, with 401 for a bad one
   */
  Future<Handshake> identify(HttpServerRequest request, Handshake handshake) {
    if (!mayBring(request)) {
      return Future.succeededFuture(handshake);
    }
    Optional<String> token;
    try {
      token = Bearer.in(handshake);
    } catch (IllegalArgumentException e) {
      return refused(request, 400, "invalid_request", String.valueOf(e.getMessage()));
    }
    if (token.isEmpty()) {
      return Future.succeededFuture(handshake);
    }
    return verify(token.get())
        .map(claims -> identified(handshake, claims))
        .recover(e -> refused(request, 401, "invalid_token", reason(e)));
  }

  private boolean mayBring(HttpServerRequest request) {
    List<String> offers = request.headers().getAll("sec-websocket-protocol");
    return (verifier != null && request.headers().contains(HttpHeaders.AUTHORIZATION))
        || offers.stream().anyMatch(Bearer::isAmong);
  }

  private static Handshake identified(Handshake handshake, JsonObject claims) {
    Identity known = handshake.identity().withClaims(claims);
    String subject = claims.getString("sub");
    return handshake.withoutBearer().with(subject == null ? known : known.withUser(subject));
  }

  /** What a token claims; fails with {@link InvalidTokenException}. */
  private Future<JsonObject> verify(String token) {
    JwtVerifier verifying = verifier;
    JwtOptions known = options;
    if (verifying == null || known == null) {
      return Future.failedFuture(new InvalidTokenException("no tokens are taken here"));
    }
    if (token.length() > known.maxTokenBytes()) {
      loop.counters().count(Counters.Limit.MAX_TOKEN_BYTES);
    }
    return here(verifying.verify(token)).compose(claims -> unlessRevoked(claims, known));
  }

  private Future<JsonObject> unlessRevoked(JsonObject claims, JwtOptions known) {
    try {
      return revoked.cover(known.grant(claims), System.currentTimeMillis())
          ? Future.failedFuture(new InvalidTokenException("token revoked"))
          : Future.succeededFuture(claims);
    } catch (InvalidTokenException e) {
      return Future.failedFuture(e);
    }
  }

  /** A worker's result may come on any thread. */
  private <T> Future<T> here(Future<T> result) {
    if (result.isComplete()) {
      return result;
    }
    Promise<T> promise = Promise.promise();
    result.onComplete(
        value -> loop.run(() -> promise.complete(value)),
        failure -> loop.run(() -> promise.fail(failure)));
    return promise.future();
  }

  /**
   * Gives a connection a new token.
   *
   * @return fails with a {@code CloseException}: 401 if the token is not good, 403 if it is about
   *     somebody else
   */
  Future<Void> refresh(Session session, String token) {
    return verify(token)
        .recover(e -> Future.failedFuture(CloseException.http(401, reason(e))))
        .map(
            claims -> {
              loop.credentials().refresh(session, claims);
              return null;
            });
  }

  private static String reason(Throwable failure) {
    return failure instanceof InvalidTokenException bad ? bad.reason() : "not verified";
  }

  /** RFC 6750, section 3. */
  private static Future<Handshake> refused(
      HttpServerRequest request, int status, String error, String reason) {
    request
        .response()
        .putHeader(
            "www-authenticate",
            "Bearer error=\"" + error + "\", error_description=\"" + reason + "\"");
    return Future.failedFuture(CloseException.http(status, reason));
  }
}
