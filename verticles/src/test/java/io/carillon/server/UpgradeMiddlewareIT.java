package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.Cookie;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers of the application that upgrades run through. */
@Timeout(30)
class UpgradeMiddlewareIT {
  private static final AtomicInteger RUNS = new AtomicInteger();

  /** Named in the configuration, so a class of its own. */
  public static final class Middleware implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.get("/plain").handler(ctx -> ctx.end("plain"));
    }

    @Override
    public void mountUpgrades(Router router, Vertx vertx, JsonObject config) {
      router
          .route()
          .handler(
              ctx -> {
                RUNS.incrementAndGet();
                ctx.response()
                    .putHeader("X-Seen", "yes")
                    .putHeader("Sec-WebSocket-Accept", "forged")
                    .addCookie(Cookie.cookie("visitor", "7"));
                // Later, as after a look-up.
                vertx.runOnContext(later -> ctx.next());
              });
      router
          .route("/private/*")
          .handler(
              ctx -> {
                if (ctx.request().getHeader("authorization") == null) {
                  ctx.fail(401);
                } else {
                  ctx.next();
                }
              });
      router.route("/moved").handler(ctx -> ctx.redirect("/elsewhere"));
    }
  }

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    RUNS.set(0);
    server = TestServer.start("{'http':{'routes':['" + Middleware.class.getName() + "']}}");
    server.serve(
        routes -> {
          for (String pattern : new String[] {"/t", "/private/t", "/moved"}) {
            routes.route(pattern).message((ch, payload) -> ch.send(payload));
          }
        });
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void upgradeRunsThroughThemOnceAndTheirHeadersAreOnThe101() throws Exception {
    RawClient client = server.open();
    Answer answer = client.ask(Request.upgrade("/t"));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("X-Seen")).containsExactly("yes");
    assertThat(answer.header("Set-Cookie")).containsExactly("visitor=7");
    assertThat(answer.header("Sec-WebSocket-Accept")).containsExactly(Request.ACCEPT);
    for (int i = 0; i < 3; i++) {
      assertThat(client.sendText("x" + i).readText()).isEqualTo("x" + i);
    }
    assertThat(RUNS).hasValue(1);
  }

  @Test
  void theyMayRefuseOrAnswerThemselves() throws Exception {
    Answer refused = server.open().ask(Request.upgrade("/private/t"));
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.body()).isEqualTo("{\"status\":401,\"error\":\"Unauthorized\"}");
    Answer passed =
        server.open().ask(Request.upgrade("/private/t").plus("Authorization", "Bearer x"));
    assertThat(passed.status()).isEqualTo(101);

    Answer moved = server.open().ask(Request.upgrade("/moved"));
    assertThat(moved.status()).isEqualTo(302);
    assertThat(moved.header("Location")).containsExactly("/elsewhere");
  }

  @Test
  void otherRequestsDoNotRunThroughThem() throws Exception {
    assertThat(server.open().ask(Request.plain("GET", "/plain")).body()).isEqualTo("plain");
    assertThat(RUNS).hasValue(0);
    assertThat(server.open().ask(Request.upgrade("/absent")).status()).isEqualTo(404);
  }
}
