package io.carillon.server;

import io.carillon.auth.Grant;
import io.carillon.auth.Revocation;
import io.carillon.auth.Revocation.Target;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.Shareable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a node knows of tokens that were taken back, so that nobody has to ask the cluster. May be
 * used from any thread.
 */
final class RevokedTokens implements Shareable {
  private final Map<Target, Revocation> all = new ConcurrentHashMap<>();

  private RevokedTokens() {}

  /** Those of the node. */
  static RevokedTokens of(Vertx vertx) {
    return (RevokedTokens)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.tokens")
            .computeIfAbsent("revoked", key -> new RevokedTokens());
  }

  /** Takes note, beside what is known already, and returns what is known now. */
  Revocation add(Revocation revocation) {
    return all.merge(revocation.target(), revocation, Revocation::and);
  }

  /** Whether a token was taken back. */
  boolean cover(Grant grant, long now) {
    return !all.isEmpty()
        && (covers(Target.everybody(), grant, now)
            || grant.subject().filter(name -> covers(Target.subject(name), grant, now)).isPresent()
            || grant.id().filter(id -> covers(Target.token(id), grant, now)).isPresent());
  }

  private boolean covers(Target target, Grant grant, long now) {
    Revocation known = all.get(target);
    return known != null && known.covers(grant, now);
  }

  /** Whether one more target would be one too many. */
  boolean isFull(Target target, int max, long now) {
    if (all.size() >= max) {
      forgetExpired(now);
    }
    return all.size() >= max && !all.containsKey(target);
  }

  void forgetExpired(long now) {
    all.values().removeIf(one -> one.untilMillis() <= now);
  }

  List<Revocation> all() {
    return List.copyOf(all.values());
  }
}
