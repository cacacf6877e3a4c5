package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;

/**
 * An application's own HTTP routes on the server's port. The configuration names the class under
 * {@code http.routes}; it needs a constructor without parameters.
 *
 * <pre>{@code
 * public final class Exports implements HttpRoutes {
 *   @Override public void mount(Router router, Vertx vertx, JsonObject config) {
 *     Broker broker = Broker.of(vertx);
 *     router.post("/exports/:id").handler(ctx -> {
 *       broker.broadcastTo("/exports/" + ctx.pathParam("id"), "ready");
 *       ctx.response().setStatusCode(202).end();
 *     });
 *   }
 * }
 * }</pre>
 *
 * <p>These routes are asked ahead of the automatic 426 and 405 of event routes, and never for a
 * WebSocket upgrade, for which there is {@link #mountUpgrades}.
 */
@FunctionalInterface
public interface HttpRoutes {
  /**
   * Adds routes to {@code router}. Called once for each {@code HttpVerticle} instance, on its event
   * loop, before it listens.
   *
   * @param config the whole configuration of the server
   */
  void mount(Router router, Vertx vertx, JsonObject config);

  /**
   * Adds handlers that each WebSocket upgrade runs through once, ahead of its routing and its join:
   * they may answer it themselves, fail it with a status, or let it pass with {@code ctx.next()}.
   * What they have put on the response by then, headers and cookies, is on the 101 too, and so is
   * what their {@code ctx.addHeadersEndHandler} puts there. {@code Handshake.of(ctx)} says who
   * asks. Upgrades that pages of other origins ask for do not get here.
   *
   * <p>Topics that are subscribed later on a multiplexed connection do not run through them.
   *
   * @param config the whole configuration of the server
   */
  default void mountUpgrades(Router router, Vertx vertx, JsonObject config) {}

  /** Says how errors are worded. */
  default void mountErrors(ErrorHandlers errors) {}
}
