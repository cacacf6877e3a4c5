package io.carillon.examples;

import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;

/** {@code /counters}: what the server has counted, for tests of clients in other languages. */
public final class CountersRoutes implements HttpRoutes {
  @Override
  public void mount(Router router, Vertx vertx, JsonObject config) {
    router
        .get("/counters")
        .respond(
            context ->
                vertx
                    .eventBus()
                    .<JsonObject>request("carillon.counters", null)
                    .map(reply -> reply.body()));
  }
}
