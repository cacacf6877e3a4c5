package io.carillon.examples;

import io.carillon.auth.WebSocketTokens;
import io.carillon.codec.Codec;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Payload;
import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;

/**
 * {@code POST /updates/listen} with {@code {"name": "ann"}}: answers with a one-time URI for {@link
 * UpdatesVerticle}, with 409 while somebody in the cluster has that name, and with 400 if it is
 * none.
 */
public final class UpdatesRoutes implements HttpRoutes {
  private static final Codec<Guest> GUEST = Codec.of(Guest.class);

  @Override
  public void mount(Router router, Vertx vertx, JsonObject config) {
    GuestNames names = new GuestNames(vertx);
    WebSocketTokens tokens = WebSocketTokens.of(vertx);
    router.post("/updates/listen").handler(ctx -> greet(ctx, names, tokens));
  }

  private static void greet(RoutingContext ctx, GuestNames names, WebSocketTokens tokens) {
    Guest guest;
    try {
      guest = GUEST.decode(Payload.text(Objects.requireNonNullElse(ctx.body().asString(), "")));
    } catch (DecodeException e) {
      ctx.fail(400);
      return;
    }
    names
        .take(guest.name())
        .onComplete(
            free -> {
              if (free) {
                tokens.respond(ctx, guest).onFailure(e -> names.free(guest.name()));
              } else {
                ctx.fail(409);
              }
            },
            ctx::fail);
  }
}
