/** What a handler sees: channels, and the events that happen to them. */
@NullMarked
package io.carillon.channel;

import org.jspecify.annotations.NullMarked;
