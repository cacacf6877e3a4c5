/** The HTTP verticle: upgrades, WebSocket connections, sessions and fan-out. */
@NullMarked
package io.carillon.server;

import org.jspecify.annotations.NullMarked;
