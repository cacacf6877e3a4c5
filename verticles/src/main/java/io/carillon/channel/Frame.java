package io.carillon.channel;

import io.carillon.protocol.CloseStatus;

/** A message or a control frame as it travels. */
public sealed interface Frame {
  /** Largest payload of a ping or pong, in bytes (RFC 6455, section 5.5). */
  int MAX_CONTROL_BYTES = 125;

  /** A text message. */
  record Text(String text) implements Frame {}

  /** A binary message. The array is not copied: do not change it. */
  @SuppressWarnings("ArrayRecordComponent") // it stands for the bytes; nobody compares frames
  record Binary(byte[] bytes) implements Frame {}

  /** A ping, with at most {@value #MAX_CONTROL_BYTES} bytes. The array is not copied. */
  @SuppressWarnings("ArrayRecordComponent") // as above
  record Ping(byte[] bytes) implements Frame {
    /**
     * @throws IllegalArgumentException if the payload is too large
     */
    public Ping {
      check(bytes);
    }
  }

  /** A pong, with at most {@value #MAX_CONTROL_BYTES} bytes. The array is not copied. */
  @SuppressWarnings("ArrayRecordComponent") // as above
  record Pong(byte[] bytes) implements Frame {
    /**
     * @throws IllegalArgumentException if the payload is too large
     */
    public Pong {
      check(bytes);
    }
  }

  /** A close frame, or what stands for it where the channel has no connection of its own. */
  record Close(CloseStatus status) implements Frame {}

  private static void check(byte[] payload) {
    if (payload.length > MAX_CONTROL_BYTES) {
      throw new IllegalArgumentException(
          "payload of a control frame too large: bytes="
              + payload.length
              + ", max="
              + MAX_CONTROL_BYTES);
    }
  }
}
