package io.carillon.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Topic;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParamsTest {
  @Test
  void pathParameterIsFoundByName() {
    Params params = params("/a/b", "x", "1", "y", "2");
    assertThat(params.path("x")).isEqualTo("1");
    assertThat(params.path("y")).isEqualTo("2");
    assertThat(params.names()).containsExactly("x", "y");
  }

  @Test
  void pathParameterThatThePatternDoesNotHaveIsRefused() {
    assertThatThrownBy(() -> params("/a?z=1", "x", "1").path("z"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no such path parameter: name=z, names=[x]");
  }

  @ParameterizedTest
  @CsvSource({
    "/a, x, ''",
    "/a?x, x, ''",
    "/a?x=, x, ''",
    "/a?x=1, x, 1",
    "/a?y=2&x=1, x, 1",
    "/a?x=1&x=2, x, 1",
    "/a?xx=2&x=1, x, 1",
    "/a?&&x=1, x, 1",
    "/a?x==1=, x, =1=",
    "/a?x=a+b%20c%2B, x, a b c+",
    "/a?x=%26%3D&y=3, y, 3",
    "/a?x=%26%3D, x, &=",
    "/a?x=r%C3%A4ume, x, räume",
    "/a?r%C3%A4ume=1, räume, 1",
    "/a?a+b=1, a b, 1",
    "/a?x=?, x, ?",
    "/a?b=x&c=x=1, x, ''",
    "/a?=1, '', ''",
    "/x=1?y, x, ''",
  })
  void queryValueIsDecodedOrEmpty(String topic, String name, String value) {
    if (!name.isEmpty()) {
      assertThat(params(topic).query(name)).isEqualTo(value);
    }
  }

  @Test
  void queryKnowsMissingFromEmpty() {
    Params params = params("/a?x&y=");
    assertThat(params.hasQuery("x")).isTrue();
    assertThat(params.hasQuery("y")).isTrue();
    assertThat(params.hasQuery("z")).isFalse();
    assertThat(params("/a").hasQuery("x")).isFalse();
  }

  @Test
  void allValuesOfANameKeepTheirOrder() {
    Params params = params("/a?x=1&y=5&x&%78=2&x=1");
    assertThat(params.queryAll("x")).containsExactly("1", "", "2", "1");
    assertThat(params.queryAll("z")).isEmpty();
    assertThat(params.queryNames()).containsExactly("x", "y");
  }

  @Test
  void mapHasPathParametersFirstAndTheyWin() {
    Params params = params("/a?y=5&x=6&y=7", "z", "1", "x", "2");
    assertThat(params.asMap())
        .containsExactly(Map.entry("z", "1"), Map.entry("x", "2"), Map.entry("y", "5"));
  }

  @Test
  void paramsOfAMapAnswerAsTheOnesItCameFrom() {
    Params params = params("/a?y=5&y=6", "x", "1");
    Params copy = Params.of(params.asMap(), Topic.of("/a?y=5&y=6"));
    assertThat(copy.path("x")).isEqualTo("1");
    assertThat(copy.queryAll("y")).containsExactly("5", "6");
    assertThat(copy.asMap()).isEqualTo(params.asMap());
  }

  @Test
  void namesAndValuesAreAsMany() {
    assertThatThrownBy(() -> Params.of(new String[] {"a"}, new String[] {"1", "2"}, Topic.of("/a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("as many values as names: values=2, names=1");
  }

  @Test
  void toStringHidesTheValues() {
    assertThat(params("/a?token=secret", "x", "private")).hasToString("Params[x]");
  }

  @Test
  void equalityIsByNamesValuesAndTopic() {
    assertThat(params("/a?y", "x", "1"))
        .isEqualTo(params("/a?y", "x", "1"))
        .hasSameHashCodeAs(params("/a?y", "x", "1"))
        .isNotEqualTo(params("/a?z", "x", "1"))
        .isNotEqualTo(params("/a?y", "x", "2"))
        .isNotEqualTo(params("/a?y", "y", "1"));
  }

  private static Params params(String topic, String... path) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < path.length; i += 2) {
      map.put(path[i], path[i + 1]);
    }
    return Params.of(map, Topic.of(topic));
  }
}
