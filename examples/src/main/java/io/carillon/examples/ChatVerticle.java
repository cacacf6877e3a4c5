package io.carillon.examples;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;

/**
 * The smallest chat, and an echo: {@code /chat/tea?name=ann}.
 *
 * <p>A broadcast reaches who joined the same path and query, so these are the tabs and devices of
 * one name in one room. A room in which names meet keeps them out of the URI: {@link RoomVerticle}.
 */
public final class ChatVerticle extends ChannelVerticle {
  record Say(String text) {}

  record Said(String who, String text) {}

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/chat/:room", Say.class, Said.class) // JSON unless told otherwise
        .join(ch -> ch.broadcast(new Said("room", ch.query("name") + " came")))
        .message((ch, say) -> ch.broadcast(new Said(ch.query("name"), say.text())))
        .leave((ch, status) -> ch.broadcast(new Said("room", ch.query("name") + " left")));
    routes
        .route("/echo")
        .message((ch, payload) -> ch.send(payload)); // text stays text, binary stays binary
  }
}
