package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.auth.Handshake;
import io.carillon.channel.CloseException;
import io.vertx.core.Vertx;
import io.vertx.core.http.Cookie;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.SessionHandler;
import io.vertx.ext.web.sstore.LocalSessionStore;
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
      router
          .route("/late")
          .handler(
              ctx -> {
                ctx.addHeadersEndHandler(
                    end ->
                        ctx.response()
                            .putHeader("X-Late", Handshake.of(ctx).uri())
                            .addCookie(Cookie.cookie("late", "1")));
                ctx.addHeadersEndHandler(end -> ctx.response().putHeader("X-Later", "yes"));
                ctx.next();
              });
      router
          .route("/session")
          .handler(SessionHandler.create(LocalSessionStore.create(vertx)))
          .handler(
              ctx -> {
                ctx.session().put("seen", true);
                ctx.next();
              });
      router
          .route("/broken-head")
          .handler(
              ctx -> {
                ctx.addHeadersEndHandler(
                    end -> {
                      throw new IllegalStateException("broken");
                    });
                ctx.next();
              });
      router.route("/moved").handler(ctx -> ctx.redirect("/elsewhere"));
    }
  }

  /** Named in the configuration too. */
  public static final class Errors implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {}

    @Override
    public void mountErrors(ErrorHandlers errors) {
      errors
          .on("/", 404, (request, status, text) -> request.response().end("nothing here"))
          .on("/api", (request, status, text) -> request.response().end("api: " + text))
          .on(
              "/broken",
              404,
              (request, status, text) -> {
                throw new IllegalStateException("a secret");
              })
          .on("/broken", 500, (request, status, text) -> request.response().end("broken"));
    }
  }

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    RUNS.set(0);
    server =
        TestServer.start(
            "{'http':{'routes':['"
                + Middleware.class.getName()
                + "','"
                + Errors.class.getName()
                + "']}}");
    server.serve(
        routes -> {
          for (String pattern :
              new String[] {"/t", "/private/t", "/moved", "/late", "/session", "/broken-head"}) {
            routes.route(pattern).message((ch, payload) -> ch.send(payload));
          }
          routes
              .route("/api/t")
              .join(
                  ch -> {
                    throw CloseException.http(409, "taken");
                  });
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
  void whatTheyAddInTheLastMomentIsOnTheAnswerWhateverItIs() throws Exception {
    RawClient client = server.open();
    Answer answer = client.ask(Request.upgrade("/late?a=1"));
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("X-Late")).containsExactly("/late?a=1");
    assertThat(answer.header("X-Later")).containsExactly("yes");
    assertThat(answer.header("Set-Cookie")).containsExactlyInAnyOrder("visitor=7", "late=1");
    assertThat(client.sendText("x").readText()).isEqualTo("x");

    Answer refused =
        server.open().ask(Request.upgrade("/late").with("Sec-WebSocket-Version", "12"));
    assertThat(refused.status()).isEqualTo(426);
    assertThat(refused.header("X-Late")).containsExactly("/late");
    assertThat(server.open().ask(Request.upgrade("/broken-head")).status()).isEqualTo(101);
  }

  @Test
  void sessionHandlerOfVertxWebPutsItsCookieOnThe101() throws Exception {
    Answer answer = server.open().ask(Request.upgrade("/session"));
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("Set-Cookie"))
        .anyMatch(cookie -> cookie.startsWith("vertx-web.session="));
  }

  @Test
  void pagesOfOtherOriginsDoNotGetThere() throws Exception {
    Answer refused = server.open().ask(Request.upgrade("/t").plus("Origin", "http://evil.net"));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(RUNS).hasValue(0);
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

  private String error(Request request) throws Exception {
    Answer answer = server.open().ask(request);
    return answer.status() + " " + answer.body();
  }

  @Test
  void errorsAreWordedByBaseAndStatus() throws Exception {
    assertThat(error(Request.upgrade("/absent"))).isEqualTo("404 nothing here");
    assertThat(error(Request.plain("GET", "/apis"))).isEqualTo("404 nothing here");
    assertThat(error(Request.upgrade("/api/absent"))).isEqualTo("404 api: Not Found");
    assertThat(error(Request.upgrade("/api/t"))).isEqualTo("409 api: taken");
    Answer plain = server.open().ask(Request.plain("GET", "/api/t"));
    assertThat(plain.status() + " " + plain.body()).isEqualTo("426 api: Upgrade Required");
    assertThat(plain.header("Sec-WebSocket-Version")).containsExactly("13");
    assertThat(error(Request.plain("GET", "/t")))
        .isEqualTo("426 {\"status\":426,\"error\":\"Upgrade Required\"}");
  }

  @Test
  void errorHandlerThatFailsIsA500() throws Exception {
    assertThat(error(Request.upgrade("/broken/x"))).isEqualTo("500 broken");
  }
}
