package io.carillon.auth;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.auth.PubSecKeyOptions;
import java.security.PublicKey;
import java.security.interfaces.RSAKey;
import java.util.Base64;
import java.util.Optional;

/**
 * A key that tokens are verified with, by one algorithm and no other.
 *
 * @param id what a token names it by; empty for one that any token may be verified with
 * @param material the secret, or a public key in PEM
 */
record JwtKey(Optional<String> id, Algorithm algorithm, Buffer material) {
  /**
   * A secret that issuer and server share.
   *
   * @throws IllegalArgumentException if it is too short
   */
  static JwtKey secret(Optional<String> id, Algorithm algorithm, byte[] secret) {
    if (!algorithm.isSymmetric()) {
      throw new IllegalArgumentException("a secret is for HS256, HS384 or HS512");
    }
    if (secret.length < algorithm.minSecretBytes()) {
      throw new IllegalArgumentException(
          "a secret for "
              + algorithm
              + " has at least "
              + algorithm.minSecretBytes()
              + " bytes: bytes="
              + secret.length);
    }
    return new JwtKey(id, algorithm, Buffer.buffer(secret));
  }

  /**
   * The public half of a pair whose private half the issuer has.
   *
   * @param algorithm the usual one of such a key where empty
   * @throws IllegalArgumentException if it is too short, or of another kind than the algorithm
   */
  static JwtKey of(Optional<String> id, Optional<Algorithm> algorithm, PublicKey key) {
    Algorithm chosen =
        algorithm
            .or(() -> Algorithm.usual(key))
            .filter(one -> one.fits(key))
            .orElseThrow(() -> new IllegalArgumentException("the key is of another algorithm"));
    if (key instanceof RSAKey rsa && rsa.getModulus().bitLength() < Algorithm.MIN_RSA_BITS) {
      throw new IllegalArgumentException(
          "an RSA key has at least "
              + Algorithm.MIN_RSA_BITS
              + " bits: bits="
              + rsa.getModulus().bitLength());
    }
    return new JwtKey(id, chosen, Buffer.buffer(pem(key)));
  }

  private static String pem(PublicKey key) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
    return "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n";
  }

  PubSecKeyOptions options() {
    return new PubSecKeyOptions()
        .setAlgorithm(algorithm.wireName())
        .setId(id.orElse(null))
        .setBuffer(material);
  }

  /** Id and algorithm; never the material. */
  @Override
  public String toString() {
    return "JwtKey[" + id.orElse("") + ", " + algorithm + "]";
  }
}
