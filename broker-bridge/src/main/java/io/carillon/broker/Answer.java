package io.carillon.broker;

import io.vertx.core.json.JsonArray;

/**
 * What became of an {@link Ask} at one place or at several.
 *
 * @param connections how many it reached
 * @param items what was asked for, if anything was
 * @param complete whether all that had to answer are in this
 */
public record Answer(int connections, JsonArray items, boolean complete) {
  /** Nobody was reached. */
  public static final Answer NONE = new Answer(0);

  /** So many were reached, and there is no more to say. */
  public Answer(int connections) {
    this(connections, new JsonArray(), true);
  }
}
