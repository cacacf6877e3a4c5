package io.carillon.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import java.util.Base64;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells good JSON Web Tokens from bad ones (RFC 7519, section 7.2; RFC 8725). Owned by one event
 * loop; signatures that take long are verified on a worker thread.
 *
 * <p>A token chooses among the configured keys by its algorithm and its key id, and nothing else in
 * it has a say: a public key never serves as a secret, {@code none} is no algorithm, and keys that
 * a token brings along are not looked at.
 */
public final class JwtVerifier {
  /** Header, claims and signature, each in base64url (RFC 7515, section 7.1). */
  private static final Pattern COMPACT =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  private final Vertx vertx;
  private final JwtOptions options;
  private final LongSupplier clock;
  private @Nullable JwtKeys known;
  private @Nullable JWTAuth signatures;

  /** A verifier; {@link #reloadIfChanged} is to be called from time to time. */
  public JwtVerifier(Vertx vertx, JwtOptions options) {
    this(vertx, options, System::currentTimeMillis);
  }

  JwtVerifier(Vertx vertx, JwtOptions options, LongSupplier clock) {
    this.vertx = vertx;
    this.options = options;
    this.clock = clock;
  }

  /** Reads the keys again if their files have changed. */
  public void reloadIfChanged() {
    options.ring().reloadIfChanged(vertx);
  }

  /**
   * Verifies a token.
   *
   * @return what it claims; complete at once unless a worker thread has to do it; fails with {@link
   *     InvalidTokenException} if it is not good
   */
  public Future<JsonObject> verify(String token) {
    try {
      return verified(token);
    } catch (InvalidTokenException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<JsonObject> verified(String token) throws InvalidTokenException {
    if (token.length() > options.maxTokenBytes()) {
      throw new InvalidTokenException("token too large");
    }
    if (!COMPACT.matcher(token).matches()) {
      throw malformed();
    }
    JwtKeys keys = options.ring().keys();
    Algorithm algorithm = algorithm(header(token), keys);
    JWTAuth verifying = signatures(keys);
    return algorithm.isSlow()
        ? vertx.executeBlocking(() -> signed(token, verifying), false)
        : Future.succeededFuture(signed(token, verifying));
  }

  private static JsonObject header(String token) throws InvalidTokenException {
    try {
      byte[] json = Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.')));
      return new JsonObject(Buffer.buffer(json));
    } catch (IllegalArgumentException | DecodeException e) {
      throw malformed();
    }
  }

  /** What the token is to be verified by. */
  private static Algorithm algorithm(JsonObject header, JwtKeys keys) throws InvalidTokenException {
    Object id = header.getValue("kid");
    if (header.containsKey("crit") || (id != null && !(id instanceof String))) {
      throw malformed(); // RFC 7515, section 4.1.11: nothing critical is understood here
    }
    Algorithm algorithm =
        header.getValue("alg") instanceof String name
            ? Algorithm.of(name).filter(keys::verifies).orElse(null)
            : null;
    if (algorithm == null) {
      throw new InvalidTokenException("algorithm not allowed");
    }
    if (!keys.has(algorithm, Optional.ofNullable((String) id))) {
      throw new InvalidTokenException("unknown key");
    }
    return algorithm;
  }

  /** May be called on any thread. */
  private JsonObject signed(String token, JWTAuth verifying) throws InvalidTokenException {
    Future<User> result;
    try {
      result = verifying.authenticate(new TokenCredentials(token));
    } catch (ClassCastException e) {
      throw malformed(); // a time that is no number
    }
    if (result.failed()) {
      throw result.cause() instanceof DecodeException
          ? malformed()
          : new InvalidTokenException("wrong signature");
    }
    JsonObject claims = result.result().attributes().getJsonObject("accessToken");
    options.check(claims, clock.getAsLong());
    return claims;
  }

  private JWTAuth signatures(JwtKeys keys) {
    JWTAuth current = signatures;
    if (current == null || known != keys) {
      current = keys.newVerifier(vertx);
      signatures = current;
      known = keys;
    }
    return current;
  }

  private static InvalidTokenException malformed() {
    return new InvalidTokenException("malformed token");
  }
}
