package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.broker.Addresses;
import io.carillon.broker.Ask;
import io.carillon.broker.Audiences;
import io.carillon.broker.Clients;
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
 * on the wire, since they do not speak carillon.v1. It acts on the connections of the caller's
 * session, wherever they are, or on the one that is named.
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
    String connection = context.request().getParam("connection");
    Future<Integer> refreshed =
        connection == null
            ? refreshAll(identity)
            : refresh(connection, identity.claims()).map(done -> 1);
    refreshed.onComplete(
        connections -> context.json(new JsonObject().put("refreshed", connections)),
        e -> context.fail(Upgrader.reason(e).httpStatus(), e));
  }

  /** Every connection of the caller's session that came as the same user. */
  private Future<Integer> refreshAll(Identity identity) {
    String session = identity.session().orElse("");
    if (session.isEmpty()) {
      return Future.failedFuture(CloseException.http(400, "a session or a connection is needed"));
    }
    JsonObject claims = new JsonObject().put(Addresses.ACTION_REFRESH, identity.claims());
    Ask ask = new Ask(Audiences.session(session), Addresses.ACTION_REFRESH, claims, null);
    return Clients.of(vertx)
        .ask(ask)
        .compose(
            answer ->
                answer.connections() > 0
                    ? Future.succeededFuture(answer.connections())
                    : Future.failedFuture(CloseException.http(404, "no such connection")));
  }

  private Future<Void> refresh(String connection, JsonObject claims) {
    Matcher id = CONNECTION.matcher(connection);
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
