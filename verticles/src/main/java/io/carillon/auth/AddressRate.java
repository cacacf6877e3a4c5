package io.carillon.auth;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * Counts what each address asks for in a window of time, in memory that does not grow: every
 * address has one place in each of two tables, and the smaller count of both is taken. So addresses
 * that share a place with busier ones count too high only if they do in both tables; the places
 * depend on a random number, so nobody can choose to share one.
 *
 * <p>An IPv6 address counts as its network of 64 bits, which one client may have. May be used from
 * any thread.
 */
final class AddressRate {
  private static final int PLACES = 1 << 15;
  private static final int COUNT_BITS = 24;
  private static final long MAX_COUNT = (1L << COUNT_BITS) - 1;

  private final int most;
  private final long windowNanos;
  private final LongSupplier nanos;
  private final long startNanos;
  private final AtomicLongArray[] tables = {
    new AtomicLongArray(PLACES), new AtomicLongArray(PLACES)
  };
  private final long[] seeds = {
    ThreadLocalRandom.current().nextLong() | 1, ThreadLocalRandom.current().nextLong() | 1
  };

  AddressRate(int most, Duration window, LongSupplier nanos) {
    if (most < 1 || most >= MAX_COUNT) {
      throw new IllegalArgumentException(
          "a rate must be 1 to " + (MAX_COUNT - 1) + ": most=" + most);
    }
    if (window.toMillis() < 1) {
      throw new IllegalArgumentException("a window must be at least 1 ms: window=" + window);
    }
    this.most = most;
    this.windowNanos = window.toNanos();
    this.nanos = nanos;
    this.startNanos = nanos.getAsLong();
  }

  /** Counts once more; returns 0, or after how many seconds the address may ask again. */
  long countOrWaitSeconds(String address) {
    long elapsed = nanos.getAsLong() - startNanos;
    long window = elapsed / windowNanos + 1;
    String counted = network(address);
    long count = MAX_COUNT;
    for (int i = 0; i < tables.length; i++) {
      count = Math.min(count, count(tables[i], place(counted, seeds[i]), window));
    }
    if (count <= most) {
      return 0;
    }
    long left = windowNanos - elapsed % windowNanos;
    return (left + 999_999_999L) / 1_000_000_000L;
  }

  private static long count(AtomicLongArray table, int place, long window) {
    long updated =
        table.updateAndGet(
            place,
            old ->
                old >>> COUNT_BITS == window
                    ? old + ((old & MAX_COUNT) < MAX_COUNT ? 1 : 0)
                    : (window << COUNT_BITS) + 1);
    return updated & MAX_COUNT;
  }

  private static int place(String address, long seed) {
    long hash = seed;
    for (int i = 0; i < address.length(); i++) {
      hash = (hash ^ address.charAt(i)) * seed;
      hash ^= hash >>> 29;
    }
    return (int) (hash >>> 40) & (PLACES - 1);
  }

  private static String network(String address) {
    String spelled = address.indexOf(':') < 0 ? address : WebOrigin.host("[" + address + "]");
    String[] groups = spelled == null ? new String[0] : spelled.split(":", -1);
    return groups.length == 8 ? String.join(":", Arrays.asList(groups).subList(0, 4)) : address;
  }
}
