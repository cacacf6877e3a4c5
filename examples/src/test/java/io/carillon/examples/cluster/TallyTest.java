package io.carillon.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
  @Test
  void whatComesInOrderIsNeitherLostNorDoubledNorSwapped() {
    Tally tally = heard(0, 1, 2, 3, 4);
    assertThat(tally.lost(0, 4)).isZero();
    assertThat(tally.doubled()).isZero();
    assertThat(tally.swapped()).isZero();
    assertThat(tally.first()).isZero();
    assertThat(tally.last()).isEqualTo(4);
  }

  @Test
  void aLostMessageIsCounted() {
    Tally tally = heard(0, 1, 3);
    assertThat(tally.lost(0, 3)).isEqualTo(1);
    assertThat(tally.lost(0, 5)).isEqualTo(3);
    assertThat(tally.lost(3, 3)).isZero();
    assertThat(tally.has(2)).isFalse();
    assertThat(tally.doubled()).isZero();
    assertThat(tally.swapped()).isZero();
  }

  @Test
  void theFirstAndTheLastMessageCanBeLostToo() {
    assertThat(heard(1, 2).lost(0, 2)).isEqualTo(1);
    assertThat(heard(0, 1).lost(0, 2)).isEqualTo(1);
    assertThat(heard().lost(0, 2)).isEqualTo(3);
    assertThat(heard().first()).isEqualTo(-1);
    assertThat(heard().last()).isEqualTo(-1);
  }

  @Test
  void aDoubledMessageIsCounted() {
    Tally tally = heard(0, 1, 1, 2, 0);
    assertThat(tally.doubled()).isEqualTo(2);
    assertThat(tally.lost(0, 2)).isZero();
    assertThat(tally.swapped()).isZero();
  }

  @Test
  void aSwappedMessageIsCountedAndNotLost() {
    Tally tally = heard(0, 2, 1, 3);
    assertThat(tally.swapped()).isEqualTo(1);
    assertThat(tally.lost(0, 3)).isZero();
    assertThat(tally.doubled()).isZero();
  }

  @Test
  void allThreeAreToldApart() {
    Tally tally = heard(1, 4, 2, 4, 6);
    assertThat(tally.lost(1, 6)).isEqualTo(2);
    assertThat(tally.swapped()).isEqualTo(1);
    assertThat(tally.doubled()).isEqualTo(1);
  }

  private static Tally heard(int... numbers) {
    Tally tally = new Tally();
    for (int number : numbers) {
      tally.hear(number);
    }
    return tally;
  }
}
