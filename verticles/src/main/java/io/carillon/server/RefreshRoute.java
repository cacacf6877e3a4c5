package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.broker.Addresses;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code POST /.carillon/refresh} with a new token as bearer: for connections that cannot be told
 * on the wire, since they do not speak carillon.v1.
 */
final class RefreshRoute {
  static final String PATH = "/.carillon/refresh";

  /** Node, instance of the HTTP verticle, number; see {@link Loop#idOf}. */
  private static final Pattern CONNECTION =
      Pattern.compile("([0-9A-Za-z-]{1,64})\\.([0-9a-z]{1,13})\\.[0-9a-z]{1,13}");

  private final Vertx vertx;

  private RefreshRoute(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Mounts it behind what finds out who asks. */
  static void mount(Router router, Vertx vertx) {
    router.post(PATH).handler(new RefreshRoute(vertx)::refresh);
  }

  private void refresh(RoutingContext context) {
    Identity identity = Handshake.of(context).identity();
    if (!identity.hasClaims()) {
      context.fail(401, CloseException.http(401, "a token is needed"));
      return;
    }
    refresh(context.request().getParam("connection"), identity.claims())
        .onComplete(
            done -> context.json(new JsonObject().put("refreshed", 1)),
            e -> context.fail(Upgrader.reason(e).httpStatus(), e));
  }

  private Future<Void> refresh(String connection, JsonObject claims) {
    Matcher id = CONNECTION.matcher(connection == null ? "" : connection);
    if (!id.matches()) {
      return Future.failedFuture(CloseException.http(400, "connection must be the id of one"));
    }
    DeliveryOptions options =
        new DeliveryOptions()
            .addHeader(Addresses.VERSION, Addresses.CONTRACT_VERSION)
            .addHeader(Addresses.ACTION, Addresses.ACTION_REFRESH)
            .addHeader(Addresses.CONNECTION, connection);
    return vertx
        .eventBus()
        .<Void>request(Addresses.http(id.group(1), id.group(2)), claims, options)
        .<Void>mapEmpty()
        .recover(e -> Future.failedFuture(refusal(e)));
  }

  private static CloseException refusal(Throwable failure) {
    if (!(failure instanceof ReplyException reply)) {
      return CloseException.http(503, "not reached");
    }
    return switch (reply.failureType()) {
      case NO_HANDLERS -> CloseException.http(404, "no such connection");
      case RECIPIENT_FAILURE ->
          CloseException.ofWire(reply.failureCode(), String.valueOf(reply.getMessage()));
      default -> CloseException.http(503, "not reached");
    };
  }
}
