package io.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.Revocation.Target;
import io.carillon.config.Settings;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which tokens a revocation is about, and for how long. */
class RevocationTest {
  private static final long NOW = 1_795_262_400_500L;
  private static final long DAY = 86_400_000;

  private static Revocation requested(String json) {
    JsonObject jwt =
        new JsonObject().put("secret", TestTokens.SECRET).put("maxAge", "1d").put("leeway", "10s");
    JwtOptions options =
        JwtOptions.from(new Settings(new JsonObject().put("jwt", jwt), Map.of(), Map.of()))
            .orElseThrow();
    return Revocation.requested(new JsonObject(json.replace('\'', '"')), NOW, options);
  }

  private static Grant issued(long millis) {
    return new Grant(Optional.empty(), Optional.empty(), millis, Long.MAX_VALUE);
  }

  @Test
  void aTokenIsRevokedUntilItExpires() {
    Revocation revocation = requested("{'token': 'a', 'expires': 1795262460}");

    assertThat(revocation.target()).isEqualTo(Target.token("a"));
    assertThat(revocation.untilMillis()).isEqualTo(1_795_262_470_000L); // with the leeway
    assertThat(revocation.covers(issued(NOW + DAY), NOW)).isTrue();
    assertThat(revocation.covers(issued(NOW), 1_795_262_470_000L)).isFalse();
  }

  @Test
  void noTokenIsRevokedForLongerThanItCouldBeGood() {
    assertThat(requested("{'token': 'a', 'expires': 1e300}").untilMillis()).isEqualTo(NOW + DAY);
    assertThat(requested("{'token': 'a'}").untilMillis()).isEqualTo(NOW + DAY);
    assertThat(requested("{'subject': 'a'}").untilMillis()).isEqualTo(NOW + DAY);
  }

  @ParameterizedTest
  @CsvSource({"-500,true", "-501,true", "0,false", "500,false"}) // tokens tell whole seconds
  void aSubjectIsRevokedForTokensIssuedUntilNow(long millis, boolean covered) {
    assertThat(requested("{'subject': 'a'}").covers(issued(NOW + millis), NOW)).isEqualTo(covered);
  }

  @Test
  void aTokenThatDoesNotSayWhenItWasIssuedWasIssuedBefore() {
    Grant undated = issued(Grant.NEVER_ISSUED);

    assertThat(requested("{'subject': 'a', 'issuedBefore': 1}").covers(undated, NOW)).isTrue();
    assertThat(requested("{'issuedBefore': 1}").covers(undated, NOW)).isTrue();
  }

  @Test
  void theLaterOfTwoRevocationsSaysMore() {
    Revocation early = requested("{'subject': 'a', 'issuedBefore': 1}");
    Revocation late = requested("{'subject': 'a', 'issuedBefore': 1795262400}");

    assertThat(early.and(late)).isEqualTo(late);
    assertThat(late.and(early)).isEqualTo(late);
    assertThat(Revocation.fromJson(new JsonObject(late.toJson().encode()))).isEqualTo(late);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|a revocation needs token, subject or issuedBefore",
        "{'expires': 1}|a revocation needs token, subject or issuedBefore",
        "{'token': ''}|token must be a text of 1 to 1024 characters",
        "{'subject': 7}|subject must be a text of 1 to 1024 characters",
        "{'subject': 'a', 'issuedBefore': 'now'}|times are seconds of the epoch",
      })
  void whatSaysNothingIsRefused(String request, String reason) {
    assertThatThrownBy(() -> requested(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(reason);
  }
}
