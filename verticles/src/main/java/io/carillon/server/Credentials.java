package io.carillon.server;

import io.carillon.auth.Grant;
import io.carillon.auth.Handshake;
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
  /** What ends with its token: a connection, or a topic that was joined by a one-time URI. */
  interface Holder {
    /** Who has come with the token. */
    Handshake handshake();

    /** Ends it. */
    void end(CloseStatus status);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);

  private static final Grant EXPIRED =
      new Grant(Optional.empty(), Optional.empty(), Grant.NEVER_ISSUED, Long.MIN_VALUE);

  /** Revocations of the same moment are looked at together. */
  private static final long SCAN_MILLIS = 100;

  private final EventLoop eventLoop;
  private final RevokedTokens revoked;
  private final @Nullable JwtOptions options;
  private final Map<Holder, Grant> grants = new HashMap<>();
  private boolean scanning;

  /** No grant expires before. */
  private long earliestMillis = Long.MAX_VALUE;

  Credentials(EventLoop eventLoop, RevokedTokens revoked, Optional<JwtOptions> options) {
    this.eventLoop = eventLoop;
    this.revoked = revoked;
    this.options = options.orElse(null);
  }

  /** One is about to begin that ends with its token, if it has one. */
  void add(Holder holder) {
    Identity identity = holder.handshake().identity();
    JwtOptions known = options;
    if (known != null && identity.hasClaims()) {
      Grant grant = grant(known, identity.claims());
      put(holder, grant);
      if (!isGood(grant)) {
        scanSoon(); // taken back while its handlers were asked
      }
    }
  }

  /** Those of a one-time URI may have been made up by whoever issued it. */
  private static Grant grant(JwtOptions known, JsonObject claims) {
    try {
      return known.grant(claims);
    } catch (InvalidTokenException e) {
      return EXPIRED;
    }
  }

  private void put(Holder holder, Grant grant) {
    grants.put(holder, grant);
    onKept(grant);
  }

  private boolean isGood(Grant grant) {
    return !revoked.cover(grant, System.currentTimeMillis());
  }

  void remove(Holder holder) {
    grants.remove(holder);
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

  /** Ends those whose token has expired. */
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
    List<Holder> gone = new ArrayList<>();
    grants.forEach(
        (holder, grant) -> {
          if (bad.test(grant)) {
            gone.add(holder);
          }
        });
    gone.forEach(grants::remove);
    gone.forEach(holder -> holder.end(CloseStatus.UNAUTHORIZED.withReason(reason)));
    if (!gone.isEmpty()) {
      LOG.info("{}: closed={}", reason, gone.size());
    }
  }
}
