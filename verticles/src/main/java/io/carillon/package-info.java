/** The start: a server from its configuration, by command line or in a program of one's own. */
@NullMarked
package io.carillon;

import org.jspecify.annotations.NullMarked;
