package io.carillon.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Topic;
import io.carillon.channel.Params;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UriPatternTest {
  @ParameterizedTest
  @CsvSource({
    "/, /",
    "/a, /a",
    "/a/b, /a/b",
    "/:x, /a",
    "/*, /a",
    "/**, /",
    "/**, /a/b/c",
    "/:x**, /",
    "/a/:x, /a/b",
    "/a/**, /a",
    "/a/**, /a/b",
    "/a/:x**, /a/b/c",
    "/a/*/c, /a/b/c",
    "/:x/:y, /a/b",
    "/a, /a?x=1",
    "/:x, /a?b/c",
    "/räume, /r%C3%A4ume",
    "/a?lang=en, /a?lang=en",
    "/a?lang=en, /a?x=1&lang=en&y",
    "/a?lang=en, /a?lang=de&lang=en",
    "/a?x=a+b, /a?x=a%20b",
    "/a?x=, /a?x",
    "/a?x, /a?x",
    "/a?x, /a?y&x=1",
    "/a?x?, /a",
    "/a?x?, /a?x",
    "/a?**, /a",
    "/a?more**, /a?x=1",
    "/a?t=1&t=2, /a?t=2&t=1",
    "/websocket, /websocket",
    "/websocket/tokens/:x, /websocket/tokens/1",
    "/:a/:b/:c, /websocket/token2/x",
    "/:a/:b/:c, /websocket/tokens/x",
    "/**, /websocket/token",
    "/a/:x, /a/.b",
  })
  void topicMatches(String pattern, String topic) {
    assertThat(match(pattern, topic)).isInstanceOf(Match.Found.class);
  }

  @ParameterizedTest
  @CsvSource({
    "/, /a",
    "/a, /",
    "/a, /b",
    "/a, /ab",
    "/ab, /a",
    "/a, /A",
    "/a, /a/b",
    "/a/b, /a",
    "/:x, /",
    "/:x, /a/b",
    "/*, /",
    "/a/:x, /a",
    "/a/:x/**, /a",
    "/a/**, /ab",
    "/a/**, /b/c",
    "/a/*/c, /a/b/d",
    "/a/b, /a%2Fb",
    "/a?lang=en, /a",
    "/a?lang=en, /a?lang=de",
    "/a?lang=en, /a?lang=EN",
    "/a?t=1&t=2, /a?t=1",
    "/a?lang=en&name, /a?x=1",
    "/:x, /.session",
    "/**, /.session/7",
    "/*/:x, /%2Esession/7",
    "/:a/:b/:c, /websocket/token/x",
    "/**, /websocket/token/x",
    "/**, /websocket/token/a/b",
    "/:a/token/:x, /websocket/token/x?y",
  })
  void topicDoesNotMatch(String pattern, String topic) {
    assertThat(match(pattern, topic)).isSameAs(Match.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "/a?x, /a, x",
    "/a?x, /a?y=1, x",
    "/a?x&y, /a?x, y",
    "/a?y&x&z=1, /a?z=1, y",
    "/a?x, /a?X=1, x",
  })
  void missingQueryParameterIsNamed(String pattern, String topic, String parameter) {
    assertThat(match(pattern, topic)).isEqualTo(new Match.Missing(parameter));
  }

  @Test
  void parametersAreDecoded() {
    Params params = found("/rooms/:room/:who?lang=en", "/rooms/r%C3%A4ume/a%2Fb?lang=en&x=1+2");
    assertThat(params.names()).containsExactly("room", "who");
    assertThat(params.path("room")).isEqualTo("räume");
    assertThat(params.path("who")).isEqualTo("a/b");
    assertThat(params.query("lang")).isEqualTo("en");
    assertThat(params.query("x")).isEqualTo("1 2");
  }

  @Test
  void unnamedSegmentsAreNoParameters() {
    Params params = found("/*/:x/b/**", "/1/2/b/3/4");
    assertThat(params.names()).containsExactly("x");
    assertThat(params.path("x")).isEqualTo("2");
  }

  @ParameterizedTest
  @CsvSource({
    "/f/:p**, /f, ''",
    "/f/:p**, /f/a, a",
    "/f/:p**, /f/a/b/c, a/b/c",
    "/f/:p**, /f/a%20b/c?d, a b/c",
    "/:p**, /, ''",
    "/:p**, /?x, ''",
    "/:p**, /a/b, a/b",
  })
  void trailingParameterHasAllSegments(String pattern, String topic, String value) {
    assertThat(found(pattern, topic).path("p")).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "'', pattern must start with '/': pattern=",
    "a/b, pattern must start with '/': pattern=a/b",
    "?x, pattern must start with '/': pattern=?x",
    "/a/**/b, '**' must be the last segment: pattern=/a/**/b",
    "/:a**/**, '**' must be the last segment: pattern=/:a**/**",
    "/a?**&b, '**' must be the last query part: pattern=/a?**&b",
    "/a?b**&c=1, '**' must be the last query part: pattern=/a?b**&c=1",
    "/:a/:a, 'parameter name twice: name=a, pattern=/:a/:a'",
    "/:a?a, 'parameter name twice: name=a, pattern=/:a?a'",
    "/a?b&b?, 'parameter name twice: name=b, pattern=/a?b&b?'",
    "/a?b=1&b, 'parameter name twice: name=b, pattern=/a?b=1&b'",
    "/:b?b=1, 'parameter name twice: name=b, pattern=/:b?b=1'",
    "/a?b=1&b=1, 'query part twice: part=b=1, pattern=/a?b=1&b=1'",
    "/a?, pattern has an empty query part: pattern=/a?",
    "/:a?, pattern has an empty query part: pattern=/:a?",
    "/a?b&&c, pattern has an empty query part: pattern=/a?b&&c",
    "/a?=b, 'query part must have a name: part==b, pattern=/a?=b'",
    "/.a, paths that start with '/.' are reserved: pattern=/.a",
    "/%2Ea/:b, paths that start with '/.' are reserved: pattern=/%2Ea/:b",
  })
  void malformedPatternIsRefused(String pattern, String message) {
    assertThatThrownBy(() -> UriPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a*", "/*a", "/***", "/<x>", "/<x..>", "/{x}", "/a/b**"})
  void parameterThatIsNoWholeSegmentIsRefused(String pattern) {
    assertThatThrownBy(() -> UriPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a parameter is a whole segment ':name', '*', ':name**' or '**': pattern=" + pattern);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/:",
        "/:**",
        "/:1a",
        "/:a.b",
        "/:id<int>",
        "/:a:b",
        "/:ä",
        "/:a*",
        "/a?1",
        "/a?ä",
        "/a??",
        "/a?x<int>",
        "/a?***",
        "/:-"
      })
  void parameterNameIsChecked(String pattern) {
    assertThatThrownBy(() -> UriPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "parameter name must be letters, digits, '_' or '-', a letter or '_' first: name=")
        .hasMessageEndingWith(", pattern=" + pattern);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/a/../b", "/..", "/.", "/%2e%2e", "/a#b", "/a%", "/a%00", "/a?b=%", "/\n"})
  void segmentThatNoTopicHasIsRefused(String pattern) {
    assertThatThrownBy(() -> UriPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("malformed: ")
        .hasMessageContaining(", pattern=" + pattern + " (topic ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/websocket/token/:x",
        "/websocket/token/*",
        "/websocket/token/abc",
        "/websocket/token/**",
        "/websocket/token/*/**",
        "/websocket/token/:x/more",
        "/websocket/:kind/:x",
        "/websocket/**",
        "/websocket/*/abc?x=1"
      })
  void patternsOfTokenUrisAreRefused(String pattern) {
    assertThatThrownBy(() -> UriPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("`/websocket/token/*` conflicts with websocket tokens: pattern=" + pattern);
  }

  @ParameterizedTest
  @CsvSource({
    "/a/, /a",
    "//a//:b/, /a/:b",
    "/**, /**",
    "/:a**, /:a**",
    "/räume/%7e, /r%C3%A4ume/~",
    "/a?x=ä&y=a+b&z=&name&age?&rest**, /a?x=%C3%A4&y=a%20b&z=&name&age?&rest**",
    "/?**, /?**",
    "/a:b/c@d, /a:b/c@d",
  })
  void spellingIsCanonical(String pattern, String spelling) {
    UriPattern parsed = UriPattern.parse(pattern);
    assertThat(parsed).hasToString(spelling);
    assertThat(UriPattern.parse(spelling)).hasToString(spelling).isEqualTo(parsed);
    assertThat(parsed).hasSameHashCodeAs(UriPattern.parse(spelling));
  }

  @ParameterizedTest
  @CsvSource({
    "/?x=1, -12",
    "/a/b?x=1&y=2, -12",
    "/a?x=1&y, -11",
    "/a?x=1&**, -11",
    "/a?y, -10",
    "/a?y?&z**, -10",
    "/, -9",
    "/a, -9",
    "/a/:b?x=1, -8",
    "/a/:b?x=1&y, -7",
    "/a/*?y, -6",
    "/a/**, -5",
    "/:a?x=1, -4",
    "/:a/*?x=1&y, -3",
    "/:a?y, -2",
    "/:a, -1",
    "/:a/**, -1",
    "/**, -1",
  })
  void rankIsBySpecificity(String pattern, int rank) {
    assertThat(UriPattern.parse(pattern).rank()).isEqualTo(rank);
  }

  @ParameterizedTest
  @CsvSource({
    "/a, /a, true",
    "/a?x=1, /a?x=2, true",
    "/a, /b, false",
    "/a, /a/b, false",
    "/a/:x, /a/b, true",
    "/a/:x, /:y/b, true",
    "/a/:x, /b/:x, false",
    "/a/**, /a, true",
    "/a/**, /a/b/:c, true",
    "/a/**, /b, false",
    "/a/b/**, /a, false",
    "/**, /, true",
    "/**, /:x, true",
    "/:x/**, /, false",
    "/*/b/**, /a/:y, true",
  })
  void overlapIsOnPathsAndMutual(String one, String other, boolean overlaps) {
    assertThat(UriPattern.parse(one).overlaps(UriPattern.parse(other))).isEqualTo(overlaps);
    assertThat(UriPattern.parse(other).overlaps(UriPattern.parse(one))).isEqualTo(overlaps);
  }

  @ParameterizedTest
  @CsvSource({
    "/a, /a, true",
    "/a?x=1, /a, true",
    "/a, /b, false",
    "/:x, /a, true",
    "/a, /:x, false",
    "/*, /:x, true",
    "/**, /a/b/**, true",
    "/**, /, true",
    "/a/**, /a, true",
    "/a, /a/**, false",
    "/a/:x/**, /a/**, false",
    "/a/**, /a/:x/**, true",
    "/a/:x, /a/**, false",
    "/:x/:y, /a/b, true",
    "/:x/:y, /a, false",
    "/a, /a/b, false",
  })
  void patternCoversAnother(String wide, String narrow, boolean covers) {
    assertThat(UriPattern.parse(wide).covers(UriPattern.parse(narrow))).isEqualTo(covers);
  }

  @Test
  void topicIsBuiltFromParameters() {
    assertThat(topic("/rooms/:room", "room", "a b/ä:1")).isEqualTo("/rooms/a%20b%2F%C3%A4%3A1");
    assertThat(topic("/rooms/:n/x", "n", 7)).isEqualTo("/rooms/7/x");
    assertThat(topic("/a?lang=en&name&age?", "name", "x y+z"))
        .isEqualTo("/a?lang=en&name=x%20y%2Bz");
    assertThat(topic("/a?name&age?", "name", "", "age", 3)).isEqualTo("/a?name=&age=3");
    assertThat(topic("/f/:p**", "p", "a/b c")).isEqualTo("/f/a/b%20c");
    assertThat(topic("/f/:p**")).isEqualTo("/f");
    assertThat(topic("/f/:p**", "p", "")).isEqualTo("/f");
    assertThat(topic("/f/**")).isEqualTo("/f");
    assertThat(topic("/")).isEqualTo("/");
    assertThat(topic("/a?x?")).isEqualTo("/a");
    assertThat(topic("/a?x&more**", "x", 1, "more", new LinkedHashMap<>(Map.of("y&", 2))))
        .isEqualTo("/a?x=1&y%26=2");
    assertThat(topic("/a?more**")).isEqualTo("/a");
  }

  @Test
  void missingParameterIsNamed() {
    assertThatThrownBy(() -> topic("/rooms/:room"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("missing parameter: name=room, pattern=/rooms/:room");
    assertThatThrownBy(() -> topic("/a?name"))
        .hasMessage("missing parameter: name=name, pattern=/a?name");
  }

  @Test
  void unknownParameterIsNamed() {
    assertThatThrownBy(() -> topic("/rooms/:room", "room", 1, "name", 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown parameter: name=name, pattern=/rooms/:room");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", ".."})
  void valueThatIsNoSegmentIsRefused(String value) {
    assertThatThrownBy(() -> topic("/rooms/:room", "room", value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a segment must not be empty, '.' or '..': name=room, pattern=/rooms/:room");
    assertThatThrownBy(() -> topic("/f/:p**", "p", "a/" + value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a segment must not be empty, '.' or '..': name=p, pattern=/f/:p**");
  }

  @Test
  void topicOfTheServersOwnIsNotBuilt() {
    assertThatThrownBy(() -> topic("/:x/7", "x", ".session"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("topic is reserved: pattern=/:x/7");
    assertThatThrownBy(() -> topic("/:x**", "x", "websocket/token/a"))
        .hasMessage("topic is reserved: pattern=/:x**");
  }

  @Test
  void unnamedSegmentCannotBeBuilt() {
    assertThatThrownBy(() -> topic("/a/*"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a pattern with '*' names no topic: pattern=/a/*");
  }

  @Test
  void restOfAQueryIsAMap() {
    assertThatThrownBy(() -> topic("/a?more**", "more", "x=1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the value of '**' in a query must be a map: name=more, pattern=/a?more**");
  }

  @Test
  void valuesComeBackFromTheTopicBuiltOfThem() {
    UriPattern pattern = UriPattern.parse("/a/:x/:y**?z");
    Map<String, String> values = Map.of("x", "%2F ·|^#?ä😀", "y", "1 2/&=+", "z", "&a=b+c #%");
    Match match = pattern.match(pattern.topic(values));
    assertThat(((Match.Found) match).params().asMap()).containsExactlyInAnyOrderEntriesOf(values);
  }

  private static Match match(String pattern, String topic) {
    return UriPattern.parse(pattern).match(Topic.of(topic));
  }

  private static Params found(String pattern, String topic) {
    return ((Match.Found) match(pattern, topic)).params();
  }

  private static String topic(String pattern, Object... params) {
    Map<String, Object> map = new HashMap<>();
    for (int i = 0; i < params.length; i += 2) {
      map.put((String) params[i], params[i + 1]);
    }
    return UriPattern.parse(pattern).topic(map).uri();
  }
}
