package io.carillon.benchmarks;

/**
 * Times in log-linear buckets, 128 for each power of two, so that a quantile is within 0.8 %. Not
 * safe for threads.
 */
final class Histogram {
  private final long[] buckets = new long[58 * 128];
  private long count;
  private long max;

  void add(long nanos) {
    long value = Math.max(nanos, 0);
    buckets[index(value)]++;
    count++;
    max = Math.max(max, value);
  }

  long count() {
    return count;
  }

  long max() {
    return max;
  }

  /** The upper edge of the bucket that the quantile is in; 0 when nothing was added. */
  long quantile(double q) {
    long rank = (long) (q * count);
    long seen = 0;
    for (int i = 0; i < buckets.length; i++) {
      seen += buckets[i];
      if (seen > rank) {
        return Math.min(upper(i), max);
      }
    }
    return max;
  }

  private static int index(long value) {
    if (value < 256) {
      return (int) value;
    }
    int shift = 56 - Long.numberOfLeadingZeros(value); // leaves value >> shift in 128 to 255
    return shift * 128 + (int) (value >> shift);
  }

  private static long upper(int index) {
    if (index < 256) {
      return index;
    }
    int shift = index / 128 - 1;
    return ((index - shift * 128L + 1) << shift) - 1;
  }
}
