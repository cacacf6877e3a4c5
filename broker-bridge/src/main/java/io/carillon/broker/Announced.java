package io.carillon.broker;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * The announcements of all handler instances that this node knows, by address: its own ones, and
 * those that other nodes' brokers have told ours. What starts later finds them here.
 */
public final class Announced {
  private Announced() {}

  /** Returns the announcements, a map that all verticles of {@code vertx} share. */
  public static Map<String, JsonObject> in(Vertx vertx) {
    return vertx.sharedData().getLocalMap("carillon.announced");
  }
}
