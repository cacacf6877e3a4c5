/** What any verticle imports to broadcast to topics and to subscribe to them. */
@NullMarked
package io.carillon.broker;

import org.jspecify.annotations.NullMarked;
