/** What the request that opened a connection said. */
@NullMarked
package io.carillon.auth;

import org.jspecify.annotations.NullMarked;
