package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class StartFailureTest {
  @Test
  void ourOwnTextStandsAsItIs() {
    assertThat(StartFailure.text(new IllegalArgumentException("a must be 1: a=2")))
        .isEqualTo("a must be 1: a=2");
    assertThat(StartFailure.text(new IllegalStateException("routes overlap")))
        .isEqualTo("routes overlap");
  }

  @Test
  void kindIsToldWhereTheTextMaySayLittle() {
    assertThat(StartFailure.text(new IOException("db"))).isEqualTo("java.io.IOException: db");
    assertThat(StartFailure.text(new IOException())).isEqualTo("java.io.IOException");
  }

  @Test
  void manyLinesBecomeOne() {
    assertThat(StartFailure.text(new IllegalStateException("one\n  two\r\nthree\n")))
        .isEqualTo("one; two; three");
  }

  @Test
  void noFailureIsATimeout() {
    assertThat(StartFailure.text(null)).isEqualTo("it took longer than 2 minutes");
  }
}
