package io.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandshakeTest {
  private static final Handshake HANDSHAKE =
      Handshake.of(
          "GET",
          "/rooms/a?b=%20c",
          true,
          "192.0.2.7",
          List.of(
              Map.entry("Host", "example.org:8443"),
              Map.entry("X-Double", "one"),
              Map.entry("Accept", ""),
              Map.entry("x-double", "two: half"),
              Map.entry("X-Doubled", "other"),
              Map.entry("Cookie", "a=1; b=\"two words\"; c=x%20y+z; empty=; d=1=2"),
              Map.entry("Cookie", " e = 5 ;broken; b=late; f=%zz")));

  @Test
  void requestIsReadable() {
    assertThat(HANDSHAKE.method()).isEqualTo("GET");
    assertThat(HANDSHAKE.uri()).isEqualTo("/rooms/a?b=%20c");
    assertThat(HANDSHAKE.secure()).isTrue();
    assertThat(HANDSHAKE.remoteAddress()).isEqualTo("192.0.2.7");
    assertThat(HANDSHAKE.host()).isEqualTo("example.org:8443");
  }

  @Test
  void namesOfHeadersCompareWithoutCase() {
    assertThat(HANDSHAKE.header("x-dOUBLE")).contains("one");
    assertThat(HANDSHAKE.headers("X-Double")).containsExactly("one", "two: half");
    assertThat(HANDSHAKE.header("accept")).contains("");
  }

  @Test
  void partOfANameIsNoName() {
    assertThat(HANDSHAKE.header("x-doubl")).isEmpty();
    assertThat(HANDSHAKE.header("double")).isEmpty();
    assertThat(HANDSHAKE.header("")).isEmpty();
    assertThat(HANDSHAKE.header("one")).isEmpty();
    assertThat(HANDSHAKE.headers("nothing")).isEmpty();
  }

  @Test
  void namesAreListedAsReceived() {
    assertThat(HANDSHAKE.headerNames())
        .containsExactly("Host", "X-Double", "Accept", "x-double", "X-Doubled", "Cookie", "Cookie");
  }

  @ParameterizedTest
  @CsvSource({
    "a, 1",
    "b, two words",
    "c, x y+z",
    "empty, ''",
    "d, 1=2",
    "e, 5",
    "f, %zz",
  })
  void cookiesAreReadAndDecoded(String name, String value) {
    assertThat(HANDSHAKE.cookie(name)).contains(value);
  }

  @ParameterizedTest
  @CsvSource({"broken", "A", "two", "''"})
  void cookieThatIsNotThereIsEmpty(String name) {
    assertThat(HANDSHAKE.cookie(name)).isEmpty();
  }

  @Test
  void withoutHeadersEverythingIsEmpty() {
    Handshake bare = Handshake.of("GET", "/", false, "", List.of());

    assertThat(bare.host()).isEmpty();
    assertThat(bare.headerNames()).isEmpty();
    assertThat(bare.cookie("a")).isEmpty();
    assertThat(bare.secure()).isFalse();
  }

  @Test
  void lineBreakDoesNotMakeAHeader() {
    Handshake sly =
        Handshake.of(
            "GET", "/", false, "", List.of(Map.entry("a\nb", "c\nX-Admin:yes\nx-admin: yes")));

    assertThat(sly.header("x-admin")).isEmpty();
    assertThat(sly.headerNames()).hasSize(1);
  }

  @Test
  void jsonFormLeadsBack() {
    Handshake copy = Handshake.fromJson(new JsonObject(HANDSHAKE.toJson().encode()));

    assertThat(copy.method()).isEqualTo(HANDSHAKE.method());
    assertThat(copy.uri()).isEqualTo(HANDSHAKE.uri());
    assertThat(copy.secure()).isEqualTo(HANDSHAKE.secure());
    assertThat(copy.remoteAddress()).isEqualTo(HANDSHAKE.remoteAddress());
    assertThat(copy.headerNames()).isEqualTo(HANDSHAKE.headerNames());
    assertThat(copy.headers("x-double")).containsExactly("one", "two: half");
    assertThat(copy.toJson()).isEqualTo(HANDSHAKE.toJson());
  }

  @Test
  void whatIsMissingInJsonIsEmpty() {
    Handshake bare = Handshake.fromJson(new JsonObject());

    assertThat(bare.method()).isEqualTo("GET");
    assertThat(bare.uri()).isEmpty();
    assertThat(bare.headerNames()).isEmpty();
  }

  @Test
  void headersInJsonThatAreNoPairsArePassedOver() {
    JsonArray headers =
        new JsonArray()
            .add("x")
            .add(new JsonArray().add("a"))
            .add(new JsonArray().add("b").add("c"));

    Handshake read = Handshake.fromJson(new JsonObject().put("headers", headers));

    assertThat(read.headerNames()).containsExactly("b");
  }

  @Test
  void secretsAreNotShown() {
    assertThat(HANDSHAKE).hasToString("Handshake[GET /rooms/a]");
  }
}
