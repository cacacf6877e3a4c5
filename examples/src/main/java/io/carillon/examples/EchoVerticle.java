package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;

/**
 * {@code /echo}: every message goes back to its sender, and every question is its own answer; text
 * stays text, binary stays binary.
 */
public final class EchoVerticle extends ChannelVerticle {
  @Override
  protected void routes(Routes routes) {
    routes
        .route("/echo")
        .message((ch, payload) -> ch.send(payload))
        .request((ch, payload) -> Future.succeededFuture(payload));
  }
}
