package io.carillon.route;

import io.carillon.codec.Codec;
import io.carillon.codec.Encoding;

/**
 * How messages are read and written.
 *
 * @param values how values of other types than {@code O} are written
 */
record Typed<I, O>(Codec<I> in, Codec<O> out, Encoding values) {}
