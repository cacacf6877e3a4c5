/** Typed values to payloads and back. */
@NullMarked
package io.carillon.codec;

import org.jspecify.annotations.NullMarked;
