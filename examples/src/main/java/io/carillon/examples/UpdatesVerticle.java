package io.carillon.examples;

import io.carillon.broker.Addresses;
import io.carillon.channel.Channel;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;

/**
 * {@code /updates/listen}: what a guest sends goes to all of them under the guest's name. Guests
 * come by a one-time URI of {@link UpdatesRoutes}; their names are free again when they leave, and
 * when they never come.
 */
public final class UpdatesVerticle extends ChannelVerticle {
  @Override
  public Future<?> start() throws Exception {
    vertx.eventBus().<Object>localConsumer(Addresses.NODES, this::onNode);
    return super.start();
  }

  @Override
  protected void routes(Routes routes) {
    GuestNames names = new GuestNames(vertx);
    routes
        .route("/updates/listen", String.class, String.class)
        .needsToken(Guest.class)
        .join(ch -> names.seat(nameOf(ch), Addresses.nodeOf(ch.connectionId())))
        .message((ch, text) -> ch.broadcast(nameOf(ch) + ": " + text))
        .leave((ch, status) -> names.free(nameOf(ch)));
  }

  private static String nameOf(Channel<?> channel) {
    return channel.token(Guest.class).orElseThrow().name();
  }

  /** No leave comes for the guests of a node that is lost. */
  private void onNode(Message<Object> message) {
    if (Addresses.ACTION_LOST.equals(message.headers().get(Addresses.ACTION))) {
      new GuestNames(vertx).freeAllOf(message.headers().get(Addresses.NODE));
    }
  }
}
