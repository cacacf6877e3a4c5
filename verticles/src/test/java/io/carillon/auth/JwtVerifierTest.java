package io.carillon.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.config.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is a good token and what is not, with tokens of an issuer that is made of the JDK alone. */
@Timeout(30)
class JwtVerifierTest {
  /** 2026-11-21, noon, UTC, in seconds. */
  private static final long NOW = 1_795_262_400;

  private static Vertx vertx;

  @TempDir Path directory;
  private long nowMillis = NOW * 1000;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private JwtVerifier verifier(String jwt) {
    return new JwtVerifier(vertx, options(jwt), () -> nowMillis);
  }

  private static JwtOptions options(String jwt) {
    JsonObject section = new JsonObject("{" + jwt.replace('\'', '"') + "}");
    return JwtOptions.from(new Settings(new JsonObject().put("jwt", section), Map.of(), Map.of()))
        .orElseThrow();
  }

  private JwtVerifier withSecret() {
    return verifier("'secret': '" + TestTokens.SECRET + "'");
  }

  private String file(String name, String content) throws Exception {
    return Files.writeString(directory.resolve(name), content).toString();
  }

  private static JsonObject claims() {
    return new JsonObject().put("sub", "ann").put("iat", NOW).put("exp", NOW + 60);
  }

  private static JsonObject verify(JwtVerifier verifier, String token) throws Exception {
    return verifier.verify(token).await(10, TimeUnit.SECONDS);
  }

  private static void refuses(JwtVerifier verifier, String token, String reason) {
    assertThatThrownBy(() -> verify(verifier, token))
        .isInstanceOf(InvalidTokenException.class)
        .hasMessage(reason);
  }

