package io.carillon.route;

import io.carillon.codec.Codec;
import io.carillon.codec.Encoding;
import io.carillon.codec.Payload;

/**
 * How messages are read and written.
 *
 * @param values how values of other types than {@code O} are written
 * @param named whether the route names that encoding, which then holds for text and bytes too
 */
record Typed<I, O>(Codec<I> in, Codec<O> out, Encoding values, boolean named) {
  /** How values of another type are read. */
  <A> Codec<A> codec(Class<A> type) {
    return named && type != Payload.class ? values.codec(type) : Codec.of(type);
  }
}
