package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.route.Rate;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final long SECOND = 1_000_000_000L;

  private long now = System.nanoTime() + SECOND;

  private static Pace pace(int messages, int bytes) {
    return new Pace(new Rate(messages, bytes, Rate.Excess.PAUSE));
  }

  @Test
  void oneSecondsWorthMayComeAtOnce() {
    Pace pace = pace(10, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(pace.onMessage(now)).isZero();
    }

    assertThat(pace.onMessage(now)).isEqualTo(SECOND / 10);
    assertThat(pace.onMessage(now)).isEqualTo(2 * SECOND / 10);
  }

  @Test
  void timePays() {
    Pace pace = pace(10, 0);
    for (int i = 0; i < 11; i++) {
      pace.onMessage(now);
    }
    now += 2 * SECOND / 10;

    assertThat(pace.onMessage(now)).isZero();
    assertThat(pace.onMessage(now)).isEqualTo(SECOND / 10);
  }

  @Test
  void longSilenceIsWorthNoMoreThanASecond() {
    Pace pace = pace(2, 0);
    now += 100 * SECOND;

    assertThat(pace.onMessage(now)).isZero();
    assertThat(pace.onMessage(now)).isZero();
    assertThat(pace.onMessage(now)).isEqualTo(SECOND / 2);
  }

  @Test
  void bytesAreCountedByThemselves() {
    Pace pace = pace(0, 1000);

    assertThat(pace.onMessage(now)).isZero();
    assertThat(pace.onBytes(1000, now)).isZero();
    assertThat(pace.onBytes(500, now)).isEqualTo(SECOND / 2);
    assertThat(pace.onBytes(1 << 30, now)).isGreaterThan(SECOND * 1_000_000);
  }
}
