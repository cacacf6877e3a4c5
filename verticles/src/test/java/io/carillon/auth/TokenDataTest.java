package io.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenDataTest {
  record Guest(String name, List<Integer> seats, BigDecimal paid) {}

  record Other(String name) {}

  private static final Guest ANN =
      new Guest("ann", List.of(1, 2), new BigDecimal("0.12345678901234567890"));

  private static TokenData travelled(TokenData data) {
    return TokenData.fromJson(new JsonObject(data.toJson().encode()));
  }

  @Test
  void valueArrivesAsItWas() {
    assertThat(travelled(TokenData.of(ANN)).as(Guest.class)).contains(ANN);
    assertThat(travelled(TokenData.of("a \"text\"")).as(String.class)).contains("a \"text\"");
    assertThat(travelled(TokenData.of(7L)).as(Long.class)).contains(7L);
    byte[] bytes = {0, (byte) 0xff};
    assertThat(travelled(TokenData.of(bytes)).as(byte[].class)).contains(bytes);
  }

  @Test
  void allWhoAskGetTheSameObject() {
    TokenData data = travelled(TokenData.of(ANN));
    assertThat(data.as(Guest.class).orElseThrow()).isSameAs(data.as(Guest.class).orElseThrow());
  }

  @Test
  void anotherTypeIsNotThere() {
    TokenData data = TokenData.of(ANN);
    assertThat(data.as(Other.class)).isEmpty();
    assertThat(data.as(Object.class)).isEmpty();
    assertThat(data.as(Record.class)).isEmpty();
    assertThat(data.cached(Guest.class)).isEmpty();
  }

  @Test
  void typeOfAnotherShapeIsAnother() {
    JsonObject json = TokenData.of(ANN).toJson().put("type", Other.class.getName());
    assertThat(TokenData.fromJson(json).as(Other.class)).contains(new Other("ann"));
    json.put("data", "[1]");
    assertThat(TokenData.fromJson(json).as(Other.class)).isEmpty();
  }

  @Test
  void cachedValuesUserAndClaimsTravelAlong() {
    RequestCache cache = new RequestCache();
    cache.cached(Other.class, () -> new Other("cached"));
    cache.cached(Other.class, () -> new Other("late"));
    Identity issuer =
        Identity.ANONYMOUS
            .withSession("secret")
            .withUser("u1")
            .withClaims(new JsonObject(Map.of("role", "admin")));
    TokenData data = travelled(TokenData.of(ANN, cache, issuer));
    assertThat(data.cached(Other.class)).contains(new Other("cached"));
    assertThat(data.toJson().encode()).doesNotContain("secret");

    Identity known = Identity.fromJson(Identity.ANONYMOUS.withToken(data).toJson());
    assertThat(known.user()).contains("u1");
    assertThat(known.claims().getString("role")).isEqualTo("admin");
    assertThat(known.token(Guest.class)).contains(ANN);
    assertThat(known.withUser("u2").user()).contains("u2");
    assertThat(known.withUser("u2").token(Guest.class)).contains(ANN);
    assertThat(known.withoutToken().user()).isEmpty();
    assertThat(known.withoutToken().token(Guest.class)).isEmpty();
    assertThat(known.toString()).doesNotContain("ann").doesNotContain("u1");
    assertThat(data.toString()).doesNotContain("ann");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | a token needs members: type, data",
        "{'type':'a'} | a token needs members: type, data",
        "{'type':1,'data':'2'} | member of another type: member=type",
        "{'type':'a','data':'2','cached':[]} | member of another type: member=cached",
        "{'type':'a','data':'2','cached':{'b':1}} | cached values of a token are texts",
      },
      quoteCharacter = '"')
  void badFormIsRefused(String json, String message) {
    assertThatThrownBy(() -> TokenData.fromJson(new JsonObject(json.replace('\'', '"'))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
