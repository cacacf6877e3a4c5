package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** What handlers say that happened, in order. */
final class Journal {
  private final BlockingQueue<String> entries = new LinkedBlockingQueue<>();

  void add(String entry) {
    entries.add(entry);
  }

  String next() throws InterruptedException {
    String entry = entries.poll(10, SECONDS);
    assertThat(entry).as("next entry of the journal").isNotNull();
    return entry;
  }

  void hasNothing() {
    assertThat(entries).isEmpty();
  }
}
