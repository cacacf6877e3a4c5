/** URI patterns, the handlers behind them, and the verticle that runs these. */
@NullMarked
package io.carillon.route;

import org.jspecify.annotations.NullMarked;
