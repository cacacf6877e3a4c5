package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.Shareable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The one-time URIs whose expiry this node sees to: those that it has issued, which count against
 * the limits, and those of nodes that are gone. May be used from any thread.
 */
final class IssuedTokens implements Shareable {
  /**
   * One of them.
   *
   * @param address of the client; empty if it does not count
   * @param user of the client; empty if nobody is known
   * @param instance the HTTP verticle that has the timer
   * @param timer the one that ends it
   */
  record Issued(String address, String user, String instance, long timer) {}

  private final ConcurrentMap<String, Issued> all = new ConcurrentHashMap<>();
  private final AtomicInteger counted = new AtomicInteger();
  private final ConcurrentMap<String, Integer> addresses = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Integer> users = new ConcurrentHashMap<>();
  private final Set<String> nodesTakenOver = ConcurrentHashMap.newKeySet();

  private IssuedTokens() {}

  /** Those of the node. */
  static IssuedTokens of(Vertx vertx) {
    return (IssuedTokens)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.limits")
            .computeIfAbsent("tokens", key -> new IssuedTokens());
  }

  /** Adds one that is being issued; says which limit does not let it, or null. */
  Counters.@Nullable Limit add(String token, Issued one, TokenOptions limits) {
    Counters.Limit reached = count(one, limits);
    if (reached != null) {
      uncount(one);
    } else {
      all.put(token, one);
    }
    return reached;
  }

  private Counters.@Nullable Limit count(Issued one, TokenOptions limits) {
    int total = counted.incrementAndGet();
    int ofAddress = addresses.merge(one.address(), 1, Integer::sum);
    int ofUser = one.user().isEmpty() ? 0 : users.merge(one.user(), 1, Integer::sum);
    if (total > limits.max()) {
      return Counters.Limit.TOKENS;
    }
    if (limits.maxPerAddress() > 0 && ofAddress > limits.maxPerAddress()) {
      return Counters.Limit.TOKENS_PER_ADDRESS;
    }
    return limits.maxPerUser() > 0 && ofUser > limits.maxPerUser()
        ? Counters.Limit.TOKENS_PER_USER
        : null;
  }

  private void uncount(Issued one) {
    counted.decrementAndGet();
    decrement(addresses, one.address());
    if (!one.user().isEmpty()) {
      decrement(users, one.user());
    }
  }

  private static void decrement(ConcurrentMap<String, Integer> counts, String key) {
    counts.computeIfPresent(key, (same, n) -> n == 1 ? null : Integer.valueOf(n - 1));
  }

  /** Says once whether those of another node are to be taken over, until that is done. */
  boolean takesOver(String node) {
    return nodesTakenOver.add(node);
  }

  /** Those of the other node have been added. */
  void tookOver(String node) {
    nodesTakenOver.remove(node);
  }

  /** Adds one of another node, which does not count; says whether it was not there. */
  boolean takeOver(String token, String instance, long timer) {
    return all.putIfAbsent(token, new Issued("", "", instance, timer)) == null;
  }

  /** Those that an HTTP verticle sees to. */
  List<String> of(String instance) {
    return all.entrySet().stream()
        .filter(entry -> entry.getValue().instance().equals(instance))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Takes one away that was used or is over; null if it was not there. */
  @Nullable Issued remove(String token) {
    Issued one = all.remove(token);
    if (one != null && !one.address().isEmpty()) {
      uncount(one);
    }
    return one;
  }
}
