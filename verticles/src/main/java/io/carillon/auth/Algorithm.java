package io.carillon.auth;

import java.security.PublicKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.EdECKey;
import java.security.interfaces.RSAKey;
import java.util.Arrays;
import java.util.Optional;

/** How a token is signed (RFC 7518, section 3.1; RFC 8037), and which keys are fit for it. */
enum Algorithm {
  HS256(32),
  HS384(48),
  HS512(64),
  RS256(0),
  RS384(0),
  RS512(0),
  PS256(0),
  PS384(0),
  PS512(0),
  ES256(256),
  ES384(384),
  ES512(521),
  EDDSA(0);

  /** Smallest RSA key, in bits (RFC 7518, section 3.3). */
  static final int MIN_RSA_BITS = 2048;

  /** Least bytes of a secret, or bits of the curve. */
  private final int size;

  Algorithm(int size) {
    this.size = size;
  }

  /** The algorithm that a token or a key calls so. */
  static Optional<Algorithm> of(String name) {
    return Arrays.stream(values()).filter(one -> one.wireName().equals(name)).findFirst();
  }

  /** What a public key is used for where nobody says. */
  static Optional<Algorithm> usual(PublicKey key) {
    return Arrays.stream(values()).filter(one -> one.fits(key)).findFirst();
  }

  /** The name in tokens and keys. */
  String wireName() {
    return this == EDDSA ? "EdDSA" : name();
  }

  /** Whether whoever verifies could sign too. */
  boolean isSymmetric() {
    return name().startsWith("HS");
  }

  /**
   * Whether verifying takes so long that others would feel it: 0.4 to 1 ms on elliptic curves,
   * against 0.01 to 0.05 ms (JDK 17 and 25).
   */
  boolean isSlow() {
    return name().startsWith("E");
  }

  /** Least bytes of a secret (RFC 7518, section 3.2). */
  int minSecretBytes() {
    return size;
  }

  /** Whether tokens that are signed so can be verified with the key. */
  boolean fits(PublicKey key) {
    if (key instanceof RSAKey) {
      return name().startsWith("RS") || name().startsWith("PS");
    }
    if (key instanceof ECKey ec) {
      return name().startsWith("ES") && ec.getParams().getCurve().getField().getFieldSize() == size;
    }
    return key instanceof EdECKey && this == EDDSA;
  }
}
