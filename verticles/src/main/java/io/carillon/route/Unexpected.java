package io.carillon.route;

/** What happens to messages on a route that has no message handler. */
public enum Unexpected {
  /** The client is closed with 1003. */
  CLOSE,
  /** The message is dropped. */
  IGNORE
}
