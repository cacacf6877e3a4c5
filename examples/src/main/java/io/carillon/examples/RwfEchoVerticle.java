package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /websocket}: an echo that logs who has joined the party, and never what was said. */
public final class RwfEchoVerticle extends ChannelVerticle {
  private static final Logger LOG = LoggerFactory.getLogger(RwfEchoVerticle.class);

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/websocket")
        .join(
            ch -> {
              LOG.info("Client {} connected to the echo server", ch.id());
            })
        .message((ch, payload) -> ch.send(payload));
  }
}
