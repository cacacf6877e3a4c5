package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.BrowserSession;
import io.carillon.broker.BrokerException;
import io.carillon.broker.Clients;
import io.carillon.broker.Joined;
import io.carillon.broker.JoinedPage;
import io.carillon.broker.Reached;
import io.carillon.broker.Subscription;
import io.carillon.broker.Target;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.carillon.server.HttpRoutes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Messages to clients of either node from either node. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsIT {
  /** A value. */
  record Note(String text) {}

  /** Named in the configuration. */
  public static final class Account implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router
          .post("/login/:user")
          .handler(
              ctx ->
                  BrowserSession.of(ctx)
                      .signIn(ctx.pathParam("user"))
                      .onComplete(in -> ctx.end("in"), ctx::fail));
      router
          .post("/logout/:user")
          .handler(
              ctx ->
                  BrowserSession.signOutEverywhere(vertx, ctx.pathParam("user"))
                      .onComplete(out -> ctx.end("out"), ctx::fail));
    }
  }

  static final JsonObject HTTP =
      new JsonObject()
          .put(
              "http",
              new JsonObject()
                  .put("sessions", new JsonObject().put("store", "clustered"))
                  .put("routes", Account.class.getName()));

  private static final int MOST = 3;
  private static final JsonObject LIMITED =
      HTTP.copy().put("limits", new JsonObject().put("maxConnectionsPerUser", MOST));

  private final List<Browser> browsers = new ArrayList<>();
  private final Journal journal = new Journal();
  private ClusterNode one;
  private ClusterNode two;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    one = ClusterNode.join(cluster).broker().http(LIMITED);
    two = ClusterNode.join(cluster).broker().http(LIMITED);
    two.serve(
        routes -> {
          routes.route("/at/:place").message((ch, what) -> ch.send(Payload.text(ch.id())));
          routes
              .route("/left/:place")
              .message((ch, what) -> ch.send(Payload.text(ch.id())))
              .leave(
                  (ch, status) -> {
                    journal.add("leave " + ch.topic().uri());
                  });
          routes
              .route("/cbor", Note.class, Note.class)
              .encoding(Encodings.CBOR)
              .message((ch, note) -> ch.send(note));
        });
  }

  @AfterEach
  void leave() throws Exception {
    for (Browser browser : browsers) {
      browser.vanish();
    }
    browsers.clear();
  }

  @AfterAll
  void stop() throws Exception {
    one.close();
    two.close();
  }

  /** A browser that has opened one tab at a node. */
  private Browser browser(ClusterNode node, String topic) throws Exception {
    Browser browser = Browser.open(node.port(), topic);
    browsers.add(browser);
    return browser;
  }

  /** A browser in which a user has signed in at a node, without a tab yet. */
  private Browser signedIn(ClusterNode node, String user) throws Exception {
    Browser browser = new Browser();
    assertThat(browser.post(node.port(), "/login/" + user)).isEqualTo("in");
    browsers.add(browser);
    return browser;
  }

  private static Clients of(ClusterNode node) {
    return Clients.of(node.vertx);
  }

  private static Reached await(Future<Reached> reached) throws Exception {
    return reached.await(10, SECONDS);
  }

  private static Reached all(int connections) {
    return new Reached(connections, true);
  }

  @Test
  void aMessageReachesEveryTabOfASessionOnWhateverNode() throws Exception {
    Browser ann = browser(one, "/at/a");
    Client second = ann.tab(two.port(), "/at/b");
    Browser bob = browser(one, "/at/a");

    for (ClusterNode from : List.of(one, two)) {
      assertThat(await(of(from).session(ann.session()).send("hi"))).isEqualTo(all(2));
      assertThat(ann.first().text()).isEqualTo("hi");
      assertThat(second.text()).isEqualTo("hi");
      assertThat(await(of(from).session(ann.session()).connected())).isEqualTo(all(2));
    }
    bob.first().hasNothing();
  }

  @Test
  void sendsArriveInTheirOrder() throws Exception {
    Browser ann = browser(one, "/at/a");
    Future<Reached> last = Future.succeededFuture();
    for (int i = 0; i < 1_000; i++) {
      last = of(two).session(ann.session()).send("" + i);
    }
    assertThat(await(last)).isEqualTo(all(1));
    for (int i = 0; i < 1_000; i++) {
      assertThat(ann.first().text()).isEqualTo("" + i);
    }
  }

  @Test
  void aValueGoesOutInTheEncodingOfTheRoute() throws Exception {
    Browser ann = browser(one, "/at/a");
    Client cbor = ann.tab(two.port(), "/cbor");

    assertThat(await(of(one).session(ann.session()).send(new Note("x")))).isEqualTo(all(2));

    assertThat(ann.first().text()).isEqualTo("{\"text\":\"x\"}");
    assertThat(cbor.bytes()).startsWith(0xbf, 0x64).contains('t', 'e', 'x', 't');
    assertThat(await(of(one).session(ann.session()).send(new byte[] {1, 2}))).isEqualTo(all(2));
    assertThat(ann.first().bytes()).containsExactly(1, 2);
    assertThat(cbor.bytes()).containsExactly(1, 2);
  }

  @Test
  void aMultiplexedConnectionGetsItOnEachTopicOrOnTheOneNamed() throws Exception {
    Browser ann = browser(one, "/at/a");
    Client many = ann.tab(two.port(), "/at/b", "Sec-WebSocket-Protocol", "rocket-multiplex");
    many.send("·SUBSCRIBE·/cbor·");
    assertThat(many.text()).isEqualTo("·OK·SUBSCRIBE·/cbor·");

    assertThat(await(of(one).session(ann.session()).send("hi"))).isEqualTo(all(2));
    assertThat(ann.first().text()).isEqualTo("hi");
    assertThat(List.of(many.text(), many.text())).containsExactlyInAnyOrder("/at/b·hi", "/cbor·hi");

    assertThat(await(of(one).session(ann.session()).on("/cbor").send("you"))).isEqualTo(all(1));
    assertThat(many.text()).isEqualTo("/cbor·you");
    assertThat(await(of(one).session(ann.session()).on("/cbor").disconnect(4000, "enough")))
        .isEqualTo(all(1));
    assertThat(many.text()).isEqualTo("·OK·UNSUBSCRIBE·/cbor·4000·enough·");
    assertThat(await(of(one).session(ann.session()).connected())).isEqualTo(all(2));
    ann.first().hasNothing();
  }

  @Test
  void oneConnectionAndOneChannelAreReachedByTheirIds() throws Exception {
    Browser ann = browser(one, "/at/a");
    Client many = ann.tab(two.port(), "/at/b", "Sec-WebSocket-Protocol", "rocket-multiplex");
    ann.first().send("id?");
    String plain = ann.first().text();
    many.send("/at/b·id?");
    String channel = many.text().substring("/at/b·".length());
    String connection = channel.substring(0, channel.lastIndexOf('.'));

    for (ClusterNode from : List.of(one, two)) {
      assertThat(await(of(from).connection(plain).send("hi"))).isEqualTo(all(1));
      assertThat(ann.first().text()).isEqualTo("hi");
      assertThat(await(of(from).connection(connection).send("ho"))).isEqualTo(all(1));
      assertThat(many.text()).isEqualTo("/at/b·ho");
      assertThat(await(of(from).connection(channel).send("hey"))).isEqualTo(all(1));
      assertThat(many.text()).isEqualTo("/at/b·hey");
    }
    assertThat(await(of(one).connection(channel).disconnect(4000, "enough"))).isEqualTo(all(1));
    assertThat(many.text()).isEqualTo("·OK·UNSUBSCRIBE·/at/b·4000·enough·");
    assertThat(await(of(two).connection(plain).disconnect(4001, "bye"))).isEqualTo(all(1));
    assertThat(ann.first().closed()).isEqualTo(new Client.Closed(4001, "bye"));
    assertThat(await(of(one).connection(connection).disconnect(4002, "all"))).isEqualTo(all(1));
    assertThat(many.closed()).isEqualTo(new Client.Closed(4002, "all"));
  }

  @Test
  void whoIsOfflineIsNoError() throws Exception {
    Browser ann = browser(one, "/at/a");
    ann.first().close();

    for (ClusterNode from : List.of(one, two)) {
      assertThat(await(of(from).session(ann.session()).send("hi"))).isEqualTo(all(0));
      assertThat(await(of(from).user("nobody").send("hi"))).isEqualTo(all(0));
      assertThat(await(of(from).user("ännä & Co/…").connected())).isEqualTo(all(0));
      assertThat(await(of(from).connection(one.id() + ".1.zz").send("hi"))).isEqualTo(all(0));
      assertThat(await(of(from).connection("gone.1.zz").send("hi"))).isEqualTo(all(0));
      assertThat(await(of(from).connection("?").send("hi"))).isEqualTo(all(0));
    }
  }

  @Test
  void allButOneSessionAndAll() throws Exception {
    Browser ann = browser(one, "/at/a");
    Browser bob = browser(two, "/at/b");
    Client cid = two.connect("/at/c");

    assertThat(await(of(one).all().exceptSession(ann.session()).send("others"))).isEqualTo(all(2));
    assertThat(bob.first().text()).isEqualTo("others");
    assertThat(cid.text()).isEqualTo("others");
    assertThat(await(of(two).all().send("everyone"))).isEqualTo(all(3));
    assertThat(ann.first().text()).isEqualTo("everyone");
    assertThat(bob.first().text()).isEqualTo("everyone");
    assertThat(cid.text()).isEqualTo("everyone");
    assertThat(await(of(two).topic("/at/a").send("topic"))).isEqualTo(all(1));
    assertThat(ann.first().text()).isEqualTo("topic");
    cid.vanish();
  }

  @Test
  void whatCannotBeSentIsRefused() {
    assertThatThrownBy(() -> of(one).session("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> of(one).session("x").disconnect(2000, ""))
        .hasMessage("close code must be 1000 to 1015 or 3000 to 4999: code=2000");
    assertThatThrownBy(() -> await(of(one).user("ann").send("x".repeat((1 << 20) + 1))))
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.code()).isEqualTo(BrokerException.Code.TOO_LARGE));
  }

  @Test
  void theSameWithNothingButTheBus() throws Exception {
    Browser ann = browser(one, "/at/a");

    assertThat(bus("hi", "session", ann.session()))
        .isEqualTo(new JsonObject().put("connections", 1).put("complete", true));
    assertThat(ann.first().text()).isEqualTo("hi");
    bus(new JsonObject().put("n", 1), "session", ann.session(), "topic", "/at/a");
    assertThat(ann.first().text()).isEqualTo("{\"n\":1}");
    assertThat(bus(null, "session", ann.session(), "action", "connected").getInteger("connections"))
        .isEqualTo(1);
    assertThatThrownBy(() -> bus("hi", "sesion", ann.session()))
        .isInstanceOf(ReplyException.class)
        .hasMessage("a header is needed: session, user, connection or all");
    assertThatThrownBy(() -> bus(null, "session", ann.session())).hasMessage("a send needs a body");
    bus(null, "session", ann.session(), "action", "disconnect", "code", "4001", "reason", "bye");
    assertThat(ann.first().closed()).isEqualTo(new Client.Closed(4001, "bye"));
  }

  private JsonObject bus(Object body, String... headers) throws Exception {
    DeliveryOptions options = new DeliveryOptions();
    for (int i = 0; i < headers.length; i += 2) {
      options.addHeader(headers[i], headers[i + 1]);
    }
    return two.vertx
        .eventBus()
        .<JsonObject>request("carillon.send", body, options)
        .await(10, SECONDS)
        .body();
  }

  @Test
  void aUserIsReachedInEveryBrowser() throws Exception {
    Client first = signedIn(one, "ann").tab(two.port(), "/at/a");
    Client second = signedIn(two, "ann").tab(one.port(), "/at/b");
    Client other = signedIn(two, "bob").tab(one.port(), "/at/b");

    assertThat(await(of(two).user("ann").send("your export is ready"))).isEqualTo(all(2));

    assertThat(first.text()).isEqualTo("your export is ready");
    assertThat(second.text()).isEqualTo("your export is ready");
    assertThat(await(of(one).user("bob").connected())).isEqualTo(all(1));
    other.hasNothing();
  }

  @Test
  void signingOutEverywhereReachesBothNodes() throws Exception {
    Browser laptop = signedIn(one, "ann");
    Browser phone = signedIn(two, "ann");
    laptop.tab(two.port(), "/at/a");
    phone.tab(one.port(), "/at/a");

    assertThat(new Browser().post(two.port(), "/logout/ann")).isEqualTo("out");

    assertThat(laptop.first().closed()).isEqualTo(new Client.Closed(4401, "signed out"));
    assertThat(phone.first().closed()).isEqualTo(new Client.Closed(4401, "signed out"));
    phone.tab(two.port(), "/at/a");
    assertThat(await(of(one).user("ann").connected())).isEqualTo(all(0));
  }

  @Test
  void aUserHasAsManyConnectionsAsTheLimitSays() throws Exception {
    Browser ann = signedIn(one, "ann");
    for (int i = 0; i < MOST; i++) {
      ann.tab((i % 2 == 0 ? one : two).port(), "/at/" + i);
    }
    Client over = ann.tab(two.port(), "/at/over");
    assertThat(over.closed())
        .isEqualTo(new Client.Closed(4429, "too many connections of this user"));
    Client many = ann.tab(one.port(), "/at/over", "Sec-WebSocket-Protocol", "rocket-multiplex");
    assertThat(many.closed().code()).isEqualTo(4429);
    Client carrier = ann.tab(one.port(), "/.multiplex", "Sec-WebSocket-Protocol", "carillon.v1");
    assertThat(carrier.closed().code()).isEqualTo(4429);
    assertThat(await(of(one).user("ann").connected())).isEqualTo(all(MOST));

    ann.first().close();
    while (await(of(one).user("ann").connected()).connections() == MOST) {
      Thread.onSpinWait();
    }
    ann.tab(two.port(), "/at/again").send("id?").text();
  }

  @RepeatedTest(30)
  void ofManyThatComeAtOnceTheLimitLetsInExactlyAsMany(RepetitionInfo repetition) throws Exception {
    String user = "crowd-" + repetition.getCurrentRepetition();
    Browser browser = signedIn(two, user);
    List<CompletableFuture<Client>> coming = new ArrayList<>();
    for (int i = 0; i < 4 * MOST; i++) {
      ClusterNode node = i % 2 == 0 ? one : two;
      coming.add(CompletableFuture.supplyAsync(() -> tab(browser, node)));
    }
    for (CompletableFuture<Client> one : coming) {
      one.get(10, SECONDS);
    }
    assertThat(await(of(one).user(user).connected())).isEqualTo(all(MOST));
  }

  private static Client tab(Browser browser, ClusterNode node) {
    try {
      return browser.tab(node.port(), "/at/once");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aPlainClientJoinsAFurtherTopicAndLeavesIt() throws Exception {
    Browser ann = browser(one, "/left/a");
    Clients clients = of(two);

    assertThat(await(clients.session(ann.session()).join("/left/b"))).isEqualTo(all(1));
    assertThat(await(clients.session(ann.session()).join("/left/b"))).isEqualTo(all(1));
    two.broker.broadcastTo("/left/b", "of b").await(10, SECONDS);
    assertThat(ann.first().text()).isEqualTo("of b");
    two.broker.broadcastTo("/left/a", "of a").await(10, SECONDS);
    assertThat(ann.first().text()).isEqualTo("of a");
    assertThat(ann.first().send("id?").text()).doesNotEndWith(".1");
    assertThat(topics(clients.session(ann.session()))).containsExactly("/left/a", "/left/b");

    assertThat(await(clients.session(ann.session()).leave("/left/b"))).isEqualTo(all(1));
    two.broker.broadcastTo("/left/b", "not heard").await(10, SECONDS);
    two.broker.broadcastTo("/left/a", "heard").await(10, SECONDS);
    assertThat(ann.first().text()).isEqualTo("heard");
    assertThat(await(clients.session(ann.session()).join("/nowhere/at/all"))).isEqualTo(all(0));
    assertThat(await(clients.session(ann.session()).join("/.session/x"))).isEqualTo(all(0));
    assertThat(await(clients.session(ann.session()).join("/left/b"))).isEqualTo(all(1));
    assertThat(await(clients.session(ann.session()).leave("/left/a"))).isEqualTo(all(1));
    assertThat(ann.first().closed().code()).isEqualTo(1000);
    assertThat(journal.next()).isEqualTo("leave /left/b");
    assertThat(List.of(journal.next(), journal.next()))
        .containsExactlyInAnyOrder("leave /left/a", "leave /left/b");
  }

  @Test
  void aMultiplexedClientIsToldOfATopicThatItIsGiven() throws Exception {
    Browser ann = new Browser();
    browsers.add(ann);
    Client many = ann.tab(one.port(), "/left/a", "Sec-WebSocket-Protocol", "carillon.v1");
    Clients clients = of(two);

    assertThat(await(clients.session(ann.session()).join("/left/b"))).isEqualTo(all(1));
    assertThat(many.text()).isEqualTo("·OK·SUBSCRIBE·/left/b····");
    two.broker.broadcastTo("/left/b", "of b").await(10, SECONDS);
    assertThat(many.text()).isEqualTo("/left/b·of b");
    many.send("·SUBSCRIBE·/left/b·");
    assertThat(many.text()).isEqualTo("·OK·SUBSCRIBE·/left/b····");
    many.send("·SUBSCRIBE·/left/b·");
    assertThat(many.text()).startsWith("·ERR·").contains("Already Subscribed");
    assertThat(await(clients.session(ann.session()).join("/nowhere/at/all"))).isEqualTo(all(0));
    assertThat(await(clients.session(ann.session()).leave("/left/b"))).isEqualTo(all(1));
    assertThat(many.text()).isEqualTo("·UNSUBSCRIBE·/left/b·1000··");
    assertThat(journal.next()).isEqualTo("leave /left/b");
    many.close();
    assertThat(journal.next()).isEqualTo("leave /left/a");
  }

  private static List<String> topics(Target target) throws Exception {
    return target.list("", 10).await(10, SECONDS).channels().stream().map(Joined::topic).toList();
  }

  @Test
  void theConnectionsOfATopicAreListedInPages() throws Exception {
    Browser ann = signedIn(one, "ann");
    for (int i = 0; i < MOST; i++) {
      ann.tab((i % 2 == 0 ? one : two).port(), "/at/list");
    }
    Browser bob = browser(two, "/at/list");
    Target list = of(one).topic("/at/list");

    List<Joined> all = new ArrayList<>();
    JoinedPage page = list.list("", 3).await(10, SECONDS);
    assertThat(page.channels()).hasSize(3);
    assertThat(page.complete()).isTrue();
    all.addAll(page.channels());
    page = list.list(page.next(), 3).await(10, SECONDS);
    assertThat(page.next()).isEmpty();
    all.addAll(page.channels());

    assertThat(all).hasSize(MOST + 1).doesNotHaveDuplicates();
    assertThat(all.stream().map(Joined::channel)).isSorted();
    assertThat(all.stream().filter(one -> one.user().equals(Optional.of("ann")))).hasSize(MOST);
    bob.first().send("id?");
    assertThat(all.stream().map(Joined::connection)).contains(bob.first().text());
    assertThat(
            bus(null, "user", "ann", "action", "list", "limit", "2")
                .getJsonArray("channels")
                .getJsonObject(1)
                .fieldNames())
        .containsExactlyInAnyOrder("channel", "connection", "topic", "user");
  }

  @Test
  void whatASessionSaysIsReadAlong() throws Exception {
    Browser ann = browser(one, "/at/a");
    Browser bob = browser(one, "/at/a");
    BlockingQueue<String> here = new LinkedBlockingQueue<>();
    BlockingQueue<String> there = new LinkedBlockingQueue<>();
    Subscription first =
        of(one)
            .receiver(ann.session(), (channel, said) -> here.add(channel + " " + said.text()))
            .await(10, SECONDS);
    of(two)
        .receiver(ann.session(), (channel, said) -> there.add(channel + " " + said.text()))
        .await(10, SECONDS);

    Client second = ann.tab(two.port(), "/at/b");
    bob.first().send("not this").text();
    String of1 = ann.first().send("one").text() + " one";
    assertThat(here.poll(10, SECONDS)).isEqualTo(of1);
    assertThat(there.poll(10, SECONDS)).isEqualTo(of1);
    String of2 = second.send("two").text() + " two";
    assertThat(here.poll(10, SECONDS)).isEqualTo(of2);
    assertThat(there.poll(10, SECONDS)).isEqualTo(of2);

    first.cancel().await(10, SECONDS);
    second.send("three").text();
    assertThat(there.poll(10, SECONDS)).endsWith("three");
    assertThat(here).isEmpty();
  }

  @Test
  void aSessionMadeAtOneNodeIsKnownAtTheOther() throws Exception {
    Browser ann = browser(one, "/at/a");
    ann.tab(two.port(), "/at/b");
    ann.tab(one.port(), "/at/c");

    assertThat(ann.sessions()).hasSize(1);
  }
}
