/** Bytes to frames and back, and the statuses with which connections end; pure, without I/O. */
@NullMarked
package io.carillon.protocol;

import org.jspecify.annotations.NullMarked;
