/** What Carillon is measured with: load, yardsticks, and the command that runs them. */
@NullMarked
package io.carillon.benchmarks;

import org.jspecify.annotations.NullMarked;
