package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;

/** {@code /echo}: every message goes back to its sender; text stays text, binary stays binary. */
public final class EchoVerticle extends ChannelVerticle {
  @Override
  protected void routes(Routes routes) {
    routes.route("/echo").message((ch, payload) -> ch.send(payload));
  }
}
