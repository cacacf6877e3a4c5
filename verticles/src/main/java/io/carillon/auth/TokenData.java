package io.carillon.auth;

import io.carillon.codec.DecodeException;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a one-time URI carries from the request that it was issued to, to the events of the channel
 * that comes of it: a value of the application's, what that request had cached, and who sent it.
 *
 * <p>A value is known by the name of its class, which is compared as text and never loaded. Safe to
 * use from any thread.
 */
public final class TokenData {
  private final JsonObject json;
  private volatile @Nullable Object value;

  private TokenData(JsonObject json) {
    this.json = json;
  }

  /**
   * Data that carries a value.
   *
   * @throws IllegalArgumentException if the value cannot be written as JSON
   */
  public static TokenData of(Object value) {
    return of(value, new RequestCache(), Identity.ANONYMOUS);
  }

  /** As above, with what the issuing request had cached, and its user and claims. */
  static TokenData of(Object value, RequestCache cache, Identity issuer) {
    JsonObject json =
        new JsonObject().put("type", value.getClass().getName()).put("data", write(value));
    JsonObject cached = new JsonObject();
    cache.forEach((type, one) -> cached.put(type.getName(), write(one)));
    if (!cached.isEmpty()) {
      json.put("cached", cached);
    }
    issuer.user().ifPresent(user -> json.put("user", user));
    JsonObject claims = issuer.claims();
    return new TokenData(claims.isEmpty() ? json : json.put("claims", claims));
  }

  private static String write(Object value) {
    return Encodings.JSON.encode(value).orElseThrow().text();
  }

  /** The value, if it is of exactly that class. */
  public <T> Optional<T> as(Class<T> type) {
    if (!type.getName().equals(json.getString("type"))) {
      return Optional.empty();
    }
    Object known = value;
    if (!type.isInstance(known)) {
      known = read(json.getString("data"), type);
      value = known;
    }
    return Optional.ofNullable(known).map(type::cast);
  }

  /** The value of that class which the issuing request had cached. */
  public <T> Optional<T> cached(Class<T> type) {
    String text = json.getJsonObject("cached", new JsonObject()).getString(type.getName());
    return Optional.ofNullable(read(text, type));
  }

  /** Another version of the class, on another node, may not fit: it is another type then. */
  private static <T> @Nullable T read(@Nullable String text, Class<T> type) {
    try {
      return text == null ? null : Encodings.JSON.codec(type).decode(Payload.text(text));
    } catch (DecodeException e) {
      return null;
    }
  }

  /** The user to whom it was issued. */
  Optional<String> user() {
    return Optional.ofNullable(json.getString("user"));
  }

  /** What that user's JSON Web Token claimed. */
  JsonObject claims() {
    return json.getJsonObject("claims", new JsonObject());
  }

  /** How much it carries, in characters of JSON, without what is known of the user. */
  public int size() {
    return json.getString("data").length()
        + json.getJsonObject("cached", new JsonObject()).encode().length();
  }

  /** The form that travels over the bus, a copy; {@link #fromJson} reads it. */
  public JsonObject toJson() {
    return json.copy();
  }

  /**
   * Reads the form of {@link #toJson}.
   *
   * @throws IllegalArgumentException if a member is missing or of another type; the text names it
   */
  public static TokenData fromJson(JsonObject json) {
    JsonObject kept = new JsonObject();
    put(kept, json, "type", String.class);
    put(kept, json, "data", String.class);
    if (kept.size() < 2) {
      throw new IllegalArgumentException("a token needs members: type, data");
    }
    put(kept, json, "cached", JsonObject.class);
    put(kept, json, "user", String.class);
    put(kept, json, "claims", JsonObject.class);
    for (Object one : kept.getJsonObject("cached", new JsonObject()).getMap().values()) {
      if (!(one instanceof String)) {
        throw new IllegalArgumentException("cached values of a token are texts");
      }
    }
    return new TokenData(kept);
  }

  private static void put(JsonObject to, JsonObject from, String member, Class<?> type) {
    Object one = from.getValue(member);
    if (one != null && !type.isInstance(one)) {
      throw new IllegalArgumentException("member of another type: member=" + member);
    }
    if (one != null) {
      to.put(member, one);
    }
  }

  /** The type; nothing of what it holds, which may be secret. */
  @Override
  public String toString() {
    return "TokenData[" + json.getString("type") + "]";
  }
}
