package io.carillon.auth;

import io.carillon.broker.Addresses;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * Takes tokens back before they expire, from any verticle on any node: within a second every
 * connection in the cluster that came with one is closed with 4401, and until the token would have
 * expired nobody gets in with it, nor on a node that starts later.
 *
 * <pre>{@code
 * Revocations.of(vertx).revokeToken(claims.getString("jti"), expires);
 * Revocations.of(vertx).revokeSubject("ann"); // sign out everywhere
 * }</pre>
 *
 * <p>Each future completes when the cluster has taken note. It fails with a {@code ReplyException}:
 * {@code NO_HANDLERS} where no server with keys for tokens runs, 400 for what is no revocation, 503
 * when the cluster does not answer, 507 when as many as may be are kept. What one node knows is
 * kept in the memory of all; it is forgotten when the last of them stops.
 */
public final class Revocations {
  private final Vertx vertx;

  private Revocations(Vertx vertx) {
    this.vertx = vertx;
  }

  /** The revocations of the cluster that {@code vertx} is in. */
  public static Revocations of(Vertx vertx) {
    return new Revocations(vertx);
  }

  /**
   * Takes back one token.
   *
   * @param id its claim {@code jti}
   * @param expires its claim {@code exp}, when this may be forgotten
   */
  public Future<Void> revokeToken(String id, Instant expires) {
    return ask(new JsonObject().put("token", id).put("expires", seconds(expires)));
  }

  /**
   * Takes back every token of a subject that has been issued until now; those issued later are
   * good. As tokens tell the time in seconds, one that is issued in this second counts as before.
   *
   * @param subject the claim {@code sub}
   */
  public Future<Void> revokeSubject(String subject) {
    return ask(new JsonObject().put("subject", subject));
  }

  /** Takes back every token of a subject whose {@code iat} is before that time, or is missing. */
  public Future<Void> revokeIssuedBefore(String subject, Instant time) {
    return ask(new JsonObject().put("subject", subject).put("issuedBefore", seconds(time)));
  }

  /** The same for every subject. */
  public Future<Void> revokeIssuedBefore(Instant time) {
    return ask(new JsonObject().put("issuedBefore", seconds(time)));
  }

  private static double seconds(Instant time) {
    return time.toEpochMilli() / 1000.0;
  }

  private Future<Void> ask(JsonObject revocation) {
    return vertx.eventBus().<Void>request(Addresses.REVOCATIONS, revocation).mapEmpty();
  }
}
