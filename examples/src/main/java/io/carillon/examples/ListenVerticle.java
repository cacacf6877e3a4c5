package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;

/** {@code /listen}: every message goes to all who listen, its sender included, as it came. */
public final class ListenVerticle extends ChannelVerticle {
  @Override
  protected void routes(Routes routes) {
    routes.route("/listen").message((ch, payload) -> ch.broadcast(payload));
  }
}
