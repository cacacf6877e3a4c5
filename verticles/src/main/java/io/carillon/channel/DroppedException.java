package io.carillon.channel;

/**
 * A message was not queued, because its client reads too slowly and the route drops messages then.
 * The channel goes on. A handler that returns the failed future of such a send has not failed.
 */
public final class DroppedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A dropped message; there is no more to be said of it. */
  public DroppedException() {
    super("dropped: slow consumer", null, false, false);
  }
}
