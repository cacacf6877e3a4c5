package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Addresses;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages of which origins may connect. */
@Timeout(30)
class OriginsIT {
  private static final Journal JOINED = new Journal();
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server =
        TestServer.start(
            "{'http':{'origins':['partner.net'],'trustedProxies':['127.0.0.0/8'],'routes':['"
                + Pages.class.getName()
                + "']}}");
    server.serve(
        routes -> {
          routes
              .route("/told")
              .join(
                  ch -> {
                    JOINED.add("joined");
                  });
          routes.route("/own").message((ch, payload) -> ch.send(payload));
          routes
              .route("/open")
              .allowedOrigins("*.example.com", "localhost:3000")
              .message((ch, payload) -> ch.send(payload));
          routes.route("/open/apart").allowedOrigins("*.example.com").join(ch -> {});
          routes.route("/open/apart").message((ch, payload) -> ch.send(payload));
        });
  }

  /** Something beside event routes. */
  public static final class Pages implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.get("/page").handler(ctx -> ctx.end("page"));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Request from(String origin, String uri) {
    return Request.upgrade(uri).plus("Origin", origin);
  }

  private static int status(Request request) throws Exception {
    try (RawClient client = RawClient.open(server.port())) {
      return client.ask(request).status();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/own, http://localhost, 101",
    "/own, http://localhost:80, 101",
    "/own, http://evil.net, 403",
    "/own, https://localhost, 403",
    "/own, http://localhost:3000, 403",
    "/own, http://api.example.com, 403",
    "/own, null, 403",
    "/own, http://partner.net, 101",
    "/open, http://localhost:3000, 101",
    "/open, http://api.example.com, 101",
    "/open, https://api.example.com, 101",
    "/open, http://partner.net, 101",
    "/open, http://example.com, 403",
    "/open, http://api.example.com.evil.net, 403",
    "/open, null, 403",
    // each route that matches has to allow it
    "/open/apart, http://api.example.com, 403",
    "/open/apart, http://localhost, 101",
  })
  void pagesMayJoinWhereTheListsSaySo(String topic, String origin, int status) throws Exception {
    assertThat(status(from(origin, topic))).isEqualTo(status);
  }

  @Test
  void refusalComesAheadOfJoinAndSaysWhatItIs() throws Exception {
    Answer refused = server.open().ask(from("http://evil.net", "/told"));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).isEqualTo("{\"status\":403,\"error\":\"origin not allowed\"}");
    assertThat(status(Request.upgrade("/told"))).isEqualTo(101);
    assertThat(JOINED.next()).isEqualTo("joined");
    JOINED.isEmpty();
  }

  @Test
  void clientsThatAreNoPagesPass() throws Exception {
    assertThat(status(Request.upgrade("/own"))).isEqualTo(101);
  }

  @Test
  void twoOriginsAreRefused() throws Exception {
    assertThat(status(from("http://localhost", "/own").plus("Origin", "http://localhost")))
        .isEqualTo(403);
  }

  @Test
  void plainRequestsAreNotAsked() throws Exception {
    assertThat(status(Request.plain("GET", "/page").plus("Origin", "http://evil.net")))
        .isEqualTo(200);
    assertThat(status(from("http://evil.net", "/absent"))).isEqualTo(404);
  }

  @ParameterizedTest
  @CsvSource({
    "X-Forwarded-Host: app.example.org, X-Forwarded-Proto: https, https://app.example.org, 101",
    "Forwarded: host=app.example.org;proto=https, X-Other: 1, https://app.example.org, 101",
    "X-Forwarded-Host: app.example.org, X-Forwarded-Proto: https, http://localhost, 403",
    "X-Forwarded-Host: app.example.org, X-Forwarded-Proto: http, https://app.example.org, 403",
    "X-Forwarded-Proto: https, X-Other: 1, https://localhost, 101",
  })
  void trustedProxySaysWhatIsOwn(String one, String other, String origin, int status)
      throws Exception {
    Request request = from(origin, "/own");
    for (String header : new String[] {one, other}) {
      String[] parts = header.split(": ", 2);
      request = request.plus(parts[0], parts[1]);
    }
    assertThat(status(request)).isEqualTo(status);
  }

  @Test
  void nobodyElseSaysWhatIsOwn() throws Exception {
    try (TestServer doubting = TestServer.start()) {
      doubting.serve(routes -> routes.route("/own").message((ch, payload) -> ch.send(payload)));
      Answer answer =
          doubting.open().ask(from("http://evil.net", "/own").plus("X-Forwarded-Host", "evil.net"));
      assertThat(answer.status()).isEqualTo(403);
    }
  }

  @Test
  void eachSubscribeAsksTheListOfItsRoute() throws Exception {
    for (String dialect : new String[] {"rocket-multiplex", "carillon.v1"}) {
      RawClient client =
          server
              .open()
              .upgrade(
                  from("http://api.example.com", "/open").plus("Sec-WebSocket-Protocol", dialect));
      client.sendText("·SUBSCRIBE·/own·");
      String name = dialect.startsWith("c") ? "403 origin not allowed" : "Forbidden";
      assertThat(client.readText()).isEqualTo("·ERR·" + name + "·SUBSCRIBE·/own·");
      assertThat(client.sendText("/open·still here").readText()).isEqualTo("/open·still here");
    }
  }

  @Test
  void carrierTakesPagesThatSomeRouteTakes() throws Exception {
    Request carrier = Request.upgrade("/.multiplex").plus("Sec-WebSocket-Protocol", "carillon.v1");
    assertThat(status(carrier.plus("Origin", "http://evil.net"))).isEqualTo(403);
    assertThat(status(carrier.plus("Origin", "null"))).isEqualTo(403);
    RawClient client = server.open().upgrade(carrier.plus("Origin", "http://localhost:3000"));
    client.sendText("·SUBSCRIBE·/own·");
    assertThat(client.readText()).isEqualTo("·ERR·403 origin not allowed·SUBSCRIBE·/own·");
    client.sendText("·SUBSCRIBE·/open·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/open····");
  }

  @Test
  void refusalsAreCountedAndLogged() throws Exception {
    try (LogCapture log = LogCapture.of(Audit.class.getName());
        TestServer fresh = TestServer.start()) {
      fresh.serve(routes -> routes.route("/own").message((ch, payload) -> ch.send(payload)));
      Answer refused = fresh.open().ask(from("http://evil.net", "/own?token=secret"));

      assertThat(refused.status()).isEqualTo(403);
      assertThat(log.next("refused: ").getFormattedMessage())
          .isEqualTo(
              "refused: status=403, reason=origin http://evil.net not allowed, own http://localhost,"
                  + " path=/own, route=/own, address=127.0.0.1");
      JsonObject counters =
          TestServer.await(fresh.vertx().eventBus().<JsonObject>request(Addresses.COUNTERS, "all"))
              .body();
      assertThat(counters.getJsonObject("refused").getLong("origin")).isEqualTo(1);
    }
  }

  @Test
  void entryThatIsNoneEndsTheStart() {
    assertThatThrownBy(() -> TestServer.start("{'http':{'origins':['*.com']}}"))
        .hasMessage(
            "http.origins: an origin must have no wildcard among its last two labels:"
                + " origin=*.com");
    assertThatThrownBy(
            () ->
                server.serve(
                    routes ->
                        routes.route("/bad").allowedOrigins("com").message((ch, payload) -> {})))
        .hasMessage(
            "an origin must be localhost, an address, or a domain of at least two labels:"
                + " origin=com");
  }
}
