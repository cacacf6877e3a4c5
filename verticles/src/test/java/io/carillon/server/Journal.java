package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** What handlers report to the test, in order. */
final class Journal {
  private final BlockingQueue<String> entries = new LinkedBlockingQueue<>();

  void add(String entry) {
    entries.add(entry);
  }

  /** The next entry, within 5 s. */
  String next() throws InterruptedException {
    return Objects.requireNonNull(entries.poll(5, SECONDS), "nothing happened for 5 s");
  }

  /** The next entries are these, in this order. */
  void expect(String... expected) throws InterruptedException {
    for (String entry : expected) {
      assertThat(next()).isEqualTo(entry);
    }
  }

  /** The next entries are these, in any order. */
  void expectInAnyOrder(String... expected) throws InterruptedException {
    List<String> heard = new ArrayList<>();
    for (String ignored : expected) {
      heard.add(next());
    }
    assertThat(heard).containsExactlyInAnyOrder(expected);
  }

  boolean hasNothing() {
    return entries.isEmpty();
  }

  /** Nothing more was reported so far. */
  void isEmpty() {
    assertThat(entries).isEmpty();
  }
}
