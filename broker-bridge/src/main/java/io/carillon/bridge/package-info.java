/** The broker itself: topics to bus addresses. */
@NullMarked
package io.carillon.bridge;

import org.jspecify.annotations.NullMarked;
