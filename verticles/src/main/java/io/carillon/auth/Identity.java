package io.carillon.auth;

import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as far as it was found out: the browser session, the user, and what a JSON
 * Web Token claims. Immutable.
 */
public final class Identity {
  /** Nobody known. */
  public static final Identity ANONYMOUS = new Identity(null, null, null);

  private final @Nullable String session;
  private final @Nullable String user;
  private final @Nullable JsonObject claims;

  private Identity(@Nullable String session, @Nullable String user, @Nullable JsonObject claims) {
    this.session = session;
    this.user = user;
    this.claims = claims;
  }

  /** The id of the session that the request belongs to. A secret: never log it. */
  public Optional<String> session() {
    return Optional.ofNullable(session);
  }

  /** The id of the user who has signed in. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** What the verified JSON Web Token says; empty without one. A copy. */
  public JsonObject claims() {
    return claims == null ? new JsonObject() : claims.copy();
  }

  /** The same in a session. */
  public Identity withSession(String id) {
    return new Identity(id, user, claims);
  }

  /** The same with a user. */
  public Identity withUser(String id) {
    return new Identity(session, id, claims);
  }

  /** The same with verified claims. */
  public Identity withClaims(JsonObject verified) {
    return new Identity(session, user, verified.copy());
  }

  /** The form that travels over the bus. */
  JsonObject toJson() {
    JsonObject json = new JsonObject();
    if (session != null) {
      json.put("session", session);
    }
    if (user != null) {
      json.put("user", user);
    }
    if (claims != null) {
      json.put("claims", claims);
    }
    return json;
  }

  static Identity fromJson(JsonObject json) {
    return json.isEmpty()
        ? ANONYMOUS
        : new Identity(
            json.getString("session"), json.getString("user"), json.getJsonObject("claims"));
  }

  /** Nothing of what it holds, which may be secret. */
  @Override
  public String toString() {
    return "Identity[session="
        + (session != null)
        + ", user="
        + (user != null)
        + ", claims="
        + (claims != null)
        + "]";
  }
}
