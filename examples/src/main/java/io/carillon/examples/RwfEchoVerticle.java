package io.carillon.examples;

import io.carillon.channel.Channel;
import io.carillon.codec.Payload;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Controller;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /websocket}: an echo that logs who has joined the party, and never what was said. */
public final class RwfEchoVerticle extends ChannelVerticle {
  private static final Logger LOG = LoggerFactory.getLogger(RwfEchoVerticle.class);

  static final class Echo implements Controller<Payload, Payload> {
    @Override
    public Future<?> connected(Channel<Payload> session) {
      LOG.info("Client {} connected to the echo server", session.id());
      return Future.succeededFuture();
    }

    @Override
    public Future<?> message(Channel<Payload> session, Payload message) {
      return session.send(message);
    }
  }

  @Override
  protected void routes(Routes routes) {
    routes.controller("/websocket", new Echo());
  }
}
