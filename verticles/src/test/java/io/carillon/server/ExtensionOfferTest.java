package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtensionOfferTest {
  private static String read(String... lines) {
    return ExtensionOffer.parse(List.of(lines)).stream()
        .map(
            offer ->
                offer.name()
                    + offer.parameters().stream()
                        .map(one -> " " + one.name() + "=" + one.value())
                        .collect(Collectors.joining()))
        .collect(Collectors.joining(", "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a|a",
        "A-b.1|a-b.1",
        "a;b|a b=",
        "a ; b = 1 ;c|a b=1 c=",
        "a; b=\"10\"|a b=10",
        "a; b=\"1\\0\"|a b=10",
        "a,b;c , d|a, b c=, d",
        ",a,,b,|a, b",
        "a; b; b=2|a b= b=2"
      })
  void offersAreReadInTheirOrder(String line, String offers) {
    assertThat(read(line)).isEqualTo(offers);
  }

  @Test
  void linesAreOneList() {
    assertThat(read("a; x", "b", "")).isEqualTo("a x=, b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ";",
        "=",
        "a;",
        "a;;b",
        "a=1",
        "a b",
        "a;b=",
        "a;b=,c",
        "a;=1",
        "a;b=\"",
        "a;b=\"\"",
        "a;b=\"1",
        "a;b=\"1 2\"",
        "a;b=\"1\\",
        "a;b=1 2",
        "é",
        "a;b=\"é\"",
        "a/b",
        "\"a\""
      })
  void whatDoesNotFollowTheGrammarIsRefused(String line) {
    assertThatThrownBy(() -> read("fine", line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Sec-WebSocket-Extensions is malformed");
  }
}
