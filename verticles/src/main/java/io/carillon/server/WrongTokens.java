package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.Shareable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How many one-time URIs each address has tried in vain in this minute, on this node. What it keeps
 * is bounded: beyond {@value #MOST_ADDRESSES} addresses the further ones count as one. May be used
 * from any thread.
 */
final class WrongTokens implements Shareable {
  private static final int MOST_ADDRESSES = 10_000;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private record Minute(long number, ConcurrentMap<String, Integer> tries) {}

  private volatile Minute current = new Minute(Long.MIN_VALUE, new ConcurrentHashMap<>());

  private WrongTokens() {}

  /** Those of the node. */
  static WrongTokens of(Vertx vertx) {
    return (WrongTokens)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.limits")
            .computeIfAbsent("wrongTokens", key -> new WrongTokens());
  }

  /** Counts a try, as long as it is not known to be right; says whether there may be one. */
  boolean mayTry(String address, int most, long nowNanos) {
    if (most == 0) {
      return true;
    }
    ConcurrentMap<String, Integer> tries = minute(nowNanos).tries();
    String key = keyOf(address, tries);
    if (tries.getOrDefault(key, 0) >= most) {
      return false;
    }
    tries.merge(key, 1, Integer::sum);
    return true;
  }

  /** The try was right. */
  void onRight(String address) {
    ConcurrentMap<String, Integer> tries = current.tries();
    tries.computeIfPresent(keyOf(address, tries), (same, n) -> n == 1 ? null : n - 1);
  }

  private static String keyOf(String address, ConcurrentMap<String, Integer> tries) {
    return tries.size() < MOST_ADDRESSES || tries.containsKey(address) ? address : "";
  }

  private Minute minute(long nowNanos) {
    long number = Math.floorDiv(nowNanos, MINUTE_NANOS);
    Minute minute = current;
    if (minute.number() != number) {
      minute = new Minute(number, new ConcurrentHashMap<>());
      current = minute;
    }
    return minute;
  }
}
