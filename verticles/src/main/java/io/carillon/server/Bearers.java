package io.carillon.server;

import io.carillon.auth.Bearer;
import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.auth.InvalidTokenException;
import io.carillon.auth.JwtOptions;
import io.carillon.auth.JwtVerifier;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
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
  private final @Nullable JwtOptions options;
  private final @Nullable JwtVerifier verifier;
  private final RevokedTokens revoked;
  private final Counters counters;

  /** Without options no token is taken, and {@code Authorization} is the application's affair. */
  Bearers(Vertx vertx, Optional<JwtOptions> options) {
    this.options = options.orElse(null);
    this.verifier = options.map(given -> new JwtVerifier(vertx, given)).orElse(null);
    this.revoked = RevokedTokens.of(vertx);
    this.counters = Counters.of(vertx);
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
    try {
      return Future.succeededFuture(identified(handshake));
    } catch (IllegalArgumentException e) {
      challenge(request, "invalid_request", String.valueOf(e.getMessage()));
      return Future.failedFuture(CloseException.http(400, String.valueOf(e.getMessage())));
    } catch (InvalidTokenException e) {
      challenge(request, "invalid_token", e.reason());
      return Future.failedFuture(CloseException.http(401, e.reason()));
    }
  }

  private boolean mayBring(HttpServerRequest request) {
    List<String> offers = request.headers().getAll("sec-websocket-protocol");
    return (verifier != null && request.headers().contains(HttpHeaders.AUTHORIZATION))
        || offers.stream().anyMatch(Bearer::isAmong);
  }

  private Handshake identified(Handshake handshake) throws InvalidTokenException {
    Optional<String> token = Bearer.in(handshake);
    if (token.isEmpty()) {
      return handshake;
    }
    JsonObject claims = verify(token.get());
    Identity known = handshake.identity().withClaims(claims);
    String subject = claims.getString("sub");
    return handshake.withoutBearer().with(subject == null ? known : known.withUser(subject));
  }

  /**
   * What a token claims.
   *
   * @throws InvalidTokenException if it is not good, or was taken back
   */
  JsonObject verify(String token) throws InvalidTokenException {
    JwtVerifier verifying = verifier;
    JwtOptions known = options;
    if (verifying == null || known == null) {
      throw new InvalidTokenException("no tokens are taken here");
    }
    if (token.length() > known.maxTokenBytes()) {
      counters.count(Counters.Limit.MAX_TOKEN_BYTES);
    }
    JsonObject claims = verifying.verify(token);
    if (revoked.cover(known.grant(claims), System.currentTimeMillis())) {
      throw new InvalidTokenException("token revoked");
    }
    return claims;
  }

  /**
   * Gives a connection a new token.
   *
   * @throws CloseException 401 if it is not good, 403 if it is about somebody else
   */
  void refresh(Session session, String token) {
    try {
      session.loop().credentials().refresh(session, verify(token));
    } catch (InvalidTokenException e) {
      throw CloseException.http(401, e.reason());
    }
  }

  /** RFC 6750, section 3. */
  private static void challenge(HttpServerRequest request, String error, String description) {
    request
        .response()
        .putHeader(
            "www-authenticate",
            "Bearer error=\"" + error + "\", error_description=\"" + description + "\"");
  }
}