  @Test
  void claimsOfAGoodTokenComeBackAsTheyAre() throws Exception {
    JsonObject claims = claims().put("roles", new JsonArray().add("admin")).put("n", 1.5);

    assertThat(verify(withSecret(), TestTokens.shared().sign(claims))).isEqualTo(claims);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
      })
  void everyAlgorithmVerifiesFromPemAndFromAKeySet(String algorithm) throws Exception {
    TestTokens issuer = TestTokens.pair(algorithm, "one");
    String pem = file("one.pem", issuer.pem());
    String set = file("set.json", TestTokens.keySet(issuer).encode());
    String token = issuer.sign(claims());

    assertThat(
            verify(
                verifier("'keys': [{'file': '" + pem + "', 'algorithm': '" + algorithm + "'}]"),
                token))
        .isEqualTo(claims());
    assertThat(verify(verifier("'keys': ['" + set + "']"), token)).isEqualTo(claims());
    refuses(verifier("'keys': ['" + set + "']"), forged(token), "wrong signature");
  }

  @ParameterizedTest
  @CsvSource({"HS256,32", "HS384,48", "HS512,64"})
  void secretsVerifyFromAFileAndFromAKeySet(String algorithm, int bytes) throws Exception {
    TestTokens issuer = TestTokens.shared(algorithm, "one", "s".repeat(bytes));
    String file = file("secret", "s".repeat(bytes) + "\n");
    String set = file("set.json", TestTokens.keySet(issuer).encode());
    String token = issuer.sign(claims());

    assertThat(
            verify(
                verifier("'keys': [{'file': '" + file + "', 'algorithm': '" + algorithm + "'}]"),
                token))
        .isEqualTo(claims());
    assertThat(verify(verifier("'keys': ['" + set + "']"), token)).isEqualTo(claims());
  }

  /** The signature of another token, of the same length. */
  private static String forged(String token) {
    int signature = token.lastIndexOf('.') + 1;
    char first = token.charAt(signature);
    return token.substring(0, signature)
        + (first == 'A' ? 'B' : 'A')
        + token.substring(signature + 1);
  }

  @Test
  void aChangedClaimIsNotSigned() throws Exception {
    String[] parts = TestTokens.shared().sign(claims()).split("\\.");
    String other = TestTokens.base64(claims().put("sub", "root").encode().getBytes(UTF_8));

    refuses(withSecret(), parts[0] + "." + other + "." + parts[2], "wrong signature");
  }

  @Test
  void aTokenOfAnotherIssuerIsNotSigned() throws Exception {
    TestTokens other = TestTokens.shared("HS256", "", "another secret of thirty-two byte");

    refuses(withSecret(), other.sign(claims()), "wrong signature");
  }

  @Test
  void aTokenExpiresToTheSecondAndLeewayPutsThatOff() throws Exception {
    String token = TestTokens.shared().sign(claims());
    JwtVerifier strict = withSecret();
    JwtVerifier lenient = verifier("'secret': '" + TestTokens.SECRET + "', 'leeway': '5s'");

    nowMillis = (NOW + 60) * 1000 - 1;
    assertThat(verify(strict, token)).isNotNull();
    nowMillis++;
    refuses(strict, token, "token expired");
    nowMillis = (NOW + 65) * 1000 - 1;
    assertThat(verify(lenient, token)).isNotNull();
    nowMillis++;
    refuses(lenient, token, "token expired");
  }

  @Test
  void aTokenIsNotValidBeforeItsTimeAndLeewayBringsThatForward() throws Exception {
    String token = TestTokens.shared().sign(claims().put("nbf", NOW + 10));
    JwtVerifier strict = withSecret();
    JwtVerifier lenient = verifier("'secret': '" + TestTokens.SECRET + "', 'leeway': '10s'");

    refuses(strict, token, "token not yet valid");
    assertThat(verify(lenient, token)).isNotNull();
    nowMillis += 10_000;
    assertThat(verify(strict, token)).isNotNull();
  }

  @Test
  void anOldTokenIsRefusedWhateverItSaysOfItsEnd() throws Exception {
    String token = TestTokens.shared().sign(claims().put("exp", NOW + 1_000_000));
    JwtVerifier verifier = verifier("'secret': '" + TestTokens.SECRET + "', 'maxAge': '1h'");

    assertThat(verify(verifier, token)).isNotNull();
    nowMillis += 3_600_000;
    refuses(verifier, token, "token expired");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e300", "99999999999999999999", "9007199254740993", "1795262460.5"})
  void farAndFractionalTimesAreTimes(String expires) throws Exception {
    String token =
        TestTokens.shared().sign("{\"alg\":\"HS256\"}", "{\"sub\":\"a\",\"exp\":" + expires + "}");

    assertThat(verify(withSecret(), token)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"1795262460\"", "true", "{}", "[]"})
  void timesThatAreNoNumbersAreRefused(String expires) throws Exception {
    String token =
        TestTokens.shared().sign("{\"alg\":\"HS256\"}", "{\"sub\":\"a\",\"exp\":" + expires + "}");

    assertThatThrownBy(() -> verify(withSecret(), token)).isInstanceOf(InvalidTokenException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sub", "exp"})
  void subjectAndExpiryAreRequiredUnlessConfiguredOtherwise(String claim) throws Exception {
    JsonObject claims = claims();
    claims.remove(claim);
    String token = TestTokens.shared().sign(claims);

    refuses(withSecret(), token, "claim missing: " + claim);
    assertThat(
            verify(verifier("'secret': '" + TestTokens.SECRET + "', 'requiredClaims': []"), token))
        .isEqualTo(claims);
    refuses(
        verifier("'secret': '" + TestTokens.SECRET + "', 'requiredClaims': ['role']"),
        token,
        "claim missing: role");
  }

  @Test
  void issuerAndAudienceAreCheckedWhereConfigured() throws Exception {
    JwtVerifier verifier =
        verifier(
            "'secret': '"
                + TestTokens.SECRET
                + "', 'issuer': 'https://id.example', 'audience': ['chat', 'news']");
    JsonObject good = claims().put("iss", "https://id.example").put("aud", "chat");

    assertThat(verify(verifier, TestTokens.shared().sign(good))).isNotNull();
    good.put("aud", new JsonArray().add("other").add("news"));
    assertThat(verify(verifier, TestTokens.shared().sign(good))).isNotNull();
    for (Object bad : new Object[] {"other", new JsonArray(), new JsonObject(), 1}) {
      refuses(verifier, TestTokens.shared().sign(good.copy().put("aud", bad)), "wrong audience");
    }
    for (Object bad : new Object[] {"https://evil.example", 1, new JsonArray()}) {
      refuses(verifier, TestTokens.shared().sign(good.copy().put("iss", bad)), "wrong issuer");
    }
    refuses(verifier, TestTokens.shared().sign(claims()), "wrong issuer");
  }

  // ---- algorithms and keys

  @ParameterizedTest
  @ValueSource(strings = {"none", "None", "NONE", "", "HS384", "RS256", "hs256", "RS1"})
  void otherAlgorithmsThanThoseOfTheKeysAreNotAllowed(String algorithm) throws Exception {
    String token = TestTokens.shared().sign(new JsonObject().put("alg", algorithm), claims());

    refuses(withSecret(), token, "algorithm not allowed");
  }

  @Test
  void aTokenWithoutAnAlgorithmIsRefused() throws Exception {
    refuses(
        withSecret(),
        TestTokens.shared().sign(new JsonObject(), claims()),
        "algorithm not allowed");
  }

  @Test
  void anUnsignedTokenIsNoToken() throws Exception {
    String header = TestTokens.base64("{\"alg\":\"none\"}".getBytes(UTF_8));
    String claims = TestTokens.base64(claims().encode().getBytes(UTF_8));

    refuses(withSecret(), header + "." + claims + ".", "malformed token");
    refuses(withSecret(), header + "." + claims, "malformed token");
    refuses(withSecret(), header + "." + claims + ".AA", "algorithm not allowed");
  }

  @Test
  void aPublicKeyIsNoSecret() throws Exception {
    TestTokens issuer = TestTokens.pair("RS256", "one");
    String pem = issuer.pem();
    String file = file("one.pem", pem);
    JwtVerifier verifier =
        verifier(
            "'secret': '"
                + TestTokens.SECRET
                + "', 'keys': [{'file': '"
                + file
                + "', 'id': 'one'}]");

    for (String secret : new String[] {pem, pem.strip()}) {
      TestTokens confused = TestTokens.shared("HS256", "one", secret);
      refuses(verifier, confused.sign(claims()), "wrong signature");
      refuses(
          verifier("'keys': ['" + file + "']"), confused.sign(claims()), "algorithm not allowed");
    }
  }

  @Test
  void aKeyIsGoodForItsOwnAlgorithmOnly() throws Exception {
    TestTokens issuer = TestTokens.pair("RS256", "one");
    String file = file("one.pem", issuer.pem());

    refuses(
        verifier("'keys': [{'file': '" + file + "', 'algorithm': 'RS512'}]"),
        issuer.sign(claims()),
        "algorithm not allowed");
  }

  @Test
  void theAllowListLeavesKeysOut() throws Exception {
    TestTokens rsa = TestTokens.pair("RS256", "one");
    String file = file("one.pem", rsa.pem());
    JwtVerifier verifier =
        verifier(
            "'algorithms': ['RS256'], 'secret': '"
                + TestTokens.SECRET
                + "', 'keys': ['"
                + file
                + "']");

    assertThat(verify(verifier, rsa.sign(claims()))).isNotNull();
    refuses(verifier, TestTokens.shared().sign(claims()), "algorithm not allowed");
  }

  @Test
  void keysAreToldApartByTheirIds() throws Exception {
    TestTokens old = TestTokens.pair("ES256", "old");
    TestTokens fresh = TestTokens.pair("ES256", "fresh");
    TestTokens third = TestTokens.pair("ES256", "third");
    JwtVerifier verifier =
        verifier("'keys': ['" + file("set.json", TestTokens.keySet(old, fresh).encode()) + "']");

    assertThat(verify(verifier, old.sign(claims()))).isNotNull();
    assertThat(verify(verifier, fresh.sign(claims()))).isNotNull();
    refuses(verifier, third.sign(claims()), "unknown key");
    JsonObject nameless = new JsonObject().put("alg", "ES256");
    assertThat(verify(verifier, fresh.sign(nameless, claims()))).isNotNull();
    refuses(verifier, third.sign(nameless, claims()), "wrong signature");
    refuses(verifier, old.sign(nameless.copy().put("kid", "fresh"), claims()), "wrong signature");
  }

  @Test
  void aKeyThatATokenBringsAlongIsNotLookedAt() throws Exception {
    TestTokens ours = TestTokens.pair("ES256", "one");
    TestTokens theirs = TestTokens.pair("ES256", "one");
    JwtVerifier verifier = verifier("'keys': ['" + file("one.pem", ours.pem()) + "']");
    JsonObject header =
        new JsonObject()
            .put("alg", "ES256")
            .put("jwk", theirs.jwk())
            .put("jku", "https://evil.example/keys");

    refuses(verifier, theirs.sign(header, claims()), "wrong signature");
  }

  @Test
  void whatIsCriticalIsNotUnderstood() throws Exception {
    JsonObject header =
        new JsonObject().put("alg", "HS256").put("crit", new JsonArray().add("exp")).put("exp", 1);

    refuses(withSecret(), TestTokens.shared().sign(header, claims()), "malformed token");
  }

  // ---- form

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "a b.c.d",
        "e30=.e30=.AA",
        "e30.e30.A+",
        "W10.e30.AA",
        "bnVsbA.e30.AA",
        "e30.e30.é"
      })
  void whatIsNoTokenIsMalformedOrUnsigned(String token) {
    assertThatThrownBy(() -> verify(withSecret(), token))
        .isInstanceOf(InvalidTokenException.class)
        .message()
        .isIn("malformed token", "algorithm not allowed");
  }

  @Test
  void aTokenIsNotReadBeyondTheLimit() throws Exception {
    JwtVerifier verifier = withSecret();
    int plain = TestTokens.shared().sign(claims().put("x", "")).length();
    // Three bytes are four letters; what is signed is long enough for the rest to be of no matter.
    String fits = TestTokens.shared().sign(claims().put("x", "y".repeat((8192 - plain) / 4 * 3)));
    assertThat(fits.length()).isBetween(8180, 8192);

    assertThat(verify(verifier, fits)).isNotNull();
    refuses(verifier, fits + "x".repeat(8193 - fits.length()), "token too large");
    refuses(verifier, "x".repeat(1 << 20), "token too large");
  }

  @Test
  void deepJsonIsRefusedAndNothingElse() throws Exception {
    String deep = "{\"a\":" + "[".repeat(2500) + "]".repeat(2500) + "}";

    refuses(withSecret(), TestTokens.shared().sign("{\"alg\":\"HS256\"}", deep), "malformed token");
    refuses(withSecret(), TestTokens.shared().sign(deep, "{}"), "malformed token");
  }

  @Test
  void changedTokensNeverPass() throws Exception {
    JwtVerifier verifier = withSecret();
    String token = TestTokens.shared().sign(claims());
    for (int i = 0; i < token.length() - 1; i++) { // the last letter has bits to spare
      for (char other : new char[] {'A', '_', '.', '=', ' '}) {
        if (token.charAt(i) != other) {
          String changed = token.substring(0, i) + other + token.substring(i + 1);
          assertThatThrownBy(() -> verify(verifier, changed))
              .as(changed)
              .isInstanceOf(InvalidTokenException.class);
        }
      }
    }
  }

  @Test
  void reasonsRepeatNothingOfTheToken() throws Exception {
    JsonObject header = new JsonObject().put("alg", "s3cret").put("kid", "s3cret");

    assertThatThrownBy(() -> verify(withSecret(), TestTokens.shared().sign(header, claims())))
        .message()
        .doesNotContain("s3cret");
  }
}
