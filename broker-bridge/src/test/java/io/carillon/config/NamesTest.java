package io.carillon.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
  @ParameterizedTest
  @CsvSource({
    "http.port, CARILLON_HTTP_PORT",
    "limits.maxMessageBytes, CARILLON_LIMITS_MAX_MESSAGE_BYTES",
    "a.b2C, CARILLON_A_B2_C",
    "verticles, CARILLON_VERTICLES"
  })
  void variableIsInCapitalsWithUnderscores(String key, String variable) {
    assertThat(Names.variable(key)).isEqualTo(variable);
  }

  @ParameterizedTest
  @CsvSource({
    "abc, abc, 0",
    "abc, abd, 1",
    "abc, acb, 1",
    "abc, ab, 1",
    "'', abc, 3",
    "ca, abc, 3"
  })
  void distanceCountsEditsAndSwaps(String a, String b, int edits) {
    assertThat(Names.distance(a, b)).isEqualTo(edits);
  }

  @Test
  void nearestIsNoneWhenAllAreFarAway() {
    assertThat(Names.nearest("colour", List.of("http.port", "http.host"))).isEmpty();
    assertThat(Names.nearest("http.prt", List.of("http.host", "http.port"))).contains("http.port");
  }
}
