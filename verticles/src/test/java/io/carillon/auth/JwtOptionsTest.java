package io.carillon.auth;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.config.Settings;
import io.carillon.server.TestCertificate;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may stand in the section {@code jwt}, and what becomes of keys whose files change. */
@Timeout(30)
class JwtOptionsTest {
  @TempDir Path directory;

  private static Optional<JwtOptions> options(String jwt) {
    JsonObject section = new JsonObject("{" + jwt.replace('\'', '"') + "}");
    return JwtOptions.from(new Settings(new JsonObject().put("jwt", section), Map.of(), Map.of()));
  }

  private static void refuses(String jwt, String message) {
    assertThatThrownBy(() -> options(jwt))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private String file(String name, String content) throws Exception {
    return Files.writeString(directory.resolve(name), content).toString();
  }

  @Test
  void withoutAKeyNoTokensAreTaken() {
    assertThat(options("'issuer': 'x'")).isEmpty();
  }

  @Test
  void keysMayStandInTheEnvironment() throws Exception {
    String pem = file("one.pem", TestTokens.pair("ES256", "").pem());
    Settings settings =
        new Settings(
            new JsonObject(),
            Map.of("CARILLON_JWT_SECRET", TestTokens.SECRET, "CARILLON_JWT_KEYS", pem),
            Map.of());

    JwtKeys keys = JwtOptions.from(settings).orElseThrow().load();

    assertThat(keys.verifies(Algorithm.HS256)).isTrue();
    assertThat(keys.verifies(Algorithm.ES256)).isTrue();
    assertThat(keys.verifies(Algorithm.RS256)).isFalse();
    assertThat(settings.unknownWarnings()).isEmpty();
  }

  @Test
  void aSecretIsLongEnoughAndNeverShown() {
    refuses(
        "'secret': 'short'",
        "jwt.secret must be a key for tokens (a secret for HS256 has at least 32 bytes: bytes=5):"
            + " jwt.secret=*** (file)");
    refuses(
        "'keys': [{'secret': '0123456789', 'algorithm': 'HS512'}]",
        "jwt.keys[0].secret must be a key for tokens (a secret for HS512 has at least 64 bytes:"
            + " bytes=10): jwt.keys[0].secret=*** (file)");
    assertThat(options("'secret': '" + TestTokens.SECRET + "'").orElseThrow().toString())
        .doesNotContain(TestTokens.SECRET);
  }

  @Test
  void aKeyIsOfItsAlgorithmAndStrongEnough() throws Exception {
    String weak = file("weak.pem", TestTokens.pair("RS256", "", 1024).pem());
    String ec = file("ec.pem", TestTokens.pair("ES256", "").pem());
    refuses(
        "'keys': ['" + weak + "']",
        "jwt.keys[0].file must be a key for tokens (an RSA key has at least 2048 bits: bits=1024):"
            + " jwt.keys[0].file="
            + weak
            + " (file)");
    refuses(
        "'keys': [{'file': '" + ec + "', 'algorithm': 'ES384'}]",
        "jwt.keys[0].file must be a key for tokens (the key is of another algorithm):"
            + " jwt.keys[0].file="
            + ec
            + " (file)");
    refuses(
        "'keys': [{'file': '" + ec + "', 'algorithm': 'none'}]",
        "jwt.keys[0].algorithm must be one of RFC 7518: jwt.keys[0].algorithm=none (file)");
  }

  @Test
  void whatIsNoKeyIsNamed() throws Exception {
    String text = file("text.pem", "hello");
    String secret = file("private.pem", TestTokens.pair("ES256", "").privatePem());
    String set = file("set.json", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}");
    refuses(
        "'keys': ['" + text + "']",
        "jwt.keys[0].file must be a key for tokens (no PEM block found): jwt.keys[0].file="
            + text
            + " (file)");
    refuses(
        "'keys': ['" + secret + "']",
        "jwt.keys[0].file must be a key for tokens (a public key or a certificate is needed:"
            + " found=PRIVATE KEY): jwt.keys[0].file="
            + secret
            + " (file)");
    refuses(
        "'keys': ['" + set + "']",
        "jwt.keys[0].file must be a key for tokens (a JSON Web Key lacks a member, or it is no"
            + " text): jwt.keys[0].file="
            + set
            + " (file)");
    refuses(
        "'keys': ['/nowhere.pem']",
        "jwt.keys[0].file must be a readable file: jwt.keys[0].file=/nowhere.pem (file)");
    refuses(
        "'keys': [{'id': 'a'}]",
        "jwt.keys[0].file must be given where secret is not, and only there: it is not set");
  }

  @Test
  void keysOfASetThatAreNotForUsArePassedOverButOneHasToBe() throws Exception {
    TestTokens good = TestTokens.pair("EdDSA", "good");
    JsonArray others =
        new JsonArray()
            .add(TestTokens.pair("RS256", "enc").jwk().put("use", "enc"))
            .add(TestTokens.pair("ES256", "k1").jwk().put("crv", "secp256k1").put("alg", "ES256K"))
            .add(TestTokens.pair("RS256", "old").jwk().put("alg", "RS1"))
            .add(new JsonObject().put("kty", "quantum"));
    String none = file("none.json", new JsonObject().put("keys", others).encode());
    String some =
        file("some.json", new JsonObject().put("keys", others.copy().add(good.jwk())).encode());

    refuses(
        "'keys': ['" + none + "']",
        "jwt.keys must be keys that go together (there is no key that may be used): jwt.keys=[\""
            + none
            + "\"] (file)");
    assertThat(options("'keys': ['" + some + "']").orElseThrow().load().verifies(Algorithm.EDDSA))
        .isTrue();
  }

  @Test
  void twoKeysOfOneIdAreOneTooMany() throws Exception {
    String set =
        file(
            "set.json",
            TestTokens.keySet(TestTokens.pair("ES256", "a"), TestTokens.pair("ES256", "a"))
                .encode());

    assertThatThrownBy(() -> options("'keys': ['" + set + "']"))
        .hasMessageContaining("two keys have one id: id=a");
  }

  /** Puts the content there in one step, with a time of its own. */
  @Test
  void changedKeysAreReadAgainAndBadOnesAreNot() throws Exception {
    TestTokens old = TestTokens.pair("ES256", "old");
    TestTokens fresh = TestTokens.pair("ES256", "fresh");
    Path file = directory.resolve("set.json");
    TestCertificate.replace(file, TestTokens.keySet(old).encode(), before(60));
    Vertx vertx = Vertx.vertx();
    try {
      JwtOptions options =
          options("'keys': ['" + file + "'], 'reloadInterval': '10ms'").orElseThrow();
      JwtVerifier verifier = new JwtVerifier(vertx, options);
      assertThat(verify(verifier, old)).isNotNull();

      TestCertificate.replace(file, "{", before(40));
      options.ring().look(vertx).await(10, SECONDS);
      assertThat(verify(verifier, old)).isNotNull();

      TestCertificate.replace(file, TestTokens.keySet(fresh).encode(), before(20));
      options.ring().look(vertx).await(10, SECONDS);
      assertThat(verify(verifier, fresh)).isNotNull();
      assertThatThrownBy(() -> verify(verifier, old)).hasMessage("unknown key");
    } finally {
      vertx.close().await(10, SECONDS);
    }
  }

  private static FileTime before(int seconds) {
    return FileTime.from(Instant.now().minusSeconds(seconds));
  }

  private static JsonObject verify(JwtVerifier verifier, TestTokens issuer) throws Exception {
    return verifier.verify(issuer.sign("ann")).await(10, SECONDS);
  }
}
