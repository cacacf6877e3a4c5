package io.carillon.examples;

import static java.util.Objects.requireNonNullElse;

import io.carillon.auth.Guards;
import io.carillon.broker.Broker;
import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;

/**
 * Takes notes over HTTP: {@code POST /users/ann/notes}, from the user whose notes they are and from
 * pages of this server only.
 */
public final class NotesRoutes implements HttpRoutes {
  @Override
  public void mount(Router router, Vertx vertx, JsonObject config) {
    Broker broker = Broker.of(vertx);
    router
        .post("/users/:sub/notes")
        .handler(Guards.handler(Guards.sameOrigin().and(NotesVerticle.OWNER)))
        .handler(
            ctx ->
                broker
                    .broadcastTo(
                        ctx.normalizedPath(), requireNonNullElse(ctx.body().asString(), ""))
                    .onSuccess(taken -> ctx.response().setStatusCode(202).end())
                    .onFailure(ctx::fail));
  }
}
