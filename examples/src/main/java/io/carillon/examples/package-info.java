/** Handler verticles to start from, and the first page that talks to them. */
@NullMarked
package io.carillon.examples;

import org.jspecify.annotations.NullMarked;
