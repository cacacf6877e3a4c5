package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.Guard;
import io.carillon.auth.GuardRequest;
import io.carillon.auth.Guards;
import io.carillon.auth.Verdict;
import io.carillon.broker.Addresses;
import io.carillon.channel.ChannelGuard;
import io.carillon.channel.ChannelLocal;
import io.carillon.route.Routes;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may: on upgrades, subscriptions, messages and HTTP requests. */
@Timeout(30)
class GuardsIT {
  private static final Journal JOURNAL = new Journal();
  private static final ChannelLocal<String> USER = ChannelLocal.of("user", String.class);

  /** Refuses with the status that the header or path parameter says; 0 passes. */
  private static final Guard STATUS =
      Guard.of(
          "status",
          request -> {
            int status = Integer.parseInt(request.path("status"));
            return request.handshake().header("x-pass").isPresent() || status == 0
                ? Verdict.pass()
                : Verdict.refuse(status, "refused " + request.path("status"));
          });

  /** One for both event loops. */
  private static final Guard ONCE = Guards.rate(1, Duration.ofHours(1));

  private static final Guard KEY = Guards.header("X-Key", "the key");

  private static TestServer server;

  /** Named in the configuration. */
  public static final class Told implements Guard {
    @Override
    public Future<Verdict> check(GuardRequest request) {
      JOURNAL.add("configured " + request.kind() + " " + request.topic().uri());
      return Future.succeededFuture(
          request.query("no").isEmpty() ? Verdict.pass() : Verdict.forward());
    }
  }

  /** Named in the configuration. */
  public static final class Stuck implements Guard {
    @Override
    public Future<Verdict> check(GuardRequest request) {
      return Promise.<Verdict>promise().future();
    }
  }

