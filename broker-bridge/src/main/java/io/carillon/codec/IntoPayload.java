package io.carillon.codec;

/**
 * A type of your own that can be sent as a message wherever one is taken: it says itself whether it
 * is text or binary, and of which bytes.
 */
@FunctionalInterface
public interface IntoPayload {
  /**
   * Returns the message. Called once for a send and once for a broadcast, on the sender's thread.
   */
  Payload toPayload();
}
