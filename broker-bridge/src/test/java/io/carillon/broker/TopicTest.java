package io.carillon.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTest {
  private static final String[] PIECES = {
    "/",
    "/",
    "//",
    ".",
    "..",
    "?",
    "&",
    "=",
    "a",
    "Z",
    "7",
    "~",
    "-",
    "_",
    "+",
    "%",
    "%2",
    "%41",
    "%7e",
    "%2F",
    "%2f",
    "%2E",
    "%25",
    "%23",
    "%00",
    "%c3%a4",
    "%C3",
    "%A4",
    "%ED%A0%80",
    "%F0%9F",
    "%98%80",
    "%C0%AF",
    "%F4%90%80%80",
    "ä",
    "·",
    "😀",
    "\ud83d",
    "\ude00",
    "|",
    "^",
    "#",
    " ",
    "\n",
    "\u0000",
    "\"",
    "<",
    "{",
    "\\",
    ":",
    "@",
    "!",
    "'",
    "(",
    "*",
    ";",
    ",",
    "$"
  };

  @ParameterizedTest
  @CsvSource({
    "/, /",
    "//, /",
    "/?, /",
    "/?x, /?x",
    "/a, /a",
    "/a/, /a",
    "/a/b, /a/b",
    "//a///b//, /a/b",
    "/a?, /a",
    "/a/?, /a",
    "/a/?x=1, /a?x=1",
    "/a?x=//&y=/, /a?x=//&y=/",
    "/a?b?c, /a?b?c",
    "/a??, /a??",
    "/a?x=1&x=2&, /a?x=1&x=2&",
    "/room/7?lang=en, /room/7?lang=en",
    "/Room?B=2&a=1, /Room?B=2&a=1",
    "/%61%2d%2E%5f%7Eb, /a-._~b",
    "/a%2fb%3a, /a%2Fb%3A",
    "/a%2Fb, /a%2Fb",
    "/a?x=%7e%2b%26, /a?x=~%2B%26",
    "/a+b?c+d, /a+b?c+d",
    "/r%c3%a4ume, /r%C3%A4ume",
    "/räume, /r%C3%A4ume",
    "/😀, /%F0%9F%98%80",
    "/a b?c d, /a%20b?c%20d",
    "/a|b^c?d|e^f, /a%7Cb%5Ec?d%7Ce%5Ef",
    "/a·b, /a%C2%B7b",
    "/a\\b{c}, /a%5Cb%7Bc%7D",
    "/%2523, /%2523",
    "/%252e%252e, /%252e%252e",
    "/a:b@c!$&(d)*+;=, /a:b@c!$&(d)*+;=",
    "/..., /...",
    "/.a/..b, /.a/..b",
    "/%2Esession/7, /.session/7",
    "/a?../.., /a?../..",
  })
  void rawTextIsBroughtIntoNormalForm(String raw, String normal) {
    assertThat(Topic.of(raw).uri()).isEqualTo(normal);
    assertThat(new Topic(normal).uri()).isEqualTo(normal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a//b", "/a/", "/a?", "//", "/%61", "/%2f", "/ä", "/ ", "/|", "/^", "/a?|", "/·", "/a/?x"
      })
  void constructorRefusesWhatIsNotNormal(String raw) {
    assertThatThrownBy(() -> new Topic(raw)).isInstanceOf(IllegalArgumentException.class);
    assertThat(Topic.of(raw).uri()).isNotEqualTo(raw);
  }

  @ParameterizedTest
  @CsvSource({
    "'', topic must start with '/': topic=",
    "a/b, topic must start with '/': topic=a/b",
    "?x, topic must start with '/': topic=?...",
    "http://host/a, topic must start with '/': topic=http:/host/a",
    "%2Fa, topic must start with '/': topic=%2Fa",
    "/., topic must not have a segment '.' or '..': topic=/.",
    "/.., topic must not have a segment '.' or '..': topic=/..",
    "/../a, topic must not have a segment '.' or '..': topic=/../a",
    "/a/../b, topic must not have a segment '.' or '..': topic=/a/../b",
    "/a/..?x=1, topic must not have a segment '.' or '..': topic=/a/..?...",
    "/a/%2e%2E/b, topic must not have a segment '.' or '..': topic=/a/../b",
    "/a/.%2e/, topic must not have a segment '.' or '..': topic=/a/..",
    "/a#b, topic must not have a fragment: topic=/a#b",
    "/a?b#c, topic must not have a fragment: topic=/a?...",
    "/a%, topic has a malformed escape: topic=/a%",
    "/a%4, topic has a malformed escape: topic=/a%4",
    "/a%4g, topic has a malformed escape: topic=/a%4g",
    "/a?%%412F, topic has a malformed escape: topic=/a?...",
  })
  void whatCannotBeMendedIsRefused(String raw, String message) {
    assertThatThrownBy(() -> Topic.of(raw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/%00",
        "/a?%00",
        "/%C3",
        "/%A4",
        "/%C3a%A4",
        "/%C0%AF",
        "/%ED%A0%80",
        "/%F4%90%80%80",
        "/%E2%82",
        "/%FF",
        "/%F0%8F%BF%BF",
        "/%E0%9F%BF",
        "/a?x=%C3ä"
      })
  void escapesAreUtf8AndNeverNul(String raw) {
    assertThatThrownBy(() -> Topic.of(raw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "topic has an escape that is malformed, not utf-8 or not in normal form: topic=/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/\u0000", "/a\nb", "/a?\u001b", "/\u007f", "/a\t"})
  void controlCharactersAreRefused(String raw) {
    assertThatThrownBy(() -> Topic.of(raw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("topic must not have a control character: topic=/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/\ud83d", "/a\ude00b", "/a?\ude00\ud83d"})
  void unpairedSurrogatesAreRefused(String raw) {
    assertThatThrownBy(() -> Topic.of(raw))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("topic has a character that is not legal in a URI: topic=/");
    assertThatThrownBy(() -> Topic.escape(raw)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void longestTopicIsAccepted() {
    String uri = "/" + "x".repeat(Topic.MAX_BYTES - 1);
    assertThat(Topic.of(uri).uri()).isEqualTo(uri);
  }

  @Test
  void oneByteOverTheLimitIsRefused() {
    assertThatThrownBy(() -> new Topic("/" + "x".repeat(Topic.MAX_BYTES)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("topic too long: bytes=4097, max=4096");
  }

  @Test
  void limitCountsTheNormalForm() {
    assertThat(Topic.of("/a" + "/".repeat(9000)).uri()).isEqualTo("/a");
    assertThatThrownBy(() -> Topic.of("/" + "ä".repeat(683)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("topic too long: bytes=4099, max=4096");
  }

  @Test
  void queryIsPartOfTheTopic() {
    assertThat(Topic.of("/a?x=1")).isEqualTo(Topic.of("/a/?x=1")).isNotEqualTo(Topic.of("/a?x=2"));
    assertThat(Topic.of("/a?x=1&y=2")).isNotEqualTo(Topic.of("/a?y=2&x=1"));
    assertThat(Topic.of("/A")).isNotEqualTo(Topic.of("/a"));
  }

  @Test
  void pathAndQueryAreEitherSideOfTheFirstMark() {
    Topic topic = Topic.of("/a/b?c=d?e");
    assertThat(topic.path()).isEqualTo("/a/b");
    assertThat(topic.query()).isEqualTo("c=d?e");
    assertThat(Topic.of("/a").path()).isEqualTo("/a");
    assertThat(Topic.of("/a").query()).isEmpty();
  }

  @Test
  void pathsThatStartWithADotAreReserved() {
    assertThat(Topic.of("/.session/7").isReserved()).isTrue();
    assertThat(Topic.of("/%2emultiplex").isReserved()).isTrue();
    assertThat(Topic.of("/a/.b").isReserved()).isFalse();
    assertThat(Topic.of("/").isReserved()).isFalse();
  }

  @Test
  void normalTextIsTakenAsItIs() {
    String uri = "/rooms/r%C3%A4ume?lang=en";
    assertThat(Topic.of(uri).uri()).isSameAs(uri);
  }

  @Test
  void toStringHidesTheQuery() {
    assertThat(Topic.of("/a?token=secret")).hasToString("/a?...");
    assertThat(Topic.of("/" + "a".repeat(200))).hasToString("/" + "a".repeat(99) + "...");
  }

  @Test
  void errorsHideTheQueryAndWhatCannotBePrinted() {
    assertThatThrownBy(() -> Topic.of("/a\n?secret")).hasMessageEndingWith("topic=/a_?...");
  }

  @Test
  void escapeLeavesWhatEncodeUriComponentLeaves() {
    assertThat(Topic.escape("aZ09-_.!~*'()")).isEqualTo("aZ09-_.!~*'()");
    assertThat(Topic.escape("a b/c:ä😀+&=?#%@$,;"))
        .isEqualTo("a%20b%2Fc%3A%C3%A4%F0%9F%98%80%2B%26%3D%3F%23%25%40%24%2C%3B");
  }

  @Test
  void unescapeReversesEscape() {
    Random random = new Random(7);
    for (int round = 0; round < 2000; round++) {
      String text =
          random
              .ints(random.nextInt(8), 1, Character.MAX_CODE_POINT + 1)
              .map(c -> random.nextBoolean() ? 1 + c % 127 : c)
              .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      String escaped = Topic.escape(text);
      assertThat(Topic.unescape(escaped)).isEqualTo(text);
      assertThat(Topic.of("/a?" + escaped + "=").uri()).isEqualTo("/a?" + escaped + "=");
    }
  }

  @Test
  void normalFormStaysAsItIs() {
    Random random = new Random(42);
    int accepted = 0;
    for (int round = 0; round < 30_000; round++) {
      String raw = raw(random);
      Topic topic = topicOrNull(raw);
      if (topic != null) {
        accepted++;
        String uri = topic.uri();
        assertThat(Topic.of(uri).uri()).as(raw).isSameAs(uri);
        assertThat(uri)
            .matches("/[!$-;=@-Z_a-z~]*(\\?[!$-;=?-Z_a-z~]+)?")
            .doesNotContainPattern("%[0-9A-F]?[a-f]")
            .doesNotContainPattern("^[^?]*(//|/\\.\\.?(/|$))");
      }
    }
    assertThat(accepted).isBetween(3_000, 27_000);
  }

  private static Topic topicOrNull(String raw) {
    Topic[] topic = new Topic[1];
    Throwable refusal = catchThrowable(() -> topic[0] = Topic.of(raw));
    if (refusal != null) {
      assertThat(refusal).as(raw).isExactlyInstanceOf(IllegalArgumentException.class);
    }
    return topic[0];
  }

  private static String raw(Random random) {
    StringBuilder raw = new StringBuilder(random.nextInt(20) == 0 ? "" : "/");
    int size = random.nextInt(7);
    for (int i = 0; i < size; i++) {
      raw.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return raw.toString();
  }
}
