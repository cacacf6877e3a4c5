package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.carillon.auth.BrowserSession;
import io.carillon.auth.Handshake;
import io.carillon.broker.Clients;
import io.carillon.codec.Payload;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Browsers and their cookies, on one node. */
@Timeout(30)
class BrowserSessionsIT {
  private static final Pattern COOKIE = Pattern.compile("carillon\\.session=([0-9a-f]{32}); .*");
  private static final int MONTH_SECONDS = 28 * 24 * 60 * 60;

  /** Named in the configuration, so a class of its own. */
  public static final class Account implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.get("/page").handler(ctx -> ctx.end("page"));
      router
          .get("/who")
          .handler(ctx -> ctx.end(Handshake.of(ctx).identity().user().orElse("nobody")));
      router.get("/id").handler(ctx -> ctx.end(BrowserSession.of(ctx).id()));
      router
          .get("/visits")
          .handler(
              ctx -> {
                Integer before = ctx.session().get("visits");
                ctx.session().put("visits", before == null ? 1 : before + 1);
                ctx.end(ctx.session().get("visits").toString());
              });
      router
          .post("/login/:user")
          .handler(
              ctx ->
                  BrowserSession.of(ctx)
                      .signIn(ctx.pathParam("user"))
                      .onComplete(
                          in -> ctx.end(Handshake.of(ctx).identity().user().orElse("")),
                          ctx::fail));
      router
          .post("/logout")
          .handler(ctx -> BrowserSession.of(ctx).signOut().onComplete(out -> ctx.end()));
      router
          .post("/logout/:user")
          .handler(
              ctx ->
                  BrowserSession.signOutEverywhere(vertx, ctx.pathParam("user"))
                      .onComplete(out -> ctx.end()));
    }
  }

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    start("{}");
  }

  private void start(String more) throws Exception {
    server =
        TestServer.start(
            new JsonObject(
                    "{\"http\":{\"sessions\":{\"store\":\"local\"},\"routes\":[\""
                        + Account.class.getName()
                        + "\"]}}")
                .mergeIn(new JsonObject(more.replace('\'', '"')), true)
                .encode());
    server.serve(
        routes ->
            routes
                .route("/**")
                .message(
                    (ch, what) ->
                        ch.send(
                            Payload.text(
                                ch.handshake().identity().session().orElse("none")
                                    + " "
                                    + ch.handshake().identity().user().orElse("nobody")))));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  /** A client with a jar for one cookie. */
  private final class Browser {
    private String cookie = "";

    Answer get(String uri) throws IOException {
      return ask(Request.plain("GET", uri));
    }

    Answer post(String uri) throws IOException {
      return ask(Request.plain("POST", uri).plus("Content-Length", "0"));
    }

    private Answer ask(Request request) throws IOException {
      return keep(server.open().ask(with(request)));
    }

    RawClient connect(String uri) throws IOException {
      RawClient client = server.open();
      Answer answer = client.ask(with(Request.upgrade(uri)));
      assertThat(answer.status()).isEqualTo(101);
      keep(answer);
      return client;
    }

    /** What the channel knows of its client. */
    String identity(RawClient client) throws IOException {
      client.sendText("who?");
      return client.readText();
    }

    private Request with(Request request) {
      return cookie.isEmpty() ? request : request.plus("Cookie", "carillon.session=" + cookie);
    }

    private Answer keep(Answer answer) {
      for (String one : answer.header("set-cookie")) {
        Matcher matcher = COOKIE.matcher(one);
        cookie = matcher.matches() ? matcher.group(1) : "";
      }
      return answer;
    }
  }

  @Test
  void aClientThatLoadedNoPageGetsItsSessionWithThe101() throws Exception {
    RawClient client = server.open();
    Answer answer = client.ask(Request.upgrade("/chat"));

    assertThat(answer.status()).isEqualTo(101);
    String cookie = answer.header("set-cookie").get(0);
    assertThat(cookie)
        .contains("; Path=/", "; HTTPOnly", "; SameSite=Lax", "Max-Age=" + MONTH_SECONDS)
        .doesNotContain("Secure");
    Matcher id = COOKIE.matcher(cookie);
    assertThat(id.matches()).isTrue();
    client.sendText("who?");
    assertThat(client.readText()).isEqualTo(id.group(1) + " nobody");
  }

  @Test
  void theSessionIsThatOfTheCookie() throws Exception {
    Browser browser = new Browser();
    String first = browser.identity(browser.connect("/a"));
    String cookie = browser.cookie;

    assertThat(browser.identity(browser.connect("/b"))).isEqualTo(first);
    assertThat(browser.get("/id").body()).isEqualTo(cookie);
    assertThat(browser.cookie).isEqualTo(cookie);
  }

  @Test
  void aForgedCookieGetsASessionOfItsOwn() throws Exception {
    for (String forged :
        List.of("0123456789abcdef0123456789abcdef", "x", "../../etc", "a".repeat(4000))) {
      Browser browser = new Browser();
      browser.cookie = forged;
      RawClient client = browser.connect("/chat");

      assertThat(browser.cookie).isNotEqualTo(forged);
      assertThat(browser.identity(client)).isEqualTo(browser.cookie + " nobody");
    }
  }

  @Test
  void aRouteThatDoesNotLookMakesNoSession() throws Exception {
    assertThat(new Browser().get("/page").header("set-cookie")).isEmpty();
    assertThat(new Browser().get("/health/live").header("set-cookie")).isEmpty();
    assertThat(new Browser().get("/nothing").header("set-cookie")).isEmpty();
  }

  @Test
  void whatAHandlerPutsThereIsKept() throws Exception {
    Browser browser = new Browser();
    assertThat(browser.get("/visits").body()).isEqualTo("1");
    assertThat(browser.get("/visits").body()).isEqualTo("2");
    assertThat(new Browser().get("/visits").body()).isEqualTo("1");
  }

  @Test
  void signingInChangesTheIdAndKeepsWhatIsThere() throws Exception {
    Browser browser = new Browser();
    browser.get("/visits");
    String before = browser.cookie;
    Browser thief = new Browser();
    thief.cookie = before;

    assertThat(browser.post("/login/ann").body()).isEqualTo("ann");

    assertThat(browser.cookie).isNotEqualTo(before);
    assertThat(browser.get("/who").body()).isEqualTo("ann");
    assertThat(browser.get("/visits").body()).isEqualTo("2");
    assertThat(browser.identity(browser.connect("/chat"))).isEqualTo(browser.cookie + " ann");
    assertThat(thief.get("/who").body()).isEqualTo("nobody");
    assertThat(thief.get("/visits").body()).isEqualTo("1");
  }

  @Test
  void connectionsFromBeforeTheSignInAreToldToComeBack() throws Exception {
    Browser browser = new Browser();
    RawClient before = browser.connect("/chat");
    browser.post("/login/ann");

    RawClient.Frame close = before.readClose();
    assertThat(close.code()).isEqualTo(1012);
    assertThat(close.reason()).isEqualTo("retry=500");
  }

  @Test
  void signingOutEndsTheSessionAndItsConnections() throws Exception {
    Browser browser = new Browser();
    browser.post("/login/ann");
    String in = browser.cookie;
    RawClient client = browser.connect("/chat");
    RawClient other = new Browser().connect("/chat");

    assertThat(browser.post("/logout").header("set-cookie").get(0)).contains("Max-Age=0");

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(4401);
    assertThat(close.reason()).isEqualTo("signed out");
    browser.cookie = in;
    assertThat(browser.get("/who").body()).isEqualTo("nobody");
    other.pingPong();
  }

  @Test
  void signingOutEverywhereEndsAllSessionsOfTheUserAndNoLaterOne() throws Exception {
    List<Browser> browsers = new ArrayList<>();
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Browser browser = new Browser();
      browser.post("/login/ann");
      browsers.add(browser);
      clients.add(browser.connect("/chat"));
    }
    Browser bob = new Browser();
    bob.post("/login/bob");

    bob.post("/logout/ann");

    for (RawClient client : clients) {
      assertThat(client.readClose().code()).isEqualTo(4401);
    }
    for (Browser browser : browsers) {
      assertThat(browser.get("/who").body()).isEqualTo("nobody");
    }
    assertThat(bob.get("/who").body()).isEqualTo("bob");
    browsers.get(0).post("/login/ann");
    assertThat(browsers.get(0).get("/who").body()).isEqualTo("ann");
  }

  @Test
  void anExpiredSessionIsAnotherOne() throws Exception {
    server.close();
    start("{'http':{'sessions':{'timeout':'1s'}}}");
    Browser browser = new Browser();
    browser.get("/visits");
    String before = browser.cookie;

    Thread.sleep(1_100); // its whole life

    assertThat(browser.get("/visits").body()).isEqualTo("1");
    assertThat(browser.cookie).isNotEqualTo(before);
  }

  @Test
  void sessionsAreBoundedAndAnEighthIsForThoseWhoSignIn() throws Exception {
    server.close();
    start("{'http':{'sessions':{'max':16}}}");
    for (int i = 0; i < 14; i++) {
      Browser browser = new Browser();
      browser.connect("/chat");
      assertThat(browser.cookie).isNotEmpty();
    }
    Browser without = new Browser();
    assertThat(without.identity(without.connect("/chat"))).isEqualTo("none nobody");
    assertThat(without.cookie).isEmpty();

    Browser ann = new Browser();
    assertThat(ann.post("/login/ann").body()).isEqualTo("ann");
    assertThat(ann.identity(ann.connect("/chat"))).isEqualTo(ann.cookie + " ann");
    assertThat(new Browser().post("/login/ann").status()).isEqualTo(200);
    assertThat(new Browser().post("/login/ann").status()).isEqualTo(503);
    assertThat(
            Counters.of(server.vertx()).toJson().getJsonObject("reached").getInteger("maxSessions"))
        .isEqualTo(2);
  }

  @Test
  void withoutSessionsNothingIsSetAndNothingKnown() throws Exception {
    server.close();
    start("{'http':{'sessions':{'store':'off'}}}");
    Browser browser = new Browser();
    browser.cookie = "0123456789abcdef0123456789abcdef";
    RawClient client = server.open();
    Answer answer = client.ask(browser.with(Request.upgrade("/chat")));

    assertThat(answer.header("set-cookie")).isEmpty();
    assertThat(browser.identity(client)).isEqualTo("none nobody");
    assertThat(browser.get("/id").status()).isEqualTo(500);
  }

  @Test
  void aReservedTopicIsNobodysToJoin() throws Exception {
    Browser browser = new Browser();
    browser.connect("/chat");

    for (String topic : List.of("/.session/" + browser.cookie, "/.all", "/.user/ann")) {
      assertThat(server.open().ask(Request.upgrade(topic)).status()).isEqualTo(404);
    }
  }

  @Test
  void sessionIdsAreNotInTheLog() throws Exception {
    Logger all = (Logger) LoggerFactory.getLogger("io.carillon");
    Level level = all.getLevel();
    all.setLevel(Level.DEBUG);
    try (LogCapture log = LogCapture.of(all.getName())) {
      Browser browser = new Browser();
      browser.connect("/chat");
      String before = browser.cookie;
      browser.post("/login/ann");
      RawClient client = browser.connect("/chat");
      String in = browser.cookie;
      TestServer.await(Clients.of(server.vertx()).session(in).send("hello"));
      assertThat(client.readText()).isEqualTo("hello");
      browser.post("/logout");
      client.readClose();

      assertThat(browser.cookie).isEmpty();
      assertThat(log.all()).contains("joined").doesNotContain(before, in);
    } finally {
      all.setLevel(level);
    }
  }
}
