package io.carillon.route;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * The announcements of this JVM's handler instances, so that an HTTP verticle that starts later
 * knows them before it listens. Those of other nodes come over the bus.
 */
public final class Announced {
  private Announced() {}

  /** Returns the announcements by address, a map that all verticles of {@code vertx} share. */
  public static Map<String, JsonObject> in(Vertx vertx) {
    return vertx.sharedData().getLocalMap("carillon.announced");
  }
}
