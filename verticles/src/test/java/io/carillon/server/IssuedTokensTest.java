package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.server.IssuedTokens.Issued;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IssuedTokensTest {
  private final Vertx vertx = Vertx.vertx();
  private final IssuedTokens issued = IssuedTokens.of(vertx);
  private final WrongTokens wrong = WrongTokens.of(vertx);

  @AfterEach
  void close() {
    vertx.close();
  }

  private static TokenOptions limits(int max, int perAddress, int perUser) {
    return new TokenOptions(Duration.ofSeconds(1), max, perAddress, perUser, 1, 0);
  }

  private static Issued issue(String address, String user) {
    return new Issued(address, user, "one", 0);
  }

  @Test
  void aUserWithTooManyIsRefusedAndNothingElseIs() {
    TokenOptions limits = limits(10, 0, 1);
    assertThat(issued.add("a", issue("1", "ann"), limits)).isNull();
    assertThat(issued.add("b", issue("2", "ann"), limits))
        .isEqualTo(Counters.Limit.TOKENS_PER_USER);
    assertThat(issued.add("c", issue("1", "bob"), limits)).isNull();
    assertThat(issued.add("d", issue("1", ""), limits)).isNull();
    assertThat(issued.add("e", issue("1", ""), limits)).isNull();
    assertThat(issued.remove("a")).isNotNull();
    assertThat(issued.remove("a")).isNull();
    assertThat(issued.add("b", issue("2", "ann"), limits)).isNull();
  }

  @Test
  void refusedOnesDoNotCount() {
    TokenOptions limits = limits(2, 1, 0);
    assertThat(issued.add("a", issue("1", ""), limits)).isNull();
    for (int i = 0; i < 5; i++) {
      assertThat(issued.add("b", issue("1", ""), limits))
          .isEqualTo(Counters.Limit.TOKENS_PER_ADDRESS);
    }
    assertThat(issued.add("c", issue("2", ""), limits)).isNull();
    assertThat(issued.add("d", issue("3", ""), limits)).isEqualTo(Counters.Limit.TOKENS);
  }

  @Test
  void thoseOfOtherNodesDoNotCount() {
    TokenOptions limits = limits(1, 1, 1);
    assertThat(issued.takeOver("x", "one", 0)).isTrue();
    assertThat(issued.takeOver("x", "one", 0)).isFalse();
    assertThat(issued.add("a", issue("1", ""), limits)).isNull();
    assertThat(issued.of("one")).containsExactlyInAnyOrder("a", "x");
    assertThat(issued.remove("x")).isNotNull();
    assertThat(issued.add("b", issue("1", ""), limits)).isEqualTo(Counters.Limit.TOKENS);
  }

  @Test
  void wrongTokensCountForAMinuteAndRightOnesDoNot() {
    long minute = Duration.ofMinutes(1).toNanos();
    for (int i = 0; i < 10; i++) {
      assertThat(wrong.mayTry("1", 2, 0)).isTrue();
      wrong.onRight("1");
    }
    assertThat(wrong.mayTry("1", 2, 0)).isTrue();
    assertThat(wrong.mayTry("1", 2, minute - 1)).isTrue();
    assertThat(wrong.mayTry("1", 2, minute - 1)).isFalse();
    assertThat(wrong.mayTry("2", 2, minute - 1)).isTrue();
    assertThat(wrong.mayTry("1", 0, minute - 1)).isTrue();
    assertThat(wrong.mayTry("1", 2, minute)).isTrue();
  }

  @Test
  void addressesBeyondThoseThatAreKeptCountAsOne() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(wrong.mayTry("a" + i, 2, 0)).isTrue();
    }
    assertThat(wrong.mayTry("b", 2, 0)).isTrue();
    assertThat(wrong.mayTry("c", 2, 0)).isTrue();
    assertThat(wrong.mayTry("d", 2, 0)).isFalse();
    assertThat(wrong.mayTry("a1", 2, 0)).isTrue();
    assertThat(wrong.mayTry("a1", 2, 0)).isFalse();
  }
}
