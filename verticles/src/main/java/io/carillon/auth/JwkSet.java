package io.carillon.auth;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a JSON Web Key Set, or a single key (RFC 7517; RFC 7518, section 6; RFC 8037). Keys that
 * are not for signatures, or of a kind that is not known here, are passed over, as the RFC asks;
 * one that is known and broken is not.
 */
final class JwkSet {
  private static final Map<String, String> CURVES =
      Map.of("P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");

  private static final int ED25519_BYTES = 32;

  private JwkSet() {}

  /**
   * The keys of a set.
   *
   * @throws IllegalArgumentException if one of them is broken
   */
  static List<JwtKey> read(JsonObject json) {
    try {
      List<JwtKey> keys = new ArrayList<>();
      for (Object one : json.getJsonArray("keys", new JsonArray().add(json))) {
        key((JsonObject) one).ifPresent(keys::add);
      }
      return keys;
    } catch (ClassCastException | NullPointerException e) {
      throw new IllegalArgumentException("a JSON Web Key lacks a member, or it is no text", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("a JSON Web Key is not valid", e);
    }
  }

  private static Optional<JwtKey> key(JsonObject jwk) throws GeneralSecurityException {
    Optional<String> name = Optional.ofNullable(jwk.getString("alg"));
    Optional<Algorithm> algorithm = name.flatMap(Algorithm::of);
    boolean verifies =
        jwk.getString("use", "sig").equals("sig")
            && jwk.getJsonArray("key_ops", new JsonArray().add("verify")).contains("verify");
    if (!verifies || (name.isPresent() && algorithm.isEmpty())) {
      return Optional.empty();
    }
    Optional<String> id = Optional.ofNullable(jwk.getString("kid"));
    if (jwk.getString("kty").equals("oct")) {
      byte[] secret = Base64.getUrlDecoder().decode(jwk.getString("k"));
      return Optional.of(JwtKey.secret(id, algorithm.orElse(Algorithm.HS256), secret));
    }
    return publicKey(jwk).map(key -> JwtKey.of(id, algorithm, key));
  }

  private static Optional<PublicKey> publicKey(JsonObject jwk) throws GeneralSecurityException {
    return switch (jwk.getString("kty")) {
      case "RSA" -> Optional.of(rsa(jwk));
      case "EC" ->
          CURVES.containsKey(jwk.getString("crv")) ? Optional.of(ec(jwk)) : Optional.empty();
      case "OKP" ->
          jwk.getString("crv").equals("Ed25519") ? Optional.of(ed25519(jwk)) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static PublicKey rsa(JsonObject jwk) throws GeneralSecurityException {
    return KeyFactory.getInstance("RSA")
        .generatePublic(new RSAPublicKeySpec(number(jwk, "n"), number(jwk, "e")));
  }

  private static PublicKey ec(JsonObject jwk) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec(CURVES.get(jwk.getString("crv"))));
    return KeyFactory.getInstance("EC")
        .generatePublic(
            new ECPublicKeySpec(
                new ECPoint(number(jwk, "x"), number(jwk, "y")),
                curve.getParameterSpec(ECParameterSpec.class)));
  }

  /** The bytes are little-endian; the highest bit tells which of two points it is (RFC 8032). */
  private static PublicKey ed25519(JsonObject jwk) throws GeneralSecurityException {
    byte[] bytes = Base64.getUrlDecoder().decode(jwk.getString("x"));
    if (bytes.length != ED25519_BYTES) {
      throw new IllegalArgumentException("an Ed25519 key has 32 bytes: bytes=" + bytes.length);
    }
    byte[] bigEndian = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      bigEndian[i] = bytes[bytes.length - 1 - i];
    }
    boolean odd = bigEndian[0] < 0;
    bigEndian[0] &= 0x7f;
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(
            new EdECPublicKeySpec(
                NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, bigEndian))));
  }

  private static BigInteger number(JsonObject jwk, String member) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(jwk.getString(member)));
  }
}
