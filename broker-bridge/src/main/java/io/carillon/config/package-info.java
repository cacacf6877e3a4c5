/** Settings: typed, from the environment, system properties and one JSON file. */
@NullMarked
package io.carillon.config;

import org.jspecify.annotations.NullMarked;
