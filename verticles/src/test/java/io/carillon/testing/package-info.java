/** What tests of handlers need: channels without a server. Published as the test jar. */
@NullMarked
package io.carillon.testing;

import org.jspecify.annotations.NullMarked;
