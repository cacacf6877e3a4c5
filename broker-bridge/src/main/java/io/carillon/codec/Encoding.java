package io.carillon.codec;

import java.util.Optional;

/**
 * How values of any type become messages and back: one of the server's own ({@link Encodings}), or
 * one of yours in four functions. Stateless, and safe to share between threads.
 *
 * <pre>{@code
 * routes.route("/chat", Say.class, Said.class).encoding(Encodings.CBOR)
 *     .message((ch, say) -> ch.broadcast(new Said(say.text())));
 * }</pre>
 *
 * <p>A broadcast of a value reaches each client in the encoding of its own route; it is written
 * once for each of the server's encodings in use. What an encoding of your own has written goes out
 * as it is.
 */
public interface Encoding {
  /** The media type of one value, such as {@code application/json}. */
  String contentType();

  /** The media type of values one behind the other, such as {@code application/cbor-seq}. */
  String streamContentType();

  /** Returns the message for {@code value}, or nothing if the value cannot be written. */
  Optional<Payload> encode(Object value);

  /**
   * Returns the value of type {@code type} that {@code payload} holds, or nothing if it holds none;
   * the client is told {@code not valid <content type> for <type>} then. An {@link
   * IllegalArgumentException} or {@link DecodeException} says so with its own text.
   */
  <T> Optional<T> decode(Payload payload, Class<T> type);

  /** Returns a codec for values of one type. */
  default <T> Codec<T> codec(Class<T> type) {
    return new EncodingCodec<>(this, type);
  }

  /** The name in announcements; empty for an encoding of your own. */
  default String wireName() {
    return "";
  }
}
