package io.carillon.server;

import io.netty.channel.Channel;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.Shareable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open connections of a node, in all and by address, and the upgrades that each address asked
 * for in this second. Addresses are only kept where a limit asks for them. May be used from any
 * thread.
 */
final class Connections implements Shareable {
  private record Second(long number, ConcurrentMap<String, Integer> upgrades) {}

  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentMap<String, Integer> addresses = new ConcurrentHashMap<>();
  private volatile Second current = new Second(-1, new ConcurrentHashMap<>());

  private Connections() {}

  /** The connections of the node. */
  static Connections of(Vertx vertx) {
    return (Connections)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.limits")
            .computeIfAbsent("connections", key -> new Connections());
  }

  int size() {
    return open.get();
  }

  /** Counts a connection; the caller says when it is {@linkplain #remove closed}. */
  void add() {
    open.incrementAndGet();
  }

  void remove() {
    open.decrementAndGet();
  }

  /** Counts a connection for an address until it closes, and says how many that has now. */
  int add(Channel channel, String address) {
    int count = addresses.merge(address, 1, Integer::sum);
    channel
        .closeFuture()
        .addListener(
            closed ->
                addresses.computeIfPresent(
                    address, (same, n) -> n == 1 ? null : Integer.valueOf(n - 1)));
    return count;
  }

  /** How many connections an address has. */
  int size(String address) {
    return addresses.getOrDefault(address, 0);
  }

  /** Counts an upgrade, and says how many the address has asked for in this second. */
  int countUpgrade(String address, long nowNanos) {
    long number = Math.floorDiv(nowNanos, 1_000_000_000L);
    Second second = current;
    if (second.number() != number) {
      second = new Second(number, new ConcurrentHashMap<>());
      current = second;
    }
    return second.upgrades().merge(address, 1, Integer::sum);
  }
}
