package io.carillon.codec;

import io.vertx.core.buffer.Buffer;

/**
 * Turns values of one type into payloads and back. Stateless, and safe to share between threads.
 *
 * @param <T> the type of the values
 */
public interface Codec<T> {
  /** The media type of the payloads, such as {@code application/json}. */
  String contentType();

  /** Returns the payload for {@code value}. */
  Payload encode(T value);

  /**
   * Returns the value that {@code payload} holds.
   *
   * @throws DecodeException if it holds none; its message may be shown to the client
   */
  T decode(Payload payload);

  /**
   * Returns the codec that fits {@code type}: {@link Payload} as it is, {@code String} as raw text,
   * {@code byte[]} and {@link Buffer} as raw binary, everything else as JSON in a text message.
   */
  static <T> Codec<T> of(Class<T> type) {
    return Codecs.of(type);
  }

  /**
   * Returns the payload of a message of any type: a {@link Payload} as it is, an {@link
   * IntoPayload} by its own word, text for a {@code String}, binary for {@code byte[]} and {@link
   * Buffer}, and JSON in a text message for everything else.
   */
  static Payload payloadOf(Object message) {
    return Codecs.payloadOf(message, Encodings.JSON);
  }

  /** As above, with another encoding than JSON for everything else. */
  static Payload payloadOf(Object message, Encoding values) {
    return Codecs.payloadOf(message, values);
  }

  /** Whether messages of {@code type} are taken as they are unless an encoding is named. */
  static boolean isRaw(Class<?> type) {
    return Codecs.isRaw(type);
  }
}
