package io.carillon.examples;

import io.carillon.auth.BrowserSession;
import io.carillon.auth.Handshake;
import io.carillon.broker.Clients;
import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.StaticHandler;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The page {@code /account/}: sign in, order an export that a verticle on any node prepares, sign
 * out here or on all devices.
 *
 * <p>An example: whoever says a name is taken for that user. An application asks for a password
 * ahead of {@code signIn}. Its requests are JSON, which a page of another site cannot send in the
 * visitor's name.
 */
public final class AccountRoutes implements HttpRoutes {
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");
  private static final String FILES = "/account/(?:[a-z]+\\.(?:css|html|js))?";

  @Override
  public void mount(Router router, Vertx vertx, JsonObject config) {
    router
        .routeWithRegex(FILES)
        .method(HttpMethod.GET)
        .handler(AccountRoutes::secure)
        .handler(StaticHandler.create("web").setDefaultContentEncoding("UTF-8"));
    router.route("/api/account*").handler(AccountRoutes::requireJson);
    router.get("/api/account").handler(AccountRoutes::who);
    router.post("/api/account/login").handler(AccountRoutes::login);
    router.post("/api/account/logout").handler(AccountRoutes::logout);
    router.post("/api/account/logout-everywhere").handler(ctx -> logoutEverywhere(vertx, ctx));
    router.post("/api/account/exports").handler(ctx -> export(vertx, ctx));
  }

  private static void secure(RoutingContext context) {
    context
        .response()
        .putHeader(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cache-Control", "no-cache");
    context.next();
  }

  /** A form of another site cannot say this type, and its script may not. */
  private static void requireJson(RoutingContext context) {
    boolean json =
        "application/json".equals(context.request().getHeader("content-type"))
            || HttpMethod.GET.equals(context.request().method());
    if (json) {
      context.next();
    } else {
      context.fail(415);
    }
  }

  private static void who(RoutingContext context) {
    answer(context, Handshake.of(context).identity().user().orElse(""));
  }

  private static void login(RoutingContext context) {
    String name = context.body().asJsonObject().getString("name", "");
    if (!NAME.matcher(name).matches()) {
      context.fail(400);
      return;
    }
    BrowserSession.of(context).signIn(name).onComplete(in -> answer(context, name), context::fail);
  }

  private static void logout(RoutingContext context) {
    BrowserSession.of(context).signOut().onComplete(out -> answer(context, ""), context::fail);
  }

  private static void logoutEverywhere(Vertx vertx, RoutingContext context) {
    String user = BrowserSession.of(context).user().orElse("");
    if (user.isEmpty()) {
      context.fail(401);
      return;
    }
    BrowserSession.signOutEverywhere(vertx, user)
        .compose(everywhere -> BrowserSession.of(context).signOut())
        .onComplete(out -> answer(context, ""), context::fail);
  }

  /** Leaves the work to an {@link ExportVerticle}, on whatever node; it tells the user itself. */
  private static void export(Vertx vertx, RoutingContext context) {
    String user = BrowserSession.of(context).user().orElse("");
    if (user.isEmpty()) {
      context.fail(401);
      return;
    }
    String id = UUID.randomUUID().toString();
    vertx.eventBus().send(ExportVerticle.ADDRESS, new JsonObject().put("user", user).put("id", id));
    context.response().setStatusCode(202);
    context.json(new JsonObject().put("id", id));
  }

  private static void answer(RoutingContext context, String user) {
    HttpServerResponse response = context.response().putHeader("Cache-Control", "no-store");
    response.putHeader("Content-Type", "application/json");
    Clients clients = Clients.of(context.vertx());
    if (user.isEmpty()) {
      response.end(new JsonObject().put("user", user).encode());
      return;
    }
    clients
        .user(user)
        .connected()
        .onComplete(
            here ->
                response.end(
                    new JsonObject()
                        .put("user", user)
                        .put("connections", here.connections())
                        .encode()),
            context::fail);
  }
}
