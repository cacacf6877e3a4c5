package io.carillon.bridge;

import io.carillon.broker.Topic;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Which local addresses want which topics. Owned by the event loop of the broker. Its size is
 * topics times event loops, never connections.
 */
final class Interest {
  private final Map<Topic, Subscribers> topics = new HashMap<>();
  private final int[] topicsInBucket = new int[Buckets.COUNT];

  boolean isEmpty() {
    return topics.isEmpty();
  }

  Subscribers of(Topic topic) {
    return topics.getOrDefault(topic, Subscribers.NONE);
  }

  /** Whether any topic of that bucket is wanted. */
  boolean hasAny(int bucket) {
    return topicsInBucket[bucket] > 0;
  }

  void add(Topic topic, Subscriber subscriber) {
    Subscribers before = topics.put(topic, of(topic).with(subscriber));
    if (before == null) {
      topicsInBucket[Buckets.of(topic)]++;
    }
  }

  void remove(Topic topic, String address) {
    Subscribers rest = of(topic).without(address);
    if (rest.size() > 0) {
      topics.put(topic, rest);
    } else if (topics.remove(topic) != null) {
      topicsInBucket[Buckets.of(topic)]--;
    }
  }

  /** The few addresses of one topic; never changed, so that a delivery may remove while it runs. */
  static final class Subscribers {
    static final Subscribers NONE = new Subscribers(new Subscriber[0]);

    private final Subscriber[] all;

    private Subscribers(Subscriber[] all) {
      this.all = all;
    }

    int size() {
      return all.length;
    }

    Subscriber get(int index) {
      return all[index];
    }

    Subscribers with(Subscriber subscriber) {
      Subscriber[] rest = without(subscriber.address()).all;
      Subscriber[] more = Arrays.copyOf(rest, rest.length + 1);
      more[rest.length] = subscriber;
      return new Subscribers(more);
    }

    Subscribers without(String address) {
      return new Subscribers(
          Arrays.stream(all)
              .filter(subscriber -> !subscriber.address().equals(address))
              .toArray(Subscriber[]::new));
    }
  }
}
