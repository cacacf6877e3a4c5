package io.carillon.auth;

import io.vertx.core.Vertx;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The keys that are good at one time. Immutable. */
final class JwtKeys {
  private record Name(Algorithm algorithm, Optional<String> id) {}

  private final List<JwtKey> keys;
  private final Set<Name> names = new HashSet<>();

  /**
   * Keys of which no two have the same id.
   *
   * @throws IllegalArgumentException if two have, or if there is none: a library without keys takes
   *     unsigned tokens
   */
  JwtKeys(List<JwtKey> keys) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("there is no key that may be used");
    }
    Set<String> ids = new HashSet<>();
    for (JwtKey key : keys) {
      if (key.id().isPresent() && !ids.add(key.id().get())) {
        throw new IllegalArgumentException("two keys have one id: id=" + key.id().get());
      }
      names.add(new Name(key.algorithm(), key.id()));
    }
    this.keys = List.copyOf(keys);
  }

  /** Whether some key is for that algorithm. */
  boolean verifies(Algorithm algorithm) {
    return names.stream().anyMatch(name -> name.algorithm() == algorithm);
  }

  /** Whether a token may be verified that names such a key, or none. */
  boolean has(Algorithm algorithm, Optional<String> id) {
    return id.isEmpty()
        || names.contains(new Name(algorithm, id))
        || names.contains(new Name(algorithm, Optional.empty()));
  }

  /** What verifies signatures with these keys. Claims are looked at by {@link JwtOptions#check}. */
  JWTAuth newVerifier(Vertx vertx) {
    JWTAuthOptions options =
        new JWTAuthOptions().setJWTOptions(new JWTOptions().setIgnoreExpiration(true));
    keys.forEach(key -> options.addPubSecKey(key.options()));
    return JWTAuth.create(vertx, options);
  }
}
