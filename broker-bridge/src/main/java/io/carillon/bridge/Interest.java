package io.carillon.bridge;

import io.carillon.broker.LocalSubscriber;
import io.carillon.broker.LocalTopics;
import io.carillon.broker.Topic;
import java.util.HashSet;
import java.util.Set;

/**
 * What this node wants of the others: counts the wanted topics in each bucket. Owned by the event
 * loop of the broker.
 */
final class Interest {
  private final LocalTopics topics;
  private final int[] topicsInBucket = new int[Buckets.COUNT];
  private final Set<Integer> emptied = new HashSet<>();

  Interest(LocalTopics topics) {
    this.topics = topics;
  }

  /** Whether any topic of that bucket is wanted. */
  boolean hasAny(int bucket) {
    return topicsInBucket[bucket] > 0;
  }

  void add(Topic topic, LocalSubscriber subscriber) {
    if (topics.add(topic, subscriber)) {
      topicsInBucket[Buckets.of(topic)]++;
    }
  }

  void remove(Topic topic, String address) {
    if (topics.remove(topic, address) && --topicsInBucket[Buckets.of(topic)] == 0) {
      emptied.add(Buckets.of(topic));
    }
  }

  /** The buckets that nothing is wanted of any more, each returned once. */
  Set<Integer> takeEmptied() {
    emptied.removeIf(this::hasAny);
    Set<Integer> taken = Set.copyOf(emptied);
    emptied.clear();
    return taken;
  }
}
