package io.carillon.auth;

import java.util.Optional;

/**
 * What the server keeps of a good JSON Web Token for as long as its bearer is connected.
 *
 * @param subject whom it is about
 * @param id what it can be revoked by
 * @param issuedMillis when it was made, in milliseconds of the epoch; {@link #NEVER_ISSUED} where
 *     it does not say, which is ahead of every revocation
 * @param expiresMillis from when on it is not taken any more
 */
public record Grant(
    Optional<String> subject, Optional<String> id, long issuedMillis, long expiresMillis) {
  /** Stands for the time of a token that does not say when it was issued. */
  public static final long NEVER_ISSUED = Long.MIN_VALUE;
}