  /** Routes beside those for events. */
  public static final class Pages implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router
          .get("/codes/:status")
          .handler(Guards.handler(STATUS))
          .handler(ctx -> ctx.end("passed"));
      router
          .get("/staff")
          .handler(Guards.handler(Guards.basic("staff", Map.of("ann", "secret"))))
          .handler(ctx -> ctx.end("passed"));
      router
          .get("/account")
          .handler(Guards.handler(Guards.userOrRedirect("/login")))
          .handler(ctx -> ctx.end("passed"));
      router.get("/often").handler(Guards.handler(ONCE)).handler(ctx -> ctx.end("passed"));
      router
          .get("/broken")
          .handler(
              Guards.handler(
                  Guard.of(
                      "broken one",
                      request -> {
                        throw new IllegalStateException("a secret");
                      })))
          .handler(ctx -> ctx.end("passed"));
      router
          .get("/later")
          .handler(Guards.handler(later("later")))
          .handler(ctx -> ctx.end(Context.isOnEventLoopThread() ? "passed" : "elsewhere"));
      router.get("/told/*").handler(ctx -> ctx.end("told"));
    }
  }

  /** Answers on a thread that is nobody's. */
  private static Guard later(String name) {
    Guard guard =
        request -> {
          Promise<Verdict> promise = Promise.promise();
          new Thread(() -> promise.complete(Verdict.pass())).start();
          return promise.future();
        };
    return guard.named(name);
  }

  @BeforeAll
  static void start() throws Exception {
    server =
        TestServer.start(
            ("{'http':{'routes':['" + Pages.class.getName() + "'],'guards':[")
                + ("{'path':'/told/**','guard':'" + Told.class.getName() + "'},")
                + ("{'path':'/stuck','guard':'" + Stuck.class.getName() + "'},")
                + "{'path':'/admin/**','requires':'role=admin'},"
                + "{'path':'/users/:sub/**'},"
                + "{'path':'/basic','basic':{'ann':'secret'}}"
                + "]},'limits':{'handshakeTimeout':'1s'}}");
    server.serve(GuardsIT::routes);
  }

  private static void routes(Routes routes) {
    routes
        .route("/codes/:status", String.class, String.class)
        .guard(STATUS)
        .message((ch, text) -> ch.send(text));
    routes
        .route("/messages/:status", String.class, String.class)
        .guardMessages(STATUS)
        .message((ch, text) -> ch.send(text))
        .request((ch, text) -> Future.succeededFuture(text));
    routes.route("/key").guard(KEY).message((ch, payload) -> ch.send(payload));
    routes
        .route("/order")
        .guard(tells("first"))
        .guard(tells("second").and(later("and later")))
        .join(
            ch -> {
              JOURNAL.add("join " + Context.isOnEventLoopThread());
            });
    routes
        .route("/ranked/:key", String.class, String.class)
        .rank(1)
        .guard(
            Guard.of(
                "key",
                request -> request.path("key").equals("a") ? Verdict.pass() : Verdict.forward()))
        .join(ch -> ch.send("one"))
        .message((ch, text) -> ch.send("one " + text));
    routes
        .route("/ranked/:key", String.class, String.class)
        .rank(2)
        .guard(
            Guard.of(
                "key",
                request -> request.path("key").equals("c") ? Verdict.forward() : Verdict.pass()))
        .message((ch, text) -> ch.send("two " + text));
    routes.route("/apart").join(ch -> {});
    routes
        .route("/apart", String.class, String.class)
        .guard(KEY)
        .message(
            (ch, text) -> {
              JOURNAL.add("apart " + text);
              return ch.send(text);
            });
    routes
        .route("/state", String.class, String.class)
        .rank(1)
        .guardMessages(ChannelGuard.has(USER))
        .message((ch, text) -> ch.send(ch.local(USER).orElseThrow() + " " + text));
    routes
        .route("/state", String.class, String.class)
        .rank(2)
        .message(
            (ch, text) -> {
              ch.createLocal(USER, text);
            });
    routes
        .route("/broken")
        .guard(
            Guard.of(
                "broken one",
                request -> {
                  throw new IllegalStateException("broken");
                }))
        .message((ch, payload) -> ch.send(payload));
    routes
        .route("/never")
        .handlerTimeout(Duration.ofMillis(300))
        .guard(((Guard) request -> Promise.<Verdict>promise().future()).named("never one"))
        .message((ch, payload) -> ch.send(payload));
    for (String pattern :
        new String[] {"/told/**", "/stuck", "/admin/**", "/users/:id/**", "/basic"}) {
      routes.route(pattern).guard(tells("own")).message((ch, payload) -> ch.send(payload));
    }
  }

  private static Guard tells(String name) {
    return Guard.of(
        name,
        request -> {
          JOURNAL.add(name);
          return Verdict.pass();
        });
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static String asked(Request request) throws Exception {
    try (RawClient client = RawClient.open(server.port())) {
      Answer answer = client.ask(request);
      return answer.status() + " " + answer.body();
    }
  }

  private static int status(Request request) throws Exception {
    try (RawClient client = RawClient.open(server.port())) {
      return client.ask(request).status();
    }
  }

  private static RawClient carrier() throws Exception {
    return server
        .open()
        .upgrade(Request.upgrade("/.multiplex").plus("Sec-WebSocket-Protocol", "carillon.v1"));
  }

  // ---- the same guard everywhere

  @ParameterizedTest
  @CsvSource({
    "400, 1007, Bad Request",
    "401, 4401, Unauthorized",
    "403, 4403, Forbidden",
    "404, 4404, Not Found",
    "409, 4409, Conflict",
    "413, 1009, Request Entity Too Large",
    "418, 1008, Client Error (418)",
    "422, 1007, Unprocessable Entity",
    "429, 4429, Too Many Requests",
    "500, 1011, Internal Server Error",
    "503, 1013, Unavailable",
  })
  void refusalIsTheSameOnUpgradeSubscribeMessageAndHttp(int status, int code, String name)
      throws Exception {
    String error = status + " {\"status\":" + status + ",\"error\":\"refused " + status + "\"}";
    assertThat(asked(Request.upgrade("/codes/" + status))).isEqualTo(error);
    assertThat(asked(Request.plain("GET", "/codes/" + status))).isEqualTo(error);

    RawClient extended = carrier().sendText("·SUBSCRIBE·/codes/" + status + "·");
    assertThat(extended.readText())
        .isEqualTo("·ERR·" + status + " refused " + status + "·SUBSCRIBE·/codes/" + status + "·");
    RawClient base =
        server
            .open()
            .upgrade(
                Request.upgrade("/codes/0").plus("Sec-WebSocket-Protocol", "rocket-multiplex"));
    base.sendText("·SUBSCRIBE·/codes/" + status + "·");
    assertThat(base.readText()).isEqualTo("·ERR·" + name + "·SUBSCRIBE·/codes/" + status + "·");

    RawClient speaker = server.connect("/messages/" + status);
    speaker.sendText("x");
    assertThat(speaker.readClose().code()).isEqualTo(code);
  }

  @Test
  void refusalIsTheSameForAQuestionWhichEndsNothing() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/messages/403·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/messages/403····");
    client.sendText("/messages/403^1·x");
    assertThat(client.readText()).isEqualTo("·ERR·403 refused 403·REQUEST·/messages/403·1·");
    assertThat(client.sendText("·PING·still here·").readText()).isEqualTo("·OK·PING·still here·");
  }

  @Test
  void whoPassesIsServed() throws Exception {
    Request passing = Request.upgrade("/codes/403").plus("X-Pass", "1");
    RawClient client = server.open().upgrade(passing);
    assertThat(client.sendText("x").readText()).isEqualTo("x");
    assertThat(server.connect("/messages/0").sendText("x").readText()).isEqualTo("x");
    assertThat(asked(Request.plain("GET", "/codes/403").plus("X-Pass", "1")))
        .isEqualTo("200 passed");
  }

  // ---- when, and in which order

  @Test
  void guardsOfAMessageRouteRunAtTheJoinIfNoneMatches() throws Exception {
    assertThat(status(Request.upgrade("/key"))).isEqualTo(401);
    assertThat(status(Request.upgrade("/key").plus("X-Key", "another"))).isEqualTo(401);
    assertThat(status(Request.upgrade("/key").plus("X-Key", "the key"))).isEqualTo(101);
  }

  @Test
  void theyRunInOrderBeforeTheJoinOnItsContext() throws Exception {
    server.connect("/order");
    JOURNAL.expect("first", "second", "join true");
  }

  @Test
  void forwardLeavesTheClientToTheNextRoute() throws Exception {
    RawClient one = server.connect("/ranked/a");
    assertThat(one.readText()).isEqualTo("one");
    assertThat(one.sendText("x").readText()).isEqualTo("one x");
    assertThat(server.connect("/ranked/b").sendText("x").readText()).isEqualTo("two x");
    assertThat(asked(Request.upgrade("/ranked/c")))
        .isEqualTo("404 {\"status\":404,\"error\":\"Not Found\"}");
  }

  @Test
  void clientThatAnotherRouteLetInIsAskedBeforeItsFirstMessageIsHandled() throws Exception {
    RawClient stranger = server.connect("/apart");
    assertThat(stranger.sendText("x").readClose().code()).isEqualTo(4401);
    RawClient known = server.open().upgrade(Request.upgrade("/apart").plus("X-Key", "the key"));
    assertThat(known.sendText("y").readText()).isEqualTo("y");
    JOURNAL.expect("apart y");
  }

  @Test
  void guardMayLookAtWhatTheChannelKeeps() throws Exception {
    RawClient client = server.connect("/state");
    client.sendText("ann").sendText("hi");
    assertThat(client.readText()).isEqualTo("ann hi");
  }

  @Test
  void guardsOfAVerticleRunForAllItsRoutesAndFirst() throws Exception {
    String id =
        server.serve(
            routes -> {
              routes.route("/all/one").guard(tells("own")).join(ch -> {});
              routes.mount("/all", below -> below.route("/two").join(ch -> {}));
              routes.guard(tells("all")).guard(KEY);
            });
    assertThat(status(Request.upgrade("/all/one").plus("X-Key", "the key"))).isEqualTo(101);
    JOURNAL.expect("all", "own");
    assertThat(status(Request.upgrade("/all/two"))).isEqualTo(401);
    JOURNAL.expect("all");
    server.undeploy(id);
  }

  // ---- guards that fail

  @Test
  void guardThatThrowsIsA500WithItsNameInTheLog() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon")) {
      assertThat(status(Request.upgrade("/broken"))).isEqualTo(500);
      assertThat(log.next("guard failed").getFormattedMessage())
          .startsWith("guard failed: guard=broken one, route=/broken, verticle=");
      assertThat(asked(Request.plain("GET", "/broken")))
          .isEqualTo("500 {\"status\":500,\"error\":\"Internal Server Error\"}");
      assertThat(log.next("guard failed").getFormattedMessage())
          .isEqualTo("guard failed: guard=broken one, path=/broken");
    }
  }

  @Test
  void guardThatNeverAnswersIsA504WithItsNameInTheLog() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon")) {
      assertThat(status(Request.upgrade("/never"))).isEqualTo(504);
      assertThat(log.next("guard timed out").getFormattedMessage())
          .startsWith("guard timed out: guard=never one, route=/never, verticle=");
      assertThat(asked(Request.upgrade("/stuck")))
          .isEqualTo("504 {\"status\":504,\"error\":\"guard timed out\"}");
      assertThat(log.next("guard timed out").getFormattedMessage())
          .isEqualTo("guard timed out: guard=" + Stuck.class.getName() + ", path=/stuck");
    }
  }

  // ---- guards that the configuration names

  @Test
  void configuredGuardsRunAheadOfThoseOfTheRoute() throws Exception {
    assertThat(status(Request.upgrade("/told/a?b=1"))).isEqualTo(101);
    JOURNAL.expect("configured JOIN /told/a?b=1", "own");
    RawClient client = carrier().sendText("·SUBSCRIBE·/told/c·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/told/c····");
    JOURNAL.expect("configured JOIN /told/c", "own");
    assertThat(asked(Request.plain("GET", "//told/./d?e=%zz"))).isEqualTo("200 told");
    JOURNAL.expect("configured HTTP /told/d");
    assertThat(status(Request.upgrade("/told/a?no=1"))).isEqualTo(404);
    JOURNAL.expect("configured JOIN /told/a?no=1");
    JOURNAL.isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"/admin", "/admin/x", "/users/ann", "/users/ann/x", "/basic"})
  void configuredPathsAreClosedToStrangers(String path) throws Exception {
    assertThat(status(Request.upgrade(path))).isEqualTo(401);
    assertThat(status(Request.plain("GET", path))).isEqualTo(401);
    assertThat(status(Request.plain("GET", "/x/../" + path))).isEqualTo(401);
    RawClient client = carrier().sendText("·SUBSCRIBE·" + path + "·");
    assertThat(client.readText()).startsWith("·ERR·401 ");
  }

  @Test
  void configuredPasswordOpensThePath() throws Exception {
    Request basic = Request.upgrade("/basic").plus("Authorization", "Basic YW5uOnNlY3JldA==");
    assertThat(status(basic)).isEqualTo(101);
    JOURNAL.expect("own");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'path':'/x?a=1','user':true} | http.guards[0].path must be a pattern such as /admin/** without a query: http.guards[0].path=/x?a=1 (file)",
        "{'path':'x','user':true} | http.guards[0].path must be a pattern such as /admin/** without a query: http.guards[0].path=x (file)",
        "{'path':'/x'} | http.guards[0].path must be guarded by user, requires, basic, perMinute, guard or :claim: http.guards[0].path=/x (file)",
        "{'path':'/x','requires':['role']} | http.guards[0].requires must be claim=value: http.guards[0].requires=[\"role\"] (file)",
        "{'path':'/x','guard':'io.carillon.Absent'} | http.guards[0].guard must be a Guard on the class path with a constructor without parameters: http.guards[0].guard=io.carillon.Absent (file)",
        "{'path':'/x','guard':'java.lang.String'} | http.guards[0].guard must be a Guard on the class path with a constructor without parameters: http.guards[0].guard=java.lang.String (file)",
        "{'path':'/x','guard':'io.carillon.channel.ChannelGuard'} | http.guards[0].guard must be a Guard on the class path with a constructor without parameters: http.guards[0].guard=io.carillon.channel.ChannelGuard (file)",
        "{'path':'/x','basic':{'ann':7}} | http.guards[].basic must have a password for each name: name=ann",
      })
  void configuredGuardThatIsNoneEndsTheStart(String guard, String error) {
    assertThatThrownBy(() -> TestServer.start("{'http':{'guards':[" + guard + "]}}"))
        .hasMessage(error);
  }

  // ---- HTTP routes

  @Test
  void answersHaveTheHeadersThatBelongToThem() throws Exception {
    Answer staff = server.open().ask(Request.plain("GET", "/staff"));
    assertThat(staff.status()).isEqualTo(401);
    assertThat(staff.header("WWW-Authenticate"))
        .containsExactly("Basic realm=\"staff\", charset=\"UTF-8\"");
    Answer account = server.open().ask(Request.plain("GET", "/account?a=1"));
    assertThat(account.status()).isEqualTo(303);
    assertThat(account.header("Location")).containsExactly("/login?return=%2Faccount%3Fa%3D1");
    assertThat(asked(Request.plain("GET", "/often"))).isEqualTo("200 passed");
    Answer often = server.open().ask(Request.plain("GET", "/often"));
    assertThat(often.status()).isEqualTo(429);
    assertThat(Integer.parseInt(often.header("Retry-After").get(0))).isBetween(3000, 3600);
  }

  @Test
  void handlerBehindAGuardThatAnswersLaterRunsOnTheEventLoop() throws Exception {
    assertThat(asked(Request.plain("GET", "/later"))).isEqualTo("200 passed");
  }

  // ---- audit

  @Test
  void refusalsAreCountedAndLoggedWithoutTheSecret() throws Exception {
    try (LogCapture log = LogCapture.of(Audit.class.getName());
        TestServer fresh = TestServer.start()) {
      fresh.serve(
          routes -> {
            routes.route("/key/*").guard(KEY).message((ch, payload) -> ch.send(payload));
            routes
                .route("/speak")
                .guardMessages(Guard.of("mute", request -> Verdict.refuse(403, "mute")))
                .message((ch, payload) -> ch.send(payload));
          });
      assertThat(
              fresh
                  .open()
                  .ask(Request.upgrade("/key/1?token=secret").plus("X-Key", "secret"))
                  .status())
          .isEqualTo(401);
      fresh.connect("/speak").sendText("secret").readClose();
      String guess = "/websocket/token/secret" + "0".repeat(16);
      assertThat(fresh.open().ask(Request.upgrade(guess)).status()).isEqualTo(404);

      assertThat(log.all()).doesNotContain("secret");
      assertThat(log.next("status=401").getFormattedMessage())
          .startsWith("refused: status=401, reason=header needed: X-Key, path=/key/1, route=/key/*")
          .endsWith("address=127.0.0.1");
      assertThat(log.next("status=403").getFormattedMessage())
          .startsWith("refused: status=403, reason=mute, path=/speak, route=/speak");
      assertThat(log.next("status=404").getFormattedMessage())
          .isEqualTo(
              "refused: status=404, reason=token unknown or used, path=/websocket/token/***, route=,"
                  + " address=127.0.0.1");
      JsonObject refused =
          TestServer.await(fresh.vertx().eventBus().<JsonObject>request(Addresses.COUNTERS, "all"))
              .body()
              .getJsonObject("refused");
      assertThat(refused.getLong("unauthorized")).isEqualTo(1);
      assertThat(refused.getLong("forbidden")).isEqualTo(1);
      assertThat(refused.getLong("token")).isEqualTo(1);
    }
  }
}
