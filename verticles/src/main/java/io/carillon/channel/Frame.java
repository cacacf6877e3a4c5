package io.carillon.channel;

import io.carillon.protocol.CloseStatus;

/** A message as it travels, or the end of the channel. */
public sealed interface Frame {
  /** A text message. */
  record Text(String text) implements Frame {}

  /** A binary message. The array is not copied: do not change it. */
  @SuppressWarnings("ArrayRecordComponent") // it stands for the bytes; nobody compares frames
  record Binary(byte[] bytes) implements Frame {}

  /** The client left, or this side ends the channel. */
  record Close(CloseStatus status) implements Frame {}
}
