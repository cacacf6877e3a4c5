package io.carillon.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.JoinPhase;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is a proper upgrade, and the answers to everything else. */
@Timeout(20)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandshakeIT {
  private static final Request ECHO = Request.upgrade("/echo");

  private final Journal journal = new Journal();
  private TestServer server;
  private volatile Promise<Void> gate = Promise.promise();

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start("{'http': {'routes': ['" + OwnRoutes.class.getName() + "']}}");
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes.route("/needs?name&age?").message((ch, payload) -> ch.send(payload));
          routes.route("/own").message((ch, payload) -> ch.send(payload));
          routes
              .route("/slow")
              .join(
                  ch -> {
                    journal.add("join");
                    return gate.future();
                  })
              .leave(ch -> {});
          routes
              .route("/slow-after")
              .joinPhase(JoinPhase.AFTER_UPGRADE)
              .join(
                  ch -> {
                    journal.add("join");
                  })
              .leave(
                  ch -> {
                    journal.add("leave");
                  });
          routes
              .route("/refused/:status")
              .join(
                  ch -> {
                    throw CloseException.http(Integer.parseInt(ch.path("status")), "not <today>");
                  });
          routes
              .route("/refused-with/:code")
              .join(
                  ch -> {
                    throw new CloseException(
                        CloseStatus.of(Integer.parseInt(ch.path("code")), "no"));
                  });
          routes
              .route("/broken")
              .join(
                  ch -> {
                    throw new IllegalStateException("a secret");
                  });
        });
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
  }

  // ---- proper ones

  @Test
  void properUpgradeIsAnsweredWith101() throws Exception {
    RawClient client = server.open();

    Answer answer = client.ask(ECHO);

    assertThat(answer.statusLine()).startsWith("HTTP/1.1 101 ");
    assertThat(answer.header("upgrade")).containsExactly("websocket");
    assertThat(answer.header("connection")).containsExactly("Upgrade");
    assertThat(answer.header("sec-websocket-accept")).containsExactly(Request.ACCEPT);
    assertThat(answer.header("sec-websocket-extensions")).isEmpty();
    assertThat(answer.header("sec-websocket-protocol")).isEmpty();
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  static Stream<Arguments> spellings() {
    return Stream.of(
        Arguments.of("any case", ECHO.with("upgrade", "WebSocket").with("connection", "uPgRaDe")),
        Arguments.of("a list", ECHO.with("Connection", "keep-alive, Upgrade")),
        Arguments.of("two lines", ECHO.plus("Connection", "keep-alive")),
        Arguments.of("several upgrades", ECHO.with("Upgrade", "h2c, websocket")),
        Arguments.of("spaces", ECHO.with("Sec-WebSocket-Version", "  13  ")),
        Arguments.of("an extension offered", offer("x-unknown")),
        Arguments.of("a bad offer", offer("permessage-deflate; client_max_window_bits=x")),
        Arguments.of("an empty offer", offer(" , ,")),
        Arguments.of("an origin", ECHO.plus("Origin", "http://localhost")),
        Arguments.of("an empty body", ECHO.plus("Content-Length", "0")),
        Arguments.of("an absolute URI", ECHO.line("GET http://localhost/echo HTTP/1.1")),
        Arguments.of("another absolute URI", ECHO.line("GET WSS://[::1]:1/echo?a=/ HTTP/1.1")),
        Arguments.of("a query", ECHO.line("GET /echo?a=b HTTP/1.1")),
        Arguments.of("slashes", ECHO.line("GET //echo/ HTTP/1.1")),
        Arguments.of("escapes", ECHO.line("GET /%65cho HTTP/1.1")));
  }

  private static Request offer(String extensions) {
    return ECHO.plus("Sec-WebSocket-Extensions", extensions);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("spellings")
  void otherSpellingsAreProperToo(String what, Request request) throws Exception {
    RawClient client = server.open();

    Answer answer = client.ask(request);

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-accept")).containsExactly(Request.ACCEPT);
    assertThat(answer.header("sec-websocket-extensions")).isEmpty();

    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "carillon.plain|carillon.plain",
        "Carillon.PLAIN|Carillon.PLAIN",
        "chat, CARILLON.plain , other|CARILLON.plain",
      })
  void plainSubprotocolIsSpelledAsTheClientSpelledIt(String offer, String chosen) throws Exception {
    Answer answer = server.open().ask(ECHO.plus("Sec-WebSocket-Protocol", offer));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-protocol")).containsExactly(chosen);
  }

  @Test
  void subprotocolOffersInSeveralLinesAreOneList() throws Exception {
    Answer answer =
        server
            .open()
            .ask(
                ECHO.plus("Sec-WebSocket-Protocol", "chat")
                    .plus("Sec-WebSocket-Protocol", "carillon.plain"));

    assertThat(answer.header("sec-websocket-protocol")).containsExactly("carillon.plain");
  }

  @Test
  void unknownSubprotocolIsNotAnswered() throws Exception {
    Answer answer = server.open().ask(ECHO.plus("Sec-WebSocket-Protocol", "chat, bearer"));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-protocol")).isEmpty();
  }

  @Test
  void upgradeMayFollowAnHttpRequestOnTheSameConnection() throws Exception {
    RawClient client = server.open();

    assertThat(client.ask(Request.plain("GET", "/page")).body()).isEqualTo("a page");
    assertThat(client.ask(Request.plain("GET", "/nowhere")).status()).isEqualTo(404);
    client.upgrade(ECHO);

    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void upgradeMayBePipelinedBehindAnHttpRequest() throws Exception {
    RawClient client = server.open();

    client.send(Request.plain("GET", "/page").bytes(), ECHO.bytes());

    assertThat(client.readAnswer().body()).isEqualTo("a page");
    assertThat(client.readAnswer().status()).isEqualTo(101);
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void upgradeMayArriveOctetByOctet() throws Exception {
    RawClient client = server.open();

    for (byte b : ECHO.bytes()) {
      client.send(new byte[] {b});
    }

    assertThat(client.readAnswer().status()).isEqualTo(101);
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  // ---- the table of R20

  static Stream<Arguments> improper() {
    Request noUpgrade = Request.plain("GET", "/echo");
    return Stream.of(
        Arguments.of("plain GET", noUpgrade, 426),
        Arguments.of("no Upgrade", ECHO.without("Upgrade"), 426),
        Arguments.of("no Connection", ECHO.without("Connection"), 426),
        Arguments.of("other Upgrade", ECHO.with("Upgrade", "h2c"), 426),
        Arguments.of("other Connection", ECHO.with("Connection", "keep-alive"), 426),
        Arguments.of("part of a token", ECHO.with("Upgrade", "websockets"), 426),
        Arguments.of("no version", ECHO.without("Sec-WebSocket-Version"), 426),
        Arguments.of("version 8", ECHO.with("Sec-WebSocket-Version", "8"), 426),
        Arguments.of("version 013", ECHO.with("Sec-WebSocket-Version", "013"), 426),
        Arguments.of("version doubled", ECHO.plus("Sec-WebSocket-Version", "13"), 426),
        Arguments.of("versions listed", ECHO.with("Sec-WebSocket-Version", "13, 8"), 426),
        Arguments.of("HTTP/1.0", ECHO.line("GET /echo HTTP/1.0"), 426),
        Arguments.of("plain HTTP/1.0", noUpgrade.line("GET /echo HTTP/1.0"), 426),
        Arguments.of("no key", ECHO.without("Sec-WebSocket-Key"), 400),
        Arguments.of("key doubled", ECHO.plus("Sec-WebSocket-Key", Request.KEY), 400),
        Arguments.of("empty key", ECHO.with("Sec-WebSocket-Key", ""), 400),
        Arguments.of(
            "key of 15 bytes", ECHO.with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), 400),
        Arguments.of(
            "key of 17 bytes", ECHO.with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA="), 400),
        Arguments.of(
            "key of 18 bytes", ECHO.with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAA"), 400),
        Arguments.of("key no base64", ECHO.with("Sec-WebSocket-Key", "*".repeat(22) + "=="), 400),
        Arguments.of(
            "key unpadded", ECHO.with("Sec-WebSocket-Key", Request.KEY.substring(0, 22)), 400),
        Arguments.of("extensions without a name", offer(";=,,\""), 400),
        Arguments.of(
            "an open quote", offer("permessage-deflate; client_max_window_bits=\"10"), 400),
        Arguments.of("no Host", ECHO.without("Host"), 400),
        Arguments.of("Host doubled", ECHO.plus("Host", "localhost"), 400),
        Arguments.of("body", ECHO.plus("Content-Length", "5"), 400),
        Arguments.of("chunked body", ECHO.plus("Transfer-Encoding", "chunked"), 400),
        Arguments.of("POST", ECHO.line("POST /echo HTTP/1.1").plus("Content-Length", "0"), 405),
        Arguments.of("plain PUT", Request.plain("PUT", "/echo").plus("Content-Length", "0"), 405),
        Arguments.of("DELETE", Request.plain("DELETE", "/echo"), 405),
        Arguments.of("OPTIONS", Request.plain("OPTIONS", "/echo"), 405),
        Arguments.of("no route", Request.upgrade("/nowhere"), 404),
        Arguments.of("no route, plain", Request.plain("GET", "/nowhere"), 404),
        Arguments.of("no route, POST", Request.plain("POST", "/nowhere"), 404),
        Arguments.of("below a route", Request.upgrade("/echo/more"), 404),
        Arguments.of("other case", Request.upgrade("/Echo"), 404),
        Arguments.of("long URI", Request.upgrade("/echo?" + "x".repeat(4091)), 414),
        Arguments.of("long URI, plain", Request.plain("GET", "/echo?" + "x".repeat(4091)), 414),
        Arguments.of("very long URI", Request.upgrade("/echo?" + "x".repeat(9000)), 414),
        Arguments.of("long header", ECHO.plus("X-Long", "x".repeat(16 << 10)), 431),
        Arguments.of("many headers", many(ECHO), 431),
        Arguments.of("dots", Request.upgrade("/echo/../echo"), 400),
        Arguments.of("one dot", Request.upgrade("/./echo"), 400),
        Arguments.of("escaped dots", Request.upgrade("/echo/%2e%2E"), 400),
        Arguments.of("dots, plain", Request.plain("GET", "/echo/../echo"), 400),
        Arguments.of("bad escape", Request.upgrade("/echo/%zz"), 400),
        Arguments.of(
            "nothing of HTTP", new Request("\u0001\u0002\u0003 nonsense", List.of()), 400));
  }

  private static Request many(Request request) {
    Request many = request;
    for (int i = 0; i < 200; i++) {
      many = many.plus("X-" + i, "x".repeat(100));
    }
    return many;
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("improper")
  void everythingElseHasItsStatus(String what, Request request, int status) throws Exception {
    Answer answer = server.open().ask(request);

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.header("content-type")).containsExactly("application/json");
    JsonObject body = new JsonObject(answer.body());
    assertThat(body.fieldNames()).containsExactly("status", "error");
    assertThat(body.getInteger("status")).isEqualTo(status);
    assertThat(body.getString("error")).isNotEmpty();
    if (status == 426) {
      assertThat(answer.header("upgrade")).containsExactly("websocket");
      assertThat(answer.header("sec-websocket-version")).containsExactly("13");
    } else {
      assertThat(answer.header("sec-websocket-version")).isEmpty();
    }
    assertThat(answer.header("allow")).isEqualTo(status == 405 ? List.of("GET") : List.of());
  }

  @Test
  void headIsAnsweredWithoutABody() throws Exception {
    RawClient client = server.open();

    client.send(Request.plain("HEAD", "/echo").bytes(), Request.plain("GET", "/page").bytes());

    assertThat(client.readHead().status()).isEqualTo(405);
    assertThat(client.readAnswer().body()).isEqualTo("a page");
  }

  @Test
  void longestUriIsTaken() throws Exception {
    String uri = "/echo?" + "x".repeat(4090);

    assertThat(uri).hasSize(4096);
    assertThat(server.connect(uri).sendText("hello").readText()).isEqualTo("hello");
    assertThat(server.open().ask(Request.plain("GET", uri)).status()).isEqualTo(426);
  }

  @Test
  void headersOfTheRightSizeAreTaken() throws Exception {
    server.open().upgrade(ECHO.plus("X-Long", "x".repeat((16 << 10) - 512)));
  }

  @Test
  void refusedUpgradeEndsTheConnection() throws Exception {
    RawClient client = server.open();

    Answer answer = client.ask(ECHO.without("Sec-WebSocket-Key"));

    assertThat(answer.header("connection")).containsExactly("close");
    client.readEnd();
  }

  @Test
  void applicationsRouteRanksBeforeTheAutomaticAnswers() throws Exception {
    assertThat(server.open().ask(Request.plain("GET", "/own")).body()).isEqualTo("own page");
    assertThat(server.open().ask(Request.plain("POST", "/own")).body()).isEqualTo("own post");
    assertThat(server.open().ask(Request.plain("PUT", "/own")).status()).isEqualTo(405);
    assertThat(server.connect("/own").sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void upgradeToAnHttpRouteIsNotFound() throws Exception {
    assertThat(server.open().ask(Request.upgrade("/page")).status()).isEqualTo(404);
  }

  // ---- bodies

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/html|html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8|html",
        "text/html, application/json|html",
        "application/json;q=0.5, text/html|html",
        "application/json|json",
        "application/json, text/html;q=0.9|json",
        "text/html;q=0.5, application/json|json",
        "text/html;q=0, */*|json",
        "*/*|json",
        "''|json",
      })
  void errorBodyIsHtmlWhereTheClientPrefersIt(String accept, String kind) throws Exception {
    Answer answer = server.open().ask(Request.plain("GET", "/nowhere").plus("Accept", accept));

    assertThat(answer.status()).isEqualTo(404);
    if (kind.equals("html")) {
      assertThat(answer.header("content-type")).containsExactly("text/html;charset=utf-8");
      assertThat(answer.body()).startsWith("<!DOCTYPE html>").contains("<h1>404</h1>", "Not Found");
    } else {
      assertThat(answer.header("content-type")).containsExactly("application/json");
      assertThat(answer.body()).isEqualTo("{\"status\":404,\"error\":\"Not Found\"}");
    }
  }

  @Test
  void reasonIsEscapedInHtml() throws Exception {
    Answer answer = server.open().ask(Request.upgrade("/refused/403").plus("Accept", "text/html"));

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("not &lt;today&gt;").doesNotContain("<today>");
  }

  @Test
  void missingQueryParameterIsNamed() throws Exception {
    Answer answer = server.open().ask(Request.upgrade("/needs?age=7"));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body())
        .isEqualTo("{\"status\":400,\"error\":\"query parameter missing: name\"}");
  }

  @Test
  void optionalQueryParameterMayBeMissing() throws Exception {
    assertThat(server.connect("/needs?name=ann").sendText("hello").readText()).isEqualTo("hello");
  }

  // ---- refused by join

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 409, 418, 429, 500, 503, 599})
  void refusedJoinIsAnHttpStatus(int status) throws Exception {
    RawClient client = server.open();

    Answer answer = client.ask(Request.upgrade("/refused/" + status));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo("{\"status\":" + status + ",\"error\":\"not <today>\"}");
    client.readEnd();
  }

  @ParameterizedTest
  @CsvSource({"4401, 401", "4409, 409", "4000, 404", "3000, 404"})
  void refusalByCloseStatusIsTheNearestHttpStatus(int code, int status) throws Exception {
    Answer answer = server.open().ask(Request.upgrade("/refused-with/" + code));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo("{\"status\":" + status + ",\"error\":\"no\"}");
  }

  @Test
  void joinThatThrowsIsA500WithoutTheCause() throws Exception {
    Answer answer = server.open().ask(Request.upgrade("/broken"));

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.body()).doesNotContain("secret");
  }

  // ---- out of step

  @Test
  void frameInTheSegmentOfTheRequestEndsTheConnection() throws Exception {
    RawClient client = server.open();

    client.send(ECHO.bytes(), RawClient.frame(RawClient.TEXT, "too early"));

    client.readEndOrReset();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/page", "/later"})
  void frameBehindAPipelinedUpgradeEndsTheConnection(String first) throws Exception {
    RawClient client = server.open();

    client.send(
        Request.plain("GET", first).bytes(),
        ECHO.bytes(),
        RawClient.frame(RawClient.TEXT, "too early"));

    assertThat(client.readRest()).doesNotContain("101 Switching");
  }

  @Test
  void upgradeBehindUnansweredRequestsIsRefused() throws Exception {
    RawClient client = server.open();

    client.send(
        Request.plain("GET", "/later").bytes(),
        Request.plain("POST", "/own").plus("Content-Length", "5").bytes(),
        new byte[] {'h', 'e', 'l', 'l', 'o'},
        Request.upgrade("/echo").bytes());

    assertThat(client.readAnswer().body()).isEqualTo("a page");
    assertThat(client.readAnswer().body()).isEqualTo("own post");
    Answer refused = client.readAnswer();
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).contains("behind an unanswered request");
    client.readEnd();
  }

  @Test
  void upgradeBehindAnsweredRequestsIsTaken() throws Exception {
    RawClient client = server.open();
    for (int i = 0; i < 3; i++) {
      assertThat(client.ask(Request.plain("GET", "/later")).body()).isEqualTo("a page");
      assertThat(client.ask(Request.plain("GET", "/nothing")).status()).isEqualTo(404);
    }

    assertThat(client.ask(ECHO).status()).isEqualTo(101);
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  /** A frame of which the HTTP decoder would leave nothing: it skips control characters. */
  @Test
  void frameThatIsEatenBehindAnEarlyUpgradeDoesNotPutTheConnectionOutOfStep() throws Exception {
    RawClient client = server.open();

    client.send(
        Request.plain("GET", "/later").bytes(),
        ECHO.bytes(),
        RawClient.bytes(0x89, 0x80, 0, 0, 0, 0));

    assertThat(client.readRest()).doesNotContain("101 Switching");
  }

  @Test
  void requestInTheSegmentOfTheUpgradeEndsTheConnection() throws Exception {
    RawClient client = server.open();

    client.send(ECHO.bytes(), Request.plain("GET", "/page").bytes());

    client.readEndOrReset();
  }

  @Test
  void earlyDataAheadOfAJoinBehindTheUpgradeRunsNoHandler() throws Exception {
    RawClient client = server.open();

    client.send(Request.upgrade("/slow-after").bytes(), RawClient.frame(RawClient.TEXT, "early"));
    client.readEndOrReset();

    server.connect("/slow-after").sendClose(1000, "");
    journal.expect("join", "leave");
    journal.isEmpty();
  }

  @Test
  void frameWhileJoinRunsEndsTheConnection() throws Exception {
    gate = Promise.promise();
    RawClient client = server.open();
    client.send(Request.upgrade("/slow").bytes());
    journal.expect("join");

    client.send(RawClient.frame(RawClient.TEXT, "too early"));

    client.readEndOrReset();
    gate.complete();
  }

  @Test
  void requestWhileJoinRunsIsNotReadAsOne() throws Exception {
    gate = Promise.promise();
    RawClient client = server.open();
    client.send(Request.upgrade("/slow").bytes());
    journal.expect("join");

    client.send("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));

    client.readEndOrReset();
    gate.complete();
  }

  /** What an application brings. */
  public static final class OwnRoutes implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.get("/page").handler(ctx -> ctx.end("a page"));
      router.get("/later").handler(ctx -> vertx.setTimer(50, timer -> ctx.end("a page")));
      router.get("/own").handler(ctx -> ctx.end("own page"));
      router.post("/own").handler(ctx -> ctx.end("own post"));
    }
  }
}
