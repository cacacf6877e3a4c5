package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.carillon.auth.Handshake;
import io.carillon.auth.TestTokens;
import io.carillon.auth.WebSocketTokens;
import io.carillon.channel.Channel;
import io.carillon.codec.Payload;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** JSON Web Tokens on HTTP routes and upgrades, until they expire or are refreshed. */
@Timeout(60)
class JwtIT {
  private static final TestTokens ISSUER = TestTokens.shared();

  /** Named in the configuration, so a class of its own. */
  public static final class Http implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.route("/http").handler(ctx -> ctx.end(who(Handshake.of(ctx))));
      router
          .route("/uri")
          .handler(
              ctx ->
                  WebSocketTokens.of(vertx)
                      .issue(ctx, "/who", "data")
                      .onComplete(ctx::end, ctx::fail));
    }
  }

  @TempDir Path directory;
  private TestServer server;

  private void start(String more) throws Exception {
    server =
        TestServer.start(
            "{'http': {'routes': ['"
                + Http.class.getName()
                + "']}, 'limits': {'handshakeTimeout': '200ms'}"
                + more
                + "}");
    server.serve(JwtIT::routes);
  }

  private void start() throws Exception {
    start(", 'jwt': {'secret': '" + TestTokens.SECRET + "', 'algorithms': ['HS256']}");
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static void routes(Routes routes) {
    routes.route("/who").message(JwtIT::answer);
    routes.route("/other").message(JwtIT::answer);
  }

  private static Future<Void> answer(Channel<Payload> channel, Payload payload) {
    return channel.send(Payload.text(who(channel.handshake())));
  }

  /** User, role, and whatever of the token is still to be seen. */
  private static String who(Handshake handshake) {
    return handshake.identity().user().orElse("nobody")
        + " "
        + handshake.identity().claims().getString("role", "none")
        + " "
        + handshake.subprotocols()
        + handshake.headers("authorization");
  }

  private static JsonObject claims(String subject, long seconds) {
    JsonObject claims = TestTokens.claims(subject);
    return claims.put("exp", System.currentTimeMillis() / 1000 + seconds);
  }

  private static Request bearing(String token) {
    return Request.upgrade("/who").plus("Authorization", "Bearer " + token);
  }

  private static Request offering(String... offers) {
    return Request.upgrade("/who").plus("Sec-WebSocket-Protocol", String.join(", ", offers));
  }

  private String ask(RawClient client, String topic) throws Exception {
    return client.sendText(topic + "?").readText();
  }

  // ---- good tokens

  @Test
  void aTokenInTheHeaderSaysWhoConnects() throws Exception {
    start();
    String token = ISSUER.sign(TestTokens.claims("ann").put("role", "admin"));

    assertThat(ask(server.open().upgrade(bearing(token)), "")).isEqualTo("ann admin [][]");
    assertThat(ask(server.connect("/who"), "")).isEqualTo("nobody none [][]");
    assertThat(
            ask(
                server.open().upgrade(bearing(token).with("Authorization", "bEARER  " + token)),
                ""))
        .isEqualTo("ann admin [][]");
  }

  @Test
  void aTokenAmongTheSubprotocolsDoesWhatTheHeaderDoes() throws Exception {
    start();
    String token = ISSUER.sign("ann");
    String entry = "carillon.bearer." + token;

    RawClient plain = server.open();
    Answer answer = plain.ask(offering(entry, "carillon.plain"));
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-protocol")).containsExactly("carillon.plain");
    assertThat(ask(plain, "")).isEqualTo("ann none [carillon.plain][]");

    RawClient multiplexed = server.open();
    answer = multiplexed.ask(offering("carillon.v1", "rocket-multiplex", entry));
    assertThat(answer.header("sec-websocket-protocol")).containsExactly("carillon.v1");
    assertThat(ask(multiplexed, "/who·")).isEqualTo("/who·ann none [][]");
    multiplexed.sendText("·SUBSCRIBE·/other·chat, " + entry + "·");
    assertThat(multiplexed.readText()).startsWith("·OK·SUBSCRIBE·/other·");
    assertThat(ask(multiplexed, "/other·")).isEqualTo("/other·ann none [chat][]");

    RawClient carrier = server.open();
    answer =
        carrier.ask(
            offering("Carillon.Bearer." + token, "carillon.v1").line("GET /.multiplex HTTP/1.1"));
    assertThat(answer.status()).isEqualTo(101);
    carrier.sendText("·SUBSCRIBE·/who·");
    assertThat(carrier.readText()).startsWith("·OK·SUBSCRIBE·/who·");
    assertThat(ask(carrier, "/who·")).isEqualTo("/who·ann none [][]");
  }

  @Test
  void theApplicationsOwnRoutesKnowWhoAsks() throws Exception {
    start();
    Request request = Request.plain("POST", "/http").plus("Content-Length", "0");

    assertThat(server.open().ask(request).body()).isEqualTo("nobody none [][]");
    assertThat(
            server.open().ask(request.plus("Authorization", "Bearer " + ISSUER.sign("ann"))).body())
        .isEqualTo("ann none [][]");
    assertThat(server.open().ask(request.plus("Authorization", "Basic YTpi")).body())
        .isEqualTo("nobody none [][Basic YTpi]");
  }

  // ---- bad tokens

  private static Map<String, String> badTokens() throws Exception {
    JsonObject claims = TestTokens.claims("ann");
    long now = System.currentTimeMillis() / 1000;
    String[] parts = ISSUER.sign(claims).split("\\.");
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(UTF_8));
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("token expired", ISSUER.sign(claims("ann", 0)));
    bad.put("token not yet valid", ISSUER.sign(claims.copy().put("nbf", now + 60)));
    bad.put("wrong signature", parts[0] + "." + parts[1] + "." + "A".repeat(43));
    bad.put("algorithm not allowed", TestTokens.shared("HS384", "", "s".repeat(48)).sign(claims));
    bad.put("algorithm not allowed ", none + "." + parts[1] + "." + parts[2]);
    bad.put("malformed token", none + "." + parts[1] + ".");
    bad.put("malformed token ", "x");
    bad.put("token too large", "x".repeat(9000));
    bad.put("claim missing: sub", ISSUER.sign(new JsonObject().put("exp", now + 60)));
    return bad;
  }

  @Test
  void badTokensAreRefusedOnEveryWayAndLeaveNoTraceInLogs() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger("io.carillon");
    Level before = logger.getLevel();
    logger.setLevel(Level.TRACE);
    try (LogCapture log = LogCapture.of("ROOT")) {
      start();
      for (Map.Entry<String, String> bad : badTokens().entrySet()) {
        String reason = bad.getKey().trim();
        refuses(bearing(bad.getValue()), reason);
        refuses(offering("carillon.plain", "carillon.bearer." + bad.getValue()), reason);
        refuses(
            Request.plain("GET", "/http").plus("Authorization", "Bearer " + bad.getValue()),
            reason);
      }
      String good = ISSUER.sign("ann");
      RawClient client = server.open().upgrade(bearing(good));
      client.sendText("?").readText();
      server.open().upgrade(offering("carillon.v1", "carillon.bearer." + good)).pingPong();

      String all = log.all();
      assertThat(all).contains("wrong signature").contains("joined");
      for (String token : badTokens().values()) {
        assertThat(all).doesNotContain(token.substring(0, Math.min(token.length(), 60)) + ".");
      }
      assertThat(all).doesNotContain("eyJ").doesNotContain("bearer").doesNotContain("xxxxx");
    } finally {
      logger.setLevel(before);
    }
  }

  private void refuses(Request request, String reason) throws Exception {
    Answer answer = server.open().ask(request);
    assertThat(answer.status()).as(reason).isEqualTo(401);
    assertThat(answer.header("www-authenticate"))
        .containsExactly("Bearer error=\"invalid_token\", error_description=\"" + reason + "\"");
  }

  @Test
  void aKeyThatIsNotThereIsRefused() throws Exception {
    TestTokens ours = TestTokens.pair("ES256", "ours");
    TestTokens other = TestTokens.pair("ES256", "other");
    Path file = directory.resolve("keys.json");
    TestCertificate.replace(file, TestTokens.keySet(ours).encode());
    start(", 'jwt': {'keys': ['" + file + "'], 'reloadInterval': '20ms'}");

    assertThat(ask(server.open().upgrade(bearing(ours.sign("ann"))), "")).startsWith("ann");
    refuses(bearing(other.sign("ann")), "unknown key");

    // The file is replaced: from some moment on the other key is good, and the first is not.
    FileTime later = FileTime.fromMillis(Files.getLastModifiedTime(file).toMillis() + 1_000);
    TestCertificate.replace(file, TestTokens.keySet(other).encode(), later);
    while (server.open().ask(bearing(other.sign("ann"))).status() != 101) {
      Thread.onSpinWait(); // each round is an upgrade
    }
    refuses(bearing(ours.sign("ann")), "unknown key");
  }

  @Test
  void aTokenOfOneMebibyteIsRefusedUnread() throws Exception {
    start();
    String huge = "x".repeat(1 << 20);
    RawClient client = server.open();
    client.send(
        ("GET /who HTTP/1.1\r\nAuthorization: Bearer " + "x".repeat(20 << 10)).getBytes(UTF_8));
    assertThat(client.readAnswer().status()).isEqualTo(431);

    RawClient open =
        server.open().upgrade(offering("carillon.v1", "carillon.bearer." + ISSUER.sign("ann")));
    open.sendText("·REFRESH·" + huge + "·");
    assertThat(open.readText()).isEqualTo("·INVALID·Control message exceeds 16384 byte limit·");
    String large = "x".repeat(9000);
    open.sendText("·REFRESH·" + large + "·");
    assertThat(open.readText()).isEqualTo("·ERR·401 token too large·REFRESH·" + large + "·");
    assertThat(ask(open, "/who·")).startsWith("/who·ann");
  }

  @Test
  void aTokenNeedsASubprotocolBesideItAndNoOtherToken() throws Exception {
    start();
    String entry = "carillon.bearer." + ISSUER.sign("ann");

    Answer alone = server.open().ask(offering(entry));
    assertThat(alone.status()).isEqualTo(400);
    assertThat(alone.body()).contains("a subprotocol is needed beside the token");
    assertThat(server.open().ask(offering(entry, "carillon.plain", entry)).status()).isEqualTo(400);
    Answer two =
        server
            .open()
            .ask(
                offering(entry, "carillon.plain")
                    .plus("Authorization", "Bearer " + ISSUER.sign("ann")));
    assertThat(two.status()).isEqualTo(400);
    assertThat(two.body()).contains("more than one token");
  }

  @Test
  void withoutKeysTheHeaderIsTheApplicationsAndTheSubprotocolIsRefused() throws Exception {
    start("");

    assertThat(ask(server.open().upgrade(bearing("opaque")), ""))
        .isEqualTo("nobody none [][Bearer opaque]");
    refuses(offering("carillon.plain", "carillon.bearer.opaque"), "no tokens are taken here");
    assertThat(server.open().ask(Request.plain("POST", RefreshRoute.PATH)).status()).isEqualTo(404);
  }

  // ---- the end of a token, and a new one

  @Test
  void aConnectionEndsWithItsTokenUnlessItIsRefreshed() throws Exception {
    start();
    String shortly = ISSUER.sign(claims("ann", 3).put("role", "guest"));
    RawClient plain = server.open().upgrade(bearing(shortly));
    RawClient left = server.open().upgrade(offering("carillon.v1", "carillon.bearer." + shortly));
    RawClient refreshed =
        server.open().upgrade(offering("carillon.v1", "carillon.bearer." + shortly));
    refreshed.sendText("·SUBSCRIBE·/other·");
    assertThat(refreshed.readText()).startsWith("·OK·SUBSCRIBE·/other·");
    assertThat(ask(refreshed, "/who·")).startsWith("/who·ann guest");

    String other = ISSUER.sign("bob");
    refreshed.sendText("·REFRESH·" + other + "·");
    assertThat(refreshed.readText())
        .isEqualTo("·ERR·403 the token is about somebody else·REFRESH·" + other + "·");
    refreshed.sendText("·REFRESH·x·");
    assertThat(refreshed.readText()).isEqualTo("·ERR·401 malformed token·REFRESH·x·");
    assertThat(ask(refreshed, "/who·")).startsWith("/who·ann guest");
    String later = ISSUER.sign(claims("ann", 3600).put("role", "admin"));
    refreshed.sendText("·REFRESH·" + later + "·");
    assertThat(refreshed.readText()).isEqualTo("·OK·REFRESH·" + later + "·");
    assertThat(ask(refreshed, "/who·")).startsWith("/who·ann admin");
    assertThat(ask(refreshed, "/other·")).startsWith("/other·ann admin");

    for (RawClient one : new RawClient[] {plain, left}) {
      RawClient.Frame end = one.readClose();
      assertThat(end.code()).isEqualTo(4401);
      assertThat(end.reason()).isEqualTo("token expired");
    }
    assertThat(ask(refreshed, "/who·")).startsWith("/who·ann admin");
    assertThat(ask(refreshed, "/other·")).startsWith("/other·ann admin");
  }

  @Test
  void whatWasJoinedByAOneTimeUriEndsWithTheTokenOfItsIssue() throws Exception {
    start();
    String shortly = ISSUER.sign(claims("ann", 3));
    Request issue = Request.plain("GET", "/uri").plus("Authorization", "Bearer " + shortly);
    RawClient plain = server.connect(server.open().ask(issue).body());
    assertThat(ask(plain, "")).startsWith("ann");
    RawClient client = server.open().upgrade(offering("carillon.v1").line("GET /other HTTP/1.1"));
    client.sendText("·SUBSCRIBE·" + server.open().ask(issue).body() + "·");
    assertThat(client.readText()).startsWith("·OK·SUBSCRIBE·/who·");
    assertThat(ask(client, "/who·")).startsWith("/who·ann");

    assertThat(client.readText()).isEqualTo("·UNSUBSCRIBE·/who·4401·token expired·");
    assertThat(ask(client, "/other·")).startsWith("/other·nobody");
    assertThat(plain.readClose().reason()).isEqualTo("token expired");
  }

  @Test
  void aConnectionWithoutATokenIsNotMadeSomebody() throws Exception {
    start();
    RawClient client = server.open().upgrade(offering("carillon.v1"));
    String token = ISSUER.sign("ann");
    client.sendText("·REFRESH·" + token + "·");

    assertThat(client.readText())
        .isEqualTo("·ERR·403 the connection came without a token·REFRESH·" + token + "·");
    assertThat(ask(client, "/who·")).startsWith("/who·nobody");
  }

  @Test
  void aSlowSignatureIsVerifiedBesideTheConnectionOneAtATime() throws Exception {
    TestTokens issuer = TestTokens.pair("ES512", "slow");
    Path file = directory.resolve("keys.json");
    TestCertificate.replace(file, TestTokens.keySet(issuer).encode());
    start(", 'jwt': {'keys': ['" + file + "']}");
    RawClient client =
        server.open().upgrade(offering("carillon.v1", "carillon.bearer." + issuer.sign("ann")));
    String token = issuer.sign(TestTokens.claims("ann").put("role", "admin"));
    byte[] refresh = RawClient.frame(RawClient.TEXT, "·REFRESH·" + token + "·");

    client.send(refresh, refresh);
    assertThat(client.readText()).isEqualTo("·ERR·429 one at a time·REFRESH·" + token + "·");
    assertThat(client.readText()).isEqualTo("·OK·REFRESH·" + token + "·");
    assertThat(ask(client, "/who·")).startsWith("/who·ann admin");
    refuses(bearing(TestTokens.pair("ES512", "slow").sign("ann")), "wrong signature");
  }

  @Test
  void theBaseDialectKnowsNoRefresh() throws Exception {
    start();
    RawClient client =
        server
            .open()
            .upgrade(offering("rocket-multiplex", "carillon.bearer." + ISSUER.sign("ann")));
    client.sendText("·REFRESH·x·");

    assertThat(client.readText()).isEqualTo("·INVALID·Control Message Invalid·");
  }

  @Test
  void claimsOpenWhatTheConfigurationCloses() throws Exception {
    start(
        ", 'jwt': {'secret': '"
            + TestTokens.SECRET
            + "', 'algorithms': ['HS256']}, 'http': {'guards': ["
            + "{'path': '/other', 'requires': 'role=admin'}, {'path': '/users/:sub/**'}]}");
    server.serve(routes -> routes.route("/users/:who/notes").message(JwtIT::answer));
    String admin = ISSUER.sign(TestTokens.claims("ann").put("role", "admin"));

    assertThat(statusOf("/other", admin)).isEqualTo(101);
    assertThat(statusOf("/other", ISSUER.sign("ann"))).isEqualTo(403);
    assertThat(statusOf("/users/ann/notes", ISSUER.sign("ann"))).isEqualTo(101);
    assertThat(statusOf("/users/bob/notes", ISSUER.sign("ann"))).isEqualTo(403);

    RawClient client = server.open();
    client.ask(bearing(admin).plus("Sec-WebSocket-Protocol", "carillon.v1"));
    client.sendText("·SUBSCRIBE·/users/ann/notes·").sendText("·SUBSCRIBE·/users/bob/notes·");
    assertThat(client.readText()).isEqualTo("·OK·SUBSCRIBE·/users/ann/notes····");
    assertThat(client.readText()).startsWith("·ERR·403 ").endsWith("·SUBSCRIBE·/users/bob/notes·");
  }

  private int statusOf(String uri, String token) throws Exception {
    return server
        .open()
        .ask(Request.upgrade(uri).plus("Authorization", "Bearer " + token))
        .status();
  }

  @Test
  void aPostRefreshesAConnectionByItsId() throws Exception {
    start();
    server.serve(
        routes ->
            routes.route("/id").message((ch, payload) -> ch.send(Payload.text(ch.connectionId()))));
    String shortly = ISSUER.sign(claims("ann", 3));
    RawClient lost = server.open().upgrade(bearing(shortly));
    RawClient client = server.open().upgrade(bearing(shortly).line("GET /id HTTP/1.1"));
    String id = ask(client, "");

    assertThat(post(id, ISSUER.sign("bob")).status()).isEqualTo(403);
    assertThat(post(id, "x").status()).isEqualTo(401);
    assertThat(post(id.substring(0, id.length() - 1), ISSUER.sign("ann")).status()).isEqualTo(404);
    assertThat(post("1.2.3", ISSUER.sign("ann")).status()).isEqualTo(404);
    assertThat(post("1", ISSUER.sign("ann")).status()).isEqualTo(400);
    assertThat(
            server
                .open()
                .ask(Request.plain("POST", RefreshRoute.PATH + "?connection=" + id))
                .status())
        .isEqualTo(401);
    Answer answer = post(id, ISSUER.sign("ann"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(new JsonObject(answer.body())).isEqualTo(new JsonObject().put("refreshed", 1));

    assertThat(lost.readClose().code()).isEqualTo(4401);
    assertThat(ask(client, "")).isEqualTo(id);
  }

  @Test
  void aPostRefreshesTheConnectionsOfTheCallersSession() throws Exception {
    start(
        ", 'jwt': {'secret': '"
            + TestTokens.SECRET
            + "', 'algorithms': ['HS256']}, 'http': {'sessions': {'store': 'local'}}");
    RawClient first = server.open();
    String cookie =
        first.ask(bearing(ISSUER.sign(claims("ann", 3)))).header("set-cookie").get(0).split(";")[0];
    RawClient second =
        server.open().upgrade(bearing(ISSUER.sign(claims("ann", 3))).plus("Cookie", cookie));
    RawClient other =
        server.open().upgrade(bearing(ISSUER.sign(claims("bob", 3))).plus("Cookie", cookie));

    assertThat(refresh(ISSUER.sign("ann"), "carillon.session=forged").status()).isEqualTo(400);
    assertThat(refresh(ISSUER.sign("eve"), cookie).status()).isEqualTo(404);
    Answer answer = refresh(ISSUER.sign("ann"), cookie);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(new JsonObject(answer.body())).isEqualTo(new JsonObject().put("refreshed", 2));

    assertThat(other.readClose().code()).isEqualTo(4401);
    assertThat(ask(first, "")).isEqualTo("ann none [][]");
    assertThat(ask(second, "")).isEqualTo("ann none [][]");
  }

  private Answer refresh(String token, String cookie) throws Exception {
    return server
        .open()
        .ask(
            Request.plain("POST", RefreshRoute.PATH)
                .plus("Authorization", "Bearer " + token)
                .plus("Cookie", cookie)
                .plus("Content-Length", "0"));
  }

  private Answer post(String connection, String token) throws Exception {
    return server
        .open()
        .ask(
            Request.plain("POST", RefreshRoute.PATH + "?connection=" + connection)
                .plus("Authorization", "Bearer " + token)
                .plus("Content-Length", "0"));
  }
}
