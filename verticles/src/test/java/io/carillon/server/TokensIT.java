package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.carillon.auth.RequestCache;
import io.carillon.auth.WebSocketTokens;
import io.carillon.channel.CloseException;
import io.carillon.channel.Forward;
import io.carillon.route.Routes;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** One-time URIs on one node, from the request that they are issued to, to their one leave. */
@Timeout(60)
class TokensIT {
  /** What a token carries. */
  record Guest(String name) {}

  /** What another carries. */
  record Badge(int number) {}

  /** What the issuing request keeps. */
  record Account(String owner, int pages) {}

  /** Named in the configuration, so a class of its own. */
  public static final class Door implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      WebSocketTokens tokens = WebSocketTokens.of(vertx);
      router
          .post("/updates/listen")
          .handler(ctx -> tokens.respond(ctx, new Guest(ctx.body().asString())));
      router.post("/badge").handler(ctx -> tokens.respond(ctx, bound(ctx), new Badge(7)));
      router.post("/text").handler(ctx -> tokens.respond(ctx, bound(ctx), ctx.body().asString()));
      router
          .get("/account")
          .handler(
              ctx -> {
                Account account =
                    RequestCache.of(ctx).cached(Account.class, () -> new Account("ann", 3));
                tokens.respond(ctx, "/cached", account.owner());
              });
    }

    private static String bound(RoutingContext ctx) {
      return ctx.queryParams().get("uri");
    }
  }

  /** Refuses some upgrades ahead of their routes. */
  public static final class Middleware implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {}

    @Override
    public void mountUpgrades(Router router, Vertx vertx, JsonObject config) {
      router
          .route("/updates/*")
          .handler(
              ctx -> {
                if ("no".equals(ctx.request().getParam("may"))) {
                  ctx.fail(403);
                } else {
                  ctx.response().putHeader("X-Seen", ctx.request().uri());
                  vertx.runOnContext(later -> ctx.next());
                }
              });
    }
  }

  private static final String WRONG = "/websocket/token/0123456789abcdefghijkl";

  private final Journal journal = new Journal();
  private TestServer server;

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private void start(String config) throws Exception {
    start(config, "");
  }

  private void start(String config, String further) throws Exception {
    server =
        TestServer.start(
            "{'http':{'routes':['" + Door.class.getName() + "'" + further + "]}," + config + "}");
    server.serve(this::routes);
  }

  private void routes(Routes routes) {
    routes
        .route("/updates/listen", String.class, String.class)
        .needsToken(Guest.class)
        .join(
            ch -> {
              String name = ch.token(Guest.class).orElseThrow().name();
              journal.add("join " + name + " " + ch.topic().uri());
              if (name.equals("refused")) {
                throw CloseException.http(409, "taken");
              }
            })
        .message(
            (ch, text) ->
                text.equals("uri")
                    ? ch.send(ch.handshake().method() + " " + ch.handshake().uri())
                    : ch.broadcast(ch.token(Guest.class).orElseThrow().name() + ": " + text))
        .leave(
            (ch, status) -> {
              Guest guest = ch.token(Guest.class).orElseThrow();
              journal.add("leave " + guest.name() + " " + status + " " + ch.topic().uri());
            });
    routes
        .route("/both", String.class, String.class)
        .rank(1)
        .needsToken(Badge.class)
        .message((ch, text) -> ch.send("badge " + ch.token(Badge.class).orElseThrow().number()));
    routes
        .route("/both", String.class, String.class)
        .rank(2)
        .message((ch, text) -> ch.send("no badge " + ch.token(Badge.class).isPresent()));
    routes
        .route("/cached", String.class, String.class)
        .needsToken(String.class)
        .message(
            (ch, text) ->
                ch.send(
                    ch.token(String.class).orElseThrow()
                        + ch.cached(Account.class, () -> new Account("nobody", 0))
                        + ch.cached(Badge.class, () -> new Badge(1))));
    routes
        .route("/picky", String.class, String.class)
        .needsToken(Guest.class)
        .join(ch -> Forward.next())
        .message((ch, text) -> ch.send(text));
    routes.route("/everything/**").message((ch, payload) -> ch.send(payload));
  }

  private Answer post(String uri, String body) throws Exception {
    Request head =
        Request.plain("POST", uri).plus("Content-Length", Integer.toString(body.length()));
    return server.open().send(head.bytes(), body.getBytes("UTF-8")).readAnswer();
  }

  private String issue(String uri, String body) throws Exception {
    Answer answer = post(uri, body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private Answer upgrade(String uri) throws Exception {
    return server.open().ask(Request.upgrade(uri));
  }

  private long reached(String limit) throws Exception {
    return counters().getJsonObject("reached").getLong(limit);
  }

  private long refused(String kind) throws Exception {
    return counters().getJsonObject("refused").getLong(kind);
  }

  private JsonObject counters() throws Exception {
    return (JsonObject)
        TestServer.await(server.vertx().eventBus().request("carillon.counters", "")).body();
  }

  @Test
  void tokenIsRedeemedOnceAndStandsForTheUriOfItsRequest() throws Exception {
    start("'tokens':{}");
    Answer answer = post("/updates/listen?lang=en", "ann");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("content-type")).containsExactly("text/plain;charset=utf-8");
    assertThat(answer.header("cache-control")).containsExactly("no-store");
    assertThat(answer.body()).matches("/websocket/token/[A-Za-z0-9]{22}");

    RawClient ann = server.connect(answer.body());
    journal.expect("join ann /updates/listen?lang=en");
    assertThat(ann.sendText("uri").readText()).isEqualTo("GET /updates/listen?lang=en");
    RawClient bob = server.connect(issue("/updates/listen?lang=en", "bob"));
    journal.expect("join bob /updates/listen?lang=en");
    bob.sendText("hi");
    assertThat(ann.readText()).isEqualTo("bob: hi");
    assertThat(bob.readText()).isEqualTo("bob: hi");

    assertThat(refused("token")).isZero();
    Answer again = upgrade(answer.body());
    assertThat(again.status() + again.body())
        .isEqualTo("404{\"status\":404,\"error\":\"Not Found\"}");
    assertThat(refused("token")).isEqualTo(1);
    ann.sendClose(4000, "bye");
    journal.expect("leave ann closed 4000 /updates/listen?lang=en");
  }

  @Test
  void onlyAProperUpgradeToExactlyThatUriRedeems() throws Exception {
    start("'tokens':{}");
    String token = issue("/updates/listen", "ann");

    assertThat(upgrade(token + "?a=b").status()).isEqualTo(404);
    assertThat(upgrade(token + "/more").status()).isEqualTo(404);
    assertThat(upgrade(token + "/").status()).isEqualTo(404);
    assertThat(upgrade(token.replace("token", "%74oken")).status()).isEqualTo(404);
    assertThat(upgrade(token.substring(0, token.length() - 1)).status()).isEqualTo(404);
    assertThat(upgrade(token.toUpperCase()).status()).isEqualTo(404);
    assertThat(server.open().ask(Request.plain("GET", token)).status()).isEqualTo(404);
    assertThat(server.open().ask(Request.plain("POST", token)).status()).isEqualTo(404);
    Request improper = Request.upgrade(token).with("Sec-WebSocket-Version", "12");
    assertThat(server.open().ask(improper).status()).isEqualTo(426);
    improper = Request.upgrade(token).without("Sec-WebSocket-Key");
    assertThat(server.open().ask(improper).status()).isEqualTo(400);

    server.connect(token);
    journal.expect("join ann /updates/listen");
  }

  @Test
  void withoutTheTokenOrWithAnotherOneTheRouteIsNotTaken() throws Exception {
    start("'tokens':{}");
    Answer none = upgrade("/updates/listen");
    assertThat(none.status()).isEqualTo(401);
    Answer other = upgrade(issue("/badge?uri=/updates/listen", ""));
    assertThat(other.status()).isEqualTo(401);

    assertThat(server.connect("/both").sendText("?").readText()).isEqualTo("no badge false");
    RawClient withBadge = server.connect(issue("/badge?uri=/both", ""));
    assertThat(withBadge.sendText("?").readText()).isEqualTo("badge 7");
    RawClient withText = server.connect(issue("/text?uri=/both", "a text"));
    assertThat(withText.sendText("?").readText()).isEqualTo("no badge false");
    assertThat(upgrade(issue("/badge?uri=/absent", "")).status()).isEqualTo(404);
    journal.isEmpty();
  }

  @Test
  void whatTheRequestHadCachedIsThere() throws Exception {
    start("'tokens':{}");
    String token = server.open().ask(Request.plain("GET", "/account")).body();
    assertThat(server.connect(token).sendText("?").readText())
        .isEqualTo("annAccount[owner=ann, pages=3]Badge[number=1]");
  }

  @Test
  void unusedTokenLeavesOnceWithItsDataAndIsGone() throws Exception {
    start("'tokens':{'lifetime':'300ms'}");
    String token = issue("/updates/listen?room=1", "ann");
    journal.expect("leave ann never_joined 1001 /updates/listen?room=1");
    assertThat(upgrade(token).status()).isEqualTo(404);
    journal.isEmpty();
  }

  @Test
  void refusedTokenLeavesOnce() throws Exception {
    start("'tokens':{'lifetime':'60s'}", ",'" + Middleware.class.getName() + "'");
    assertThat(upgrade(issue("/updates/listen", "refused")).status()).isEqualTo(409);
    journal.expect(
        "join refused /updates/listen", "leave refused never_joined 1001 /updates/listen");

    assertThat(upgrade(issue("/updates/listen?may=no", "ann")).status()).isEqualTo(403);
    journal.expect("leave ann never_joined 1001 /updates/listen?may=no");

    Answer seen = upgrade(issue("/updates/listen?may=yes", "ann"));
    assertThat(seen.status()).isEqualTo(101);
    assertThat(seen.header("X-Seen")).containsExactly("/updates/listen?may=yes");
    journal.expect("join ann /updates/listen?may=yes");
    TestServer.await(server.undeployHttp());
    journal.expect("leave ann closed 1001 /updates/listen?may=yes");
    journal.isEmpty();
  }

  @Test
  void serverThatStopsRunsTheLeaveOfUnusedTokens() throws Exception {
    start("'tokens':{'lifetime':'60s'}");
    issue("/updates/listen", "ann");
    issue("/updates/listen", "bob");
    TestServer.await(server.undeployHttp());
    journal.expectInAnyOrder(
        "leave ann never_joined 1001 /updates/listen",
        "leave bob never_joined 1001 /updates/listen");
    journal.isEmpty();
  }

  private RawClient multiplexed(String uri, String dialect) throws Exception {
    RawClient client = server.open();
    Request request = Request.upgrade(uri).plus("Sec-WebSocket-Protocol", dialect);
    assertThat(client.ask(request).status()).isEqualTo(101);
    return client;
  }

  @Test
  void subscribeRedeemsInTheBaseDialect() throws Exception {
    start("'tokens':{}");
    RawClient client = multiplexed("/both", "rocket-multiplex");
    client.sendText("·SUBSCRIBE·/updates/listen·");
    assertThat(client.readText()).isEqualTo("·ERR·Unauthorized·SUBSCRIBE·/updates/listen·");
    String token = issue("/updates/listen", "ann");
    client.sendText("·SUBSCRIBE·" + token + "·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·" + token + "·/updates/listen·");
    journal.expect("join ann /updates/listen");
    client.sendText("/updates/listen·hi");
    assertThat(client.readText()).isEqualTo("/updates/listen·ann: hi");

    client.sendText("·SUBSCRIBE·" + token + "·");
    assertThat(client.readText()).isEqualTo("·ERR·Not Found·SUBSCRIBE·" + token + "·");
    String second = issue("/updates/listen", "bob");
    client.sendText("·SUBSCRIBE·" + second + "·");
    assertThat(client.readText()).isEqualTo("·ERR·Already Subscribed·SUBSCRIBE·" + second + "·");
    journal.expect("leave bob never_joined 1001 /updates/listen");
    client.sendText("·UNSUBSCRIBE·/updates/listen·");
    assertThat(client.readText()).isEqualTo("·OK·UNSUBSCRIBE·/updates/listen·");
    journal.expect("leave ann no_status 1006 /updates/listen");

    // What came with a token is gone with its subscription, and was never another topic's.
    client.sendText("·SUBSCRIBE·/updates/listen·");
    assertThat(client.readText()).isEqualTo("·ERR·Unauthorized·SUBSCRIBE·/updates/listen·");
    String refused = issue("/updates/listen", "refused");
    client.sendText("·SUBSCRIBE·" + refused + "·");
    assertThat(client.readText()).isEqualTo("·ERR·Conflict·SUBSCRIBE·" + refused + "·");
    journal.expect(
        "join refused /updates/listen", "leave refused never_joined 1001 /updates/listen");
    String tooLong = issue("/updates/listen?" + "x".repeat(100), "long");
    client.sendText("·SUBSCRIBE·" + tooLong + "·");
    assertThat(client.readText()).isEqualTo("·ERR·Invalid Topic·SUBSCRIBE·" + tooLong + "·");
    assertThat(journal.next()).startsWith("leave long never_joined 1001 /updates/listen?xx");
    journal.isEmpty();
  }

  @Test
  void subscribeRedeemsInTheExtension() throws Exception {
    start("'tokens':{}");
    RawClient client = multiplexed("/.multiplex", "carillon.v1");
    String token = issue("/updates/listen", "ann");
    client.sendText("·SUBSCRIBE·" + token + "#2·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/updates/listen#2····" + token + "#2·");
    journal.expect("join ann /updates/listen");
    client.sendText("/updates/listen#2·hi");
    assertThat(client.readText()).isEqualTo("/updates/listen#2·ann: hi");
    client.sendText("·SUBSCRIBE·/updates/listen·");
    assertThat(client.readText())
        .isEqualTo("·ERR·401 a token for this URI is needed·SUBSCRIBE·/updates/listen·");
    client.sendText("·SUBSCRIBE·" + WRONG + "·");
    assertThat(client.readText()).isEqualTo("·ERR·404 Not Found·SUBSCRIBE·" + WRONG + "·");
    client.sendText("·SUBSCRIBE·" + WRONG + "?a=b·");
    assertThat(client.readText()).isEqualTo("·ERR·404 Not Found·SUBSCRIBE·" + WRONG + "?a=b·");
    client.close();
    journal.expect("leave ann no_status 1006 /updates/listen");
  }

  @Test
  void firstTopicOfAMultiplexedConnectionKeepsItsTokenToItself() throws Exception {
    start("'tokens':{}");
    RawClient client = multiplexed(issue("/updates/listen", "ann"), "rocket-multiplex");
    journal.expect("join ann /updates/listen");
    client.sendText("/updates/listen·hi");
    assertThat(client.readText()).isEqualTo("/updates/listen·ann: hi");
    client.sendText("·SUBSCRIBE·/updates/listen?other·");
    assertThat(client.readText()).isEqualTo("·ERR·Unauthorized·SUBSCRIBE·/updates/listen?other·");
  }

  @Test
  void tokensThatAreNotUsedAreBounded() throws Exception {
    start("'tokens':{'max':3,'maxPerAddress':2,'maxDataBytes':64}");
    String first = issue("/updates/listen", "a");
    issue("/updates/listen", "b");
    assertThat(post("/updates/listen", "c").status()).isEqualTo(429);
    server.connect(first);
    issue("/updates/listen", "c");
    assertThat(post("/updates/listen", "d").status()).isEqualTo(429);
    assertThat(reached("tokens.maxPerAddress")).isEqualTo(2);
    assertThat(post("/updates/listen", "x".repeat(60)).status()).isEqualTo(413);
    assertThat(reached("tokens.maxDataBytes")).isEqualTo(1);
    assertThat(post("/badge?uri=/.multiplex", "").status()).isEqualTo(400);
    assertThat(post("/badge?uri=" + WRONG, "").status()).isEqualTo(400);
    assertThat(post("/badge?uri=%23", "").status()).isEqualTo(400);
  }

  @Test
  void tokensInAllAreBounded() throws Exception {
    start("'tokens':{'max':1}");
    String only = issue("/updates/listen", "a");
    Answer refused = post("/updates/listen", "b");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("retry-after")).containsExactly("1");
    assertThat(reached("tokens.max")).isEqualTo(1);
    server.connect(only);
    issue("/updates/listen", "b");
  }

  @Test
  void tenThousandWrongTokensAreRefusedAndSlowNobodyDown() throws Exception {
    start("'tokens':{'wrongPerMinute':50}");
    String right = issue("/updates/listen", "ann");
    RawClient client = multiplexed("/both", "rocket-multiplex");
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      for (int j = 0; j < 100; j++) {
        client.sendText("·SUBSCRIBE·/websocket/token/" + "%022d".formatted(i * 100 + j) + "·");
      }
      for (int j = 0; j < 100; j++) {
        answers.add(client.readText().split("·")[2]);
      }
    }
    assertThat(answers.subList(0, 50)).containsOnly("Not Found");
    // A new minute of the clock may have begun meanwhile.
    assertThat(answers.subList(50, 10_000)).contains("Too Many Requests");
    assertThat(answers.stream().filter("Not Found"::equals)).hasSizeBetween(50, 100);
    assertThat(reached("tokens.wrongPerMinute")).isBetween(9_900L, 9_950L);
    Answer refused = upgrade(right);
    assertThat(refused.status()).isIn(429, 101);
  }

  @Test
  void logNeverTellsAToken() throws Exception {
    Logger ours = (Logger) LoggerFactory.getLogger("io.carillon");
    Level before = ours.getLevel();
    ours.setLevel(Level.TRACE);
    try (LogCapture log = LogCapture.of("io.carillon")) {
      start("'tokens':{'lifetime':'300ms'}", ",'" + Middleware.class.getName() + "'");
      List<String> tokens = new ArrayList<>();
      tokens.add(issue("/updates/listen", "ann"));
      server.connect(tokens.get(0)).sendText("uri").readText();
      upgrade(tokens.get(0));
      upgrade(tokens.get(0) + "/more");
      tokens.add(issue("/updates/listen", "refused"));
      upgrade(tokens.get(1));
      tokens.add(issue("/updates/listen?may=no", "bob"));
      upgrade(tokens.get(2));
      tokens.add(issue("/updates/listen", "never"));
      tokens.add(issue("/badge?uri=/absent", "nowhere"));
      RawClient client = multiplexed("/both", "rocket-multiplex");
      tokens.add(issue("/updates/listen", "cat"));
      client.sendText("·SUBSCRIBE·" + tokens.get(5) + "·").readText();
      server.open().ask(Request.plain("GET", tokens.get(5)));
      log.next("no route for a token that was not used: path=/absent");
      TestServer.await(server.undeployHttp());
      for (String token : tokens) {
        assertThat(log.all()).doesNotContain(token.substring(token.lastIndexOf('/') + 1));
      }
    } finally {
      ours.setLevel(before);
    }
  }
}
