package io.carillon.auth;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks up what a client's token claims. */
final class Claims {
  private static final String SUBJECT = "sub";
  private static final String SCOPE = "scope";

  private Claims() {}

  /** Whether anything is known of who the client is. */
  static boolean isKnown(Identity identity) {
    return identity.user().isPresent() || !identity.claims().isEmpty();
  }

  /**
   * Whether a claim has a value: it is that text, number or boolean, a list with it, or {@code
   * scope} with it among its words (RFC 8693, section 4.2).
   */
  static boolean has(Identity identity, String name, String value) {
    Object claimed = find(identity.claims(), name);
    if (claimed instanceof JsonArray list) {
      return list.stream().anyMatch(one -> value.equals(String.valueOf(one)));
    }
    if (claimed instanceof String words && name.equals(SCOPE)) {
      return Arrays.asList(words.split(" ", -1)).contains(value);
    }
    return value.equals(text(claimed))
        || (claimed == null && name.equals(SUBJECT) && identity.user().equals(Optional.of(value)));
  }

  private static @Nullable String text(@Nullable Object claimed) {
    return claimed instanceof String || claimed instanceof Number || claimed instanceof Boolean
        ? claimed.toString()
        : null;
  }

  /** By the whole name, else by its parts between dots, as in {@code realm_access.roles}. */
  private static @Nullable Object find(JsonObject claims, String name) {
    Object whole = claims.getValue(name);
    int dot = name.indexOf('.');
    if (whole != null || dot < 0) {
      return whole;
    }
    return claims.getValue(name.substring(0, dot)) instanceof JsonObject inner
        ? find(inner, name.substring(dot + 1))
        : null;
  }
}
