package io.carillon.examples;

import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.StaticHandler;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves the first page from the class path folder {@code web}: {@code /} and the files beside it.
 *
 * <p>The page may load and connect to its own host only, runs no inline script or style and turns
 * no text into markup. Browsers ask every time whether their copy is still good (304 if so), so
 * that a new server never runs with an old page.
 */
public final class PageRoutes implements HttpRoutes {
  private static final String FILES = "/(?:[a-z]+\\.(?:css|html|js|svg))?";
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]");

  @Override
  public void mount(Router router, Vertx vertx, JsonObject config) {
    router
        .routeWithRegex(FILES)
        .method(HttpMethod.GET)
        .method(HttpMethod.HEAD)
        .handler(PageRoutes::secure)
        .handler(StaticHandler.create("web").setDefaultContentEncoding("UTF-8"));
  }

  private static void secure(RoutingContext context) {
    HttpServerResponse response = context.response();
    context.addHeadersEndHandler(
        end -> {
          if (response.getStatusCode() < 400) {
            response
                .putHeader("Content-Security-Policy", contentPolicy(context.request()))
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
          }
        });
    context.next();
  }

  private static String contentPolicy(HttpServerRequest request) {
    return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        + " connect-src 'self'"
        + webSocketSources(request.authority())
        + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        + " require-trusted-types-for 'script'; trusted-types 'none'";
  }

  /** For Safari before 16, to which 'self' does not cover the WebSockets of the same host. */
  private static String webSocketSources(@Nullable HostAndPort authority) {
    if (authority == null || !HOST.matcher(authority.host()).matches()) {
      return "";
    }
    String host =
        authority.port() > 0 ? authority.host() + ":" + authority.port() : authority.host();
    return " ws://" + host + " wss://" + host;
  }
}
