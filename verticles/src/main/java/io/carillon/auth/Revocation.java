package io.carillon.auth;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * Tokens that are taken no more before they expire: one token by its id, or those that were issued
 * before a time, of one subject or of all.
 *
 * @param target which tokens
 * @param issuedBeforeMillis milliseconds of the epoch; later ones are good
 * @param untilMillis when the last of them has expired, and this may be forgotten
 */
public record Revocation(Target target, long issuedBeforeMillis, long untilMillis) {
  /** Longest id and longest subject, in characters. */
  public static final int MAX_NAME_CHARS = 1024;

  private static final String TOKEN = "token";
  private static final String SUBJECT = "subject";
  private static final String EVERYBODY = "everybody";

  /**
   * What tokens are known by.
   *
   * @param kind {@code token}, {@code subject} or {@code everybody}
   * @param name id or subject; empty for everybody
   */
  public record Target(String kind, String name) {
    /** The token with that id. */
    public static Target token(String id) {
      return new Target(TOKEN, id);
    }

    /** Tokens of that subject. */
    public static Target subject(String subject) {
      return new Target(SUBJECT, subject);
    }

    /** All tokens. */
    public static Target everybody() {
      return new Target(EVERYBODY, "");
    }

    /** As one text, no two of which are the same. */
    public String key() {
      return kind + ":" + name;
    }
  }

  /**
   * Reads what {@link Revocations} asks for; {@code docs/bus.md} has the form.
   *
   * @param now milliseconds of the epoch
   * @throws IllegalArgumentException if it says nothing, or too much
   */
  public static Revocation requested(JsonObject request, long now, JwtOptions options) {
    Optional<String> token = name(request, TOKEN);
    Optional<String> subject = name(request, SUBJECT);
    try {
      long before = NumericDate.read(request, "issuedBefore", now);
      long latest = NumericDate.plus(Math.max(now, before), options.maxAge());
      if (token.isPresent()) {
        long expires = NumericDate.read(request, "expires", latest);
        return new Revocation(
            Target.token(token.get()),
            Long.MAX_VALUE,
            Math.min(latest, NumericDate.plus(expires, options.leeway())));
      }
      if (subject.isEmpty() && !request.containsKey("issuedBefore")) {
        throw new IllegalArgumentException("a revocation needs token, subject or issuedBefore");
      }
      return new Revocation(
          subject.map(Target::subject).orElse(Target.everybody()), before, latest);
    } catch (InvalidTokenException e) {
      throw new IllegalArgumentException("times are seconds of the epoch", e);
    }
  }

  private static Optional<String> name(JsonObject request, String member) {
    Object value = request.getValue(member);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String name && !name.isEmpty() && name.length() <= MAX_NAME_CHARS) {
      return Optional.of(name);
    }
    throw new IllegalArgumentException(
        member + " must be a text of 1 to " + MAX_NAME_CHARS + " characters");
  }

  /** Whether a bearer of such a token has to go. */
  public boolean covers(Grant grant, long now) {
    return grant.issuedMillis() < issuedBeforeMillis && now < untilMillis;
  }

  /** The one of two for the same target that says more. */
  public Revocation and(Revocation other) {
    return new Revocation(
        target,
        Math.max(issuedBeforeMillis, other.issuedBeforeMillis),
        Math.max(untilMillis, other.untilMillis));
  }

  /** The form in which nodes tell each other. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("kind", target.kind)
        .put("name", target.name)
        .put("issuedBefore", issuedBeforeMillis)
        .put("until", untilMillis);
  }

  /** Reads the form of {@link #toJson}. */
  public static Revocation fromJson(JsonObject json) {
    return new Revocation(
        new Target(json.getString("kind"), json.getString("name")),
        json.getLong("issuedBefore"),
        json.getLong("until"));
  }

  /** Which kind; ids and subjects are no matter for logs. */
  @Override
  public String toString() {
    return "Revocation[" + target.kind + "]";
  }
}
