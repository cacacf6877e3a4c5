package io.carillon.server;

import io.carillon.auth.Grant;
import io.carillon.auth.Identity;
import io.carillon.auth.InvalidTokenException;
import io.carillon.auth.JwtOptions;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.netty.channel.EventLoop;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop that came with a token: until when each may stay, and what
 * becomes of it when its token is refreshed or taken back. Connections without a token have nothing
 * here. Owned by that loop.
 */
final class Credentials {
  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);

  /** Revocations of the same moment are looked at together. */
  private static final long SCAN_MILLIS = 100;

  private final EventLoop eventLoop;
  private final RevokedTokens revoked;
  private final @Nullable JwtOptions options;
  private final Map<Session, Grant> grants = new HashMap<>();
  private boolean scanning;

  /** No grant expires before. */
  private long earliestMillis = Long.MAX_VALUE;

  Credentials(EventLoop eventLoop, RevokedTokens revoked, Optional<JwtOptions> options) {
    this.eventLoop = eventLoop;
    this.revoked = revoked;
    this.options = options.orElse(null);
  }

  /** A connection is about to begin; it ends with its token. */
  void add(Session session) {
    Identity identity = session.handshake().identity();
    JwtOptions known = options;
    if (known != null && identity.hasClaims()) {
      try {
        Grant grant = known.grant(identity.claims());
        put(session, grant);
        if (!isGood(grant)) {
          scanSoon(); // taken back while its handlers were asked
        }
      } catch (InvalidTokenException e) {
        throw new IllegalStateException("claims that were not verified", e);
      }
    }
  }

  private void put(Session session, Grant grant) {
    grants.put(session, grant);
    onKept(grant);
  }

  private boolean isGood(Grant grant) {
    return !revoked.cover(grant, System.currentTimeMillis());
  }

  void remove(Session session) {
    grants.remove(session);
  }

  /**
   * A connection has a new token.
   *
   * @param claims what it claims; verified
   * @throws CloseException 403 if the token is about somebody else, or the connection had none
   */
  void refresh(Session session, JsonObject claims) {
    Grant before = grants.get(session);
    JwtOptions known = options;
    if (known == null || before == null) {
      throw CloseException.http(403, "the connection came without a token");
    }
    Grant grant;
    try {
      grant = known.grant(claims);
    } catch (InvalidTokenException e) {
      throw CloseException.http(401, e.reason());
    }
    if (!grant.subject().equals(before.subject())) {
      throw CloseException.http(403, "the token is about somebody else");
    }
    put(session, grant);
    session.identify(session.handshake().identity().withClaims(claims));
  }

  /** Ends connections whose token has expired. */
  void sweep(long now) {
    if (earliestMillis <= now) {
      earliestMillis = Long.MAX_VALUE;
      grants.values().forEach(this::onKept);
      endAll(grant -> grant.expiresMillis() <= now, "token expired");
    }
  }

  private void onKept(Grant grant) {
    earliestMillis = Math.min(earliestMillis, grant.expiresMillis());
  }

  /** Tokens were taken back: looks for their bearers. */
  void scanSoon() {
    if (!scanning) {
      scanning = true;
      eventLoop.schedule(this::scan, SCAN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void scan() {
    scanning = false;
    endAll(grant -> !isGood(grant), "token revoked");
  }

  private void endAll(Predicate<Grant> bad, String reason) {
    List<Session> gone = new ArrayList<>();
    grants.forEach(
        (session, grant) -> {
          if (bad.test(grant)) {
            gone.add(session);
          }
        });
    gone.forEach(grants::remove);
    for (Session session : gone) {
      LOG.debug("{}: connection={}", reason, session.id());
      session.end(CloseStatus.UNAUTHORIZED.withReason(reason));
    }
  }
}
