package io.carillon.bridge;

import io.carillon.broker.Topic;
import io.vertx.core.buffer.Buffer;
import java.util.BitSet;
import java.util.List;

/**
 * Topics hashed into 65 536 buckets: what nodes tell each other of their interest. A set of them
 * takes 8 KiB, however many topics there are; two topics that share a bucket cost a publication
 * that nobody wants, and no more than that.
 */
final class Buckets {
  static final int COUNT = 1 << 16;

  private Buckets() {}

  /** The bucket of a topic: part of the contract between nodes, so it never changes. */
  static int of(Topic topic) {
    int hash = topic.uri().hashCode(); // specified by the Java language, equal on every JVM
    hash ^= hash >>> 16;
    hash *= 0x85ebca6b;
    hash ^= hash >>> 13;
    return (hash ^ hash >>> 16) & (COUNT - 1);
  }

  /** The form on the bus: two bytes for each bucket. */
  static Buffer encode(Iterable<Integer> buckets) {
    Buffer encoded = Buffer.buffer();
    buckets.forEach(bucket -> encoded.appendUnsignedShort(bucket));
    return encoded;
  }

  static Buffer encode(BitSet buckets) {
    return encode(buckets.stream().boxed().toList());
  }

  /** Reads the form on the bus. */
  static BitSet decode(Buffer encoded) {
    BitSet buckets = new BitSet(COUNT);
    for (int at = 0; at + 2 <= encoded.length(); at += 2) {
      buckets.set(encoded.getUnsignedShort(at));
    }
    return buckets;
  }

  static List<Integer> list(Buffer encoded) {
    return decode(encoded).stream().boxed().toList();
  }
}
