package io.carillon.route;

/** When the join handler of a route runs. */
public enum JoinPhase {
  /** Before the 101 answer: a refusal is an HTTP status. */
  BEFORE_UPGRADE,
  /**
   * After it: a refusal is a close code, which code in a browser can read, as it cannot the status
   * of a failed handshake.
   */
  AFTER_UPGRADE
}
