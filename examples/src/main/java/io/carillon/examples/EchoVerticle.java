package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;

/**
 * {@code /echo}: every message goes back to its sender; text stays text, binary stays binary.
 * {@code /ask} answers a question with itself, for clients that can ask.
 */
public final class EchoVerticle extends ChannelVerticle {
  @Override
  protected void routes(Routes routes) {
    routes.route("/echo").message((ch, payload) -> ch.send(payload));
    routes
        .route("/ask")
        .message((ch, payload) -> ch.send(payload))
        .request((ch, payload) -> Future.succeededFuture(payload));
  }
}
