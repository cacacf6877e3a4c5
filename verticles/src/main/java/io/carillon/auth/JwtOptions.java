package io.carillon.auth;

import io.carillon.config.Settings;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which JSON Web Tokens are taken (RFC 7519). */
public final class JwtOptions {
  private static final Duration LONGEST = Duration.ofDays(3650);

  private final List<KeySource> sources;
  private final Set<Algorithm> algorithms;
  private final Optional<String> issuer;
  private final List<String> audience;
  private final Duration leeway;
  private final List<String> requiredClaims;
  private final Duration maxAge;
  private final int maxTokenBytes;
  private final int maxRevocations;
  private final Duration reloadInterval;
  private @Nullable KeyRing ring;

  private JwtOptions(Settings settings) {
    sources =
        Stream.concat(
                KeySource.secret(settings).stream(),
                settings.objects("jwt.keys", "file").stream().map(KeySource::from))
            .toList();
    algorithms = algorithms(settings);
    issuer = settings.string("jwt.issuer");
    audience = settings.strings("jwt.audience");
    leeway = settings.duration("jwt.leeway", Duration.ZERO, Duration.ZERO, Duration.ofMinutes(10));
    requiredClaims =
        settings.has("jwt.requiredClaims")
            ? settings.strings("jwt.requiredClaims")
            : List.of("sub", "exp");
    maxAge = settings.duration("jwt.maxAge", Duration.ofDays(365), Duration.ofSeconds(1), LONGEST);
    maxTokenBytes = (int) settings.bytes("jwt.maxTokenBytes", 8 << 10, 256, 16 << 10);
    maxRevocations = settings.integer("jwt.maxRevocations", 100_000, 1, 10_000_000);
    reloadInterval =
        settings.duration(
            "jwt.reloadInterval",
            Duration.ofSeconds(10),
            Duration.ofMillis(10),
            Duration.ofDays(1));
  }

  /**
   * Reads the {@code jwt} section; empty when it names no key.
   *
   * @throws IllegalArgumentException if a value is not one, or a key cannot be read; the text names
   *     the setting
   */
  public static Optional<JwtOptions> from(Settings settings) {
    JwtOptions options = new JwtOptions(settings);
    if (options.sources.isEmpty()) {
      return Optional.empty();
    }
    try {
      options.ring = new KeyRing(options);
    } catch (IOException | IllegalArgumentException e) {
      throw settings.refuse("jwt.keys", "keys that go together (" + e.getMessage() + ")");
    }
    return Optional.of(options);
  }

  private static Set<Algorithm> algorithms(Settings settings) {
    Set<Algorithm> allowed = EnumSet.noneOf(Algorithm.class);
    for (String name : settings.strings("jwt.algorithms")) {
      allowed.add(
          Algorithm.of(name)
              .orElseThrow(() -> settings.refuse("jwt.algorithms", "names of RFC 7518")));
    }
    return allowed.isEmpty() ? EnumSet.allOf(Algorithm.class) : allowed;
  }

  /** Reads the keys, those of other algorithms left out. Blocks. */
  JwtKeys load() throws IOException {
    List<JwtKey> keys = new ArrayList<>();
    for (KeySource source : sources) {
      keys.addAll(source.load());
    }
    keys.removeIf(key -> !algorithms.contains(key.algorithm()));
    return new JwtKeys(keys);
  }

  /** The keys as they are now, the same for all who have these options. */
  KeyRing ring() {
    return Objects.requireNonNull(ring);
  }

  /** The files that keys are in. */
  List<Path> files() {
    return sources.stream().flatMap(source -> source.file().stream()).toList();
  }

  /** How often the files are looked at. */
  public Duration reloadInterval() {
    return reloadInterval;
  }

  /** Longest token, in bytes; a longer one is refused unread. */
  public int maxTokenBytes() {
    return maxTokenBytes;
  }

  /** How long after its issue a token is taken at most, and so how long its subject is revoked. */
  public Duration maxAge() {
    return maxAge;
  }

  /** How far the clocks of an issuer and of the server may differ. */
  public Duration leeway() {
    return leeway;
  }

  /** Most revocations that are kept. */
  public int maxRevocations() {
    return maxRevocations;
  }

  /**
   * Checks what a token with a good signature claims.
   *
   * @param now milliseconds of the epoch
   * @throws InvalidTokenException if it is not, not yet or no longer valid here
   */
  void check(JsonObject claims, long now) throws InvalidTokenException {
    for (String name : requiredClaims) {
      if (claims.getValue(name) == null) {
        throw new InvalidTokenException("claim missing: " + name);
      }
    }
    if (NumericDate.read(claims, "nbf", Long.MIN_VALUE) > now + leeway.toMillis()) {
      throw new InvalidTokenException("token not yet valid");
    }
    if (grant(claims).expiresMillis() <= now) {
      throw new InvalidTokenException("token expired");
    }
    if (issuer.isPresent() && !issuer.get().equals(claims.getValue("iss"))) {
      throw new InvalidTokenException("wrong issuer");
    }
    if (!audience.isEmpty() && !isForUs(claims.getValue("aud"))) {
      throw new InvalidTokenException("wrong audience");
    }
  }

  private boolean isForUs(@Nullable Object named) {
    return named instanceof JsonArray several
        ? several.stream().anyMatch(audience::contains)
        : audience.contains(named);
  }

  /**
   * What is kept of verified claims.
   *
   * @throws InvalidTokenException if one of those that are read is of a wrong type
   */
  public Grant grant(JsonObject claims) throws InvalidTokenException {
    long issued = NumericDate.read(claims, "iat", Grant.NEVER_ISSUED);
    long expires = NumericDate.read(claims, "exp", Long.MAX_VALUE);
    long aged = issued == Grant.NEVER_ISSUED ? Long.MAX_VALUE : NumericDate.plus(issued, maxAge);
    return new Grant(
        text(claims, "sub"),
        text(claims, "jti"),
        issued,
        Math.min(aged, NumericDate.plus(expires, leeway)));
  }

  private static Optional<String> text(JsonObject claims, String name)
      throws InvalidTokenException {
    Object value = claims.getValue(name);
    if (value != null && !(value instanceof String)) {
      throw new InvalidTokenException("claim of a wrong type: " + name);
    }
    return Optional.ofNullable((String) value);
  }

  /** Where the keys are; never what they are. */
  @Override
  public String toString() {
    return "JwtOptions" + sources;
  }
}
