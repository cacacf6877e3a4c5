package io.carillon.examples.cluster;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;

/** {@code /who}: tells everybody where it takes them to be. */
public final class WhoVerticle extends ChannelVerticle {
  @Override
  protected void routes(Routes routes) {
    routes
        .route("/who", String.class, String.class)
        .message((ch, text) -> ch.send(ch.handshake().remoteAddress()));
  }
}
