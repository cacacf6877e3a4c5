package io.carillon.auth;

import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who sent a request, as far as it was found out: the browser session, the user, what a JSON Web
 * Token claims, and what came with a one-time URI. Immutable.
 */
public final class Identity {
  /** Nobody known. */
  public static final Identity ANONYMOUS = new Identity(null, null, null, null);

  private final @Nullable String session;
  private final @Nullable String user;
  private final @Nullable JsonObject claims;
  private final @Nullable TokenData token;

  private Identity(
      @Nullable String session,
      @Nullable String user,
      @Nullable JsonObject claims,
      @Nullable TokenData token) {
    this.session = session;
    this.user = user;
    this.claims = claims;
    this.token = token;
  }

  /** The id of the session that the request belongs to. A secret: never log it. */
  public Optional<String> session() {
    return Optional.ofNullable(session);
  }

  /**
   * The id of the user who has signed in; where the request does not say it, of the one to whom its
   * one-time URI was issued.
   */
  public Optional<String> user() {
    return user != null || token == null ? Optional.ofNullable(user) : token.user();
  }

  /**
   * What the verified JSON Web Token says; empty without one. A copy. Where the request has none,
   * that of the request to which its one-time URI was issued.
   */
  public JsonObject claims() {
    JsonObject known = claims != null || token == null ? claims : token.claims();
    return known == null ? new JsonObject() : known.copy();
  }

  /** The data of the one-time URI by which the client came, if it is of exactly that class. */
  public <T> Optional<T> token(Class<T> type) {
    return token == null ? Optional.empty() : token.as(type);
  }

  /** What that URI carried. */
  public Optional<TokenData> token() {
    return Optional.ofNullable(token);
  }

  /** Whether {@link #claims} has any. */
  public boolean hasClaims() {
    return claims != null || (token != null && !token.claims().isEmpty());
  }

  /** The same in a session. */
  public Identity withSession(String id) {
    return new Identity(id, user, claims, token);
  }

  /** The same with a user. */
  public Identity withUser(String id) {
    return new Identity(session, id, claims, token);
  }

  /** The same with verified claims. */
  public Identity withClaims(JsonObject verified) {
    return new Identity(session, user, verified.copy(), token);
  }

  /** The same who has come by a one-time URI with this data. */
  public Identity withToken(TokenData data) {
    return new Identity(session, user, claims, data);
  }

  /** The same without what a one-time URI says. */
  public Identity withoutToken() {
    return token == null ? this : new Identity(session, user, claims, null);
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
    if (token != null) {
      json.put("token", token.toJson());
    }
    return json;
  }

  static Identity fromJson(JsonObject json) {
    if (json.isEmpty()) {
      return ANONYMOUS;
    }
    JsonObject token = json.getJsonObject("token");
    return new Identity(
        json.getString("session"),
        json.getString("user"),
        json.getJsonObject("claims"),
        token == null ? null : TokenData.fromJson(token));
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
        + ", token="
        + (token != null)
        + "]";
  }
}
