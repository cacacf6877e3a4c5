package io.carillon.route;

import io.carillon.channel.Params;

/** What a {@link UriPattern} says to a topic. */
public sealed interface Match {
  /** The topic does not match; another pattern may. */
  record None() implements Match {}

  /**
   * The topic matches.
   *
   * @param params what the pattern found in it
   */
  record Found(Params params) implements Match {}

  /**
   * Only a required query parameter is missing. When no other pattern matches, the answer is 400
   * and names it.
   *
   * @param parameter the name of the first one
   */
  record Missing(String parameter) implements Match {}

  /** The one {@link None}. */
  Match NONE = new None();
}
