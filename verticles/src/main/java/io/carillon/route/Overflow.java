package io.carillon.route;

/**
 * What becomes of a message when as much is queued for a client as may be ({@code
 * limits.maxOutboundBytes}), because it reads more slowly than it is written to. Never is the
 * sender or another client held up. On a multiplexed connection the bound is the connection's, and
 * the policy of the topic whose message does not fit acts, on that topic alone.
 */
public enum Overflow {
  /** The channel ends with 1013 "slow consumer". */
  CLOSE,

  /** The oldest messages of this channel that wait are dropped until the new one fits. */
  DROP_OLDEST,

  /** The new message is dropped. */
  DROP_NEWEST,

  /**
   * The new message takes the place of the one with the same key that waits; where none does, the
   * oldest are dropped. Without a key, the topic is the key.
   */
  LATEST_PER_KEY
}
