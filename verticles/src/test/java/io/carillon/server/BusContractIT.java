package io.carillon.server;

import static io.carillon.server.PlainRoom.action;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.Channel;
import io.carillon.codec.Payload;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.JoinHandler;
import io.carillon.route.LeaveHandler;
import io.carillon.route.MessageHandler;
import io.carillon.route.Routes;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract on the event bus: what {@code docs/bus.md} promises to verticles of any kind. */
@Timeout(30)
class BusContractIT {
  private static final String ADDRESS = "acme.room";
  private static final DeploymentOptions ONCE = new DeploymentOptions();

  private final Journal journal = new Journal();
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.prepare("{'limits': {'handlerTimeout': '300ms'}}");
    server.vertx().eventBus().<String>consumer("test.journal", m -> journal.add(m.body()));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private void run() throws Exception {
    server.run();
  }

  private EventBus bus() {
    return server.vertx().eventBus();
  }

  private PlainRoom plain(String address) throws Exception {
    return plain(new PlainRoom(address));
  }

  private PlainRoom plain(PlainRoom room) throws Exception {
    server.deploy(() -> room, ONCE);
    settle();
    return room;
  }

  /** Everything published by now has arrived at every HTTP verticle. */
  private void settle() throws Exception {
    for (int i = 0; i < TestServer.EVENT_LOOPS; i++) {
      // Round robin, and behind what is queued at each.
      TestServer.await(
          bus().request("carillon.routes", announcement("/settle/" + i, 0), action("check")));
    }
  }

  private static JsonObject announcement(String pattern, int rank) {
    return new JsonObject()
        .put("address", "acme.other")
        .put("name", "acme")
        .put(
            "routes",
            new JsonArray().add(new JsonObject().put("pattern", pattern).put("rank", rank)));
  }

  // ---- a plain verticle

  @Test
  void plainVerticleServesJoinMessageAndLeave() throws Exception {
    run();
    plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby?name=ann");

    assertThat(client.readText()).isEqualTo("welcome to lobby");
    journal.expect("join {name=ann, room=lobby}");
    assertThat(client.sendText("hello").readText()).isEqualTo("acme.room: hello");
    journal.expect("message /plain/lobby?name=ann");
    assertThat(client.sendBinary(new byte[] {1, 2}).readBinary()).containsExactly(1, 2);
    journal.expect("message /plain/lobby?name=ann");
    client.sendClose(4001, "bye");
    journal.expect("leave closed 4001 bye");
    assertThat(client.readClose().code()).isEqualTo(4001);
  }

  @Test
  void plainVerticleThatStartedFirstIsFound() throws Exception {
    server.deploy(() -> new PlainRoom(ADDRESS), ONCE);
    run();
    settle();

    assertThat(server.connect("/plain/lobby").readText()).isEqualTo("welcome to lobby");
  }

  @ParameterizedTest
  @CsvSource({
    "full, 409, room is full",
    "closed, 404, closed for today",
    "policy, 403, not you",
    "odd, 500, InternalServerError",
    "nobody, 404, Not Found",
    "silent, 504, handler timed out"
  })
  void plainVerticleRefusesAJoinWithAStatus(String room, int status, String error)
      throws Exception {
    run();
    plain(ADDRESS);

    Answer answer = server.open().ask(Request.upgrade("/plain/" + room));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(new JsonObject(answer.body()).getString("error")).isEqualTo(error);
    journal.next();
    journal.isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "bye, 4003, enough",
    "ok, 1000, Ok",
    "fail, 4429, slowly",
    "fail own, 4200, my own",
    "fail policy, 1008, not you",
    "fail unsendable, 1011, InternalServerError",
    "forward, 1008, nobody takes this",
    "silent, 1011, handler timed out"
  })
  void plainVerticleEndsAChannel(String text, int code, String reason) throws Exception {
    run();
    plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby");
    client.readText();

    client.sendText(text);

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(code);
    assertThat(close.reason()).isEqualTo(reason);
    journal.next();
    journal.expect("message /plain/lobby", "leave closed " + code + " " + reason);
    client.sendClose(code, "").readEnd();
    journal.isEmpty();
  }

  @Test
  void plainVerticleBroadcasts() throws Exception {
    run();
    plain(ADDRESS);
    RawClient one = server.connect("/plain/lobby");
    RawClient other = server.connect("/plain/lobby");
    one.readText();
    other.readText();

    one.sendText("all");

    assertThat(one.readText()).isEqualTo("to all");
    assertThat(other.readText()).isEqualTo("to all");
  }

  @Test
  void messageWaitsForTheReplyToTheOneBefore() throws Exception {
    run();
    plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby");
    client.readText();
    journal.next();

    client.sendText("silent").sendText("behind").pingPong();

    journal.expect("message /plain/lobby");
    journal.isEmpty();
    client.readClose();
    journal.expect("leave closed 1011 handler timed out");
  }

  @Test
  void eventsHaveTheDocumentedHeaders() throws Exception {
    run();
    Journal headers = new Journal();
    bus()
        .addInboundInterceptor(
            delivery -> {
              var message = delivery.message();
              if (message.address().equals(ADDRESS)) {
                JsonObject all = new JsonObject();
                message.headers().forEach(header -> all.put(header.getKey(), header.getValue()));
                headers.add(all.encode());
              }
              delivery.next();
            });
    plain(ADDRESS);
    RawClient client =
        server.open().upgrade(Request.upgrade("/plain//lobby/?n=a%20b").plus("X-A", "1"));
    client.readText();
    client.sendText("hello").readText();
    client.sendClose(1000, "done");

    JsonObject join = new JsonObject(headers.next());
    JsonObject message = new JsonObject(headers.next());
    JsonObject leave = new JsonObject(headers.next());
    Set<String> names =
        Set.of(
            "version",
            "event",
            "route",
            "rank",
            "topic",
            "channel",
            "connection",
            "client",
            "parameters");
    assertThat(names).isSubsetOf(join.fieldNames());
    assertThat(message.fieldNames()).isEqualTo(names);
    assertThat(join.fieldNames()).isEqualTo(plus(names, "handshake"));
    assertThat(leave.fieldNames()).isEqualTo(plus(names, "kind", "code", "reason"));
    assertThat(join.getString("version")).isEqualTo("1.0");
    assertThat(join.getString("route")).isEqualTo("/plain/:room");
    assertThat(join.getString("rank")).isEqualTo("-5");
    assertThat(join.getString("topic")).isEqualTo("/plain/lobby?n=a%20b");
    assertThat(new JsonObject(join.getString("parameters")))
        .isEqualTo(new JsonObject().put("room", "lobby").put("n", "a b"));
    JsonObject handshake = new JsonObject(join.getString("handshake"));
    assertThat(handshake.getString("method")).isEqualTo("GET");
    assertThat(handshake.getString("uri")).isEqualTo("/plain//lobby/?n=a%20b");
    assertThat(handshake.getString("remoteAddress")).isEqualTo("127.0.0.1");
    assertThat(handshake.getBoolean("secure")).isFalse();
    assertThat(handshake.getJsonArray("headers")).contains(new JsonArray().add("X-A").add("1"));
    for (String same : List.of("version", "route", "topic", "channel", "connection", "client")) {
      assertThat(message.getString(same)).isEqualTo(join.getString(same));
      assertThat(leave.getString(same)).isEqualTo(join.getString(same));
    }
  }

  private static Set<String> plus(Set<String> names, String... more) {
    Set<String> all = new HashSet<>(names);
    all.addAll(List.of(more));
    return all;
  }

  @Test
  void longReasonIsCutAtACharacter() throws Exception {
    run();
    plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby");
    client.readText();

    RawClient.Frame close = client.sendText("fail at length").readClose();

    assertThat(close.code()).isEqualTo(4201);
    assertThat(close.reason()).isEqualTo("x" + "ü".repeat(61));
  }

  @Test
  void leaveGoesToTheNextRouteInRankWhereItIsForwarded() throws Exception {
    run();
    plain(ADDRESS);
    serve(
        routes ->
            routes
                .route("/plain/**")
                .rank(100)
                .message((ch, payload) -> {})
                .leave(
                    (ch, status) -> {
                      journal.add("fallback " + status);
                    }));

    server.connect("/plain/forwards").sendClose(4001, "bye");

    journal.expect("join {room=forwards}", "leave closed 4001 bye", "fallback closed 4001");
  }

  @Test
  void instanceMayAskToHearOfTheEndWhereLeaveIsNotItsOwn() throws Exception {
    run();
    plain(
        new PlainRoom(ADDRESS, PlainRoom.route("/plain/:room", "join", "message")) {
          @Override
          JsonObject announcement() {
            return super.announcement().put("everyLeave", true);
          }
        });
    RawClient client = server.connect("/plain/lobby");
    client.readText();
    journal.next();

    client.sendClose(1000, "");

    journal.expect("leave null null null"); // only to be forgotten
  }

  @Test
  void whatIsSaidToAClientIsAnswered() throws Exception {
    run();
    Channel<Payload>[] kept = kept();
    String client = "carillon.http:" + kept[0].id().replaceFirst("\\.[^.]*$", "").replace('.', ':');
    String id = kept[0].id();

    TestServer.await(bus().request(client, "hello", action("send").addHeader("channel", id)));
    TestServer.await(bus().request(client, "hello", action("send").addHeader("channel", id)));
    refused(400, "a send needs a body", client, null, "send", "channel", id);
    refused(404, "no such channel", client, "x", "send", "channel", id + "x");
    refused(404, "no such channel", client, "x", "send", "channel", "nonsense");
    refused(404, "no such channel", client, "x", "send", "other", "header");
    refused(400, null, client, "x", "send", "channel", id, "version", "2.0");
    refused(400, "unknown action: action=dance", client, "x", "dance", "channel", id);
    refused(400, null, client, null, "close", "channel", id, "code", "999");
    refused(400, null, client, null, "close", "channel", id, "code", "many");
  }

  private void refused(
      int code, String text, String address, Object body, String action, String... headers) {
    var options = action(action);
    for (int i = 0; i < headers.length; i += 2) {
      options.addHeader(headers[i], headers[i + 1]);
    }
    assertThatThrownBy(() -> TestServer.await(bus().request(address, body, options)))
        .isInstanceOfSatisfying(
            ReplyException.class,
            e -> {
              assertThat(e.failureCode()).isEqualTo(code);
              if (text != null) {
                assertThat(e.getMessage()).isEqualTo(text);
              }
            });
  }

  @SuppressWarnings("unchecked") // one element of the type it says
  private Channel<Payload>[] kept() throws Exception {
    Channel<Payload>[] kept = new Channel[1];
    server.serve(
        routes ->
            routes
                .route("/kept")
                .join(
                    ch -> {
                      kept[0] = ch;
                    }));
    server.connect("/kept");
    return kept;
  }

  // ---- announcements

  @Test
  void routeThatWasNeverAnnouncedIsNotFoundAndOneThatWasWithdrawnIsUnavailable() throws Exception {
    run();
    assertThat(server.open().ask(Request.upgrade("/plain/lobby")).status()).isEqualTo(404);
    PlainRoom room = plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby");

    room.withdraw();
    settle();

    assertThat(server.open().ask(Request.upgrade("/plain/lobby")).status()).isEqualTo(503);
    assertThat(client.skipToClose().code()).isEqualTo(1012);
    assertThat(server.open().ask(Request.upgrade("/elsewhere")).status()).isEqualTo(404);
    plain("acme.again");
    assertThat(server.connect("/plain/lobby").readText()).isEqualTo("welcome to lobby");
  }

  @ParameterizedTest
  @CsvSource({"/quiet", "/spoken", "/joined", "/left"})
  void lastInstanceThatGoesTakesItsChannelsWithIt(String uri) throws Exception {
    run();
    LeaveHandler<Payload> reported =
        (ch, status) -> {
          journal.add("leave " + status);
        };
    String id =
        server.serve(
            routes -> {
              routes.route("/quiet").message((ch, payload) -> {});
              routes.route("/spoken").message((ch, payload) -> ch.send(payload));
              routes.route("/joined").join(ch -> {}).leave(reported);
              routes.route("/left").message((ch, payload) -> {}).leave(reported);
            });
    RawClient client = server.connect(uri);
    if (uri.equals("/spoken")) {
      client.sendText("hello").readText();
    }

    server.undeploy(id);

    assertThat(client.readClose().code()).isEqualTo(1012);
    if (uri.equals("/joined") || uri.equals("/left")) {
      journal.expect("leave closed 1012");
    }
    assertThat(server.open().ask(Request.upgrade(uri)).status()).isEqualTo(503);
  }

  @Test
  void instanceThatGoesLeavesTheChannelsOfItsReplicasAlone() throws Exception {
    run();
    PlainRoom one = plain("acme.one");
    plain("acme.two");
    List<RawClient> clients = server.connectSome(8, "/plain/lobby");
    int ofOne = 0;
    for (RawClient client : clients) {
      client.readText();
    }

    one.withdraw();
    settle();

    for (RawClient client : clients) {
      // Either it was with the one that goes, or it is served as before.
      client.sendText("who?");
      RawClient.Frame frame = client.read();
      if (frame.opcode() == RawClient.TEXT && frame.text().startsWith("acme.one")) {
        frame = client.read();
      }
      if (frame.opcode() == RawClient.CLOSE) {
        assertThat(frame.code()).isEqualTo(1012);
        ofOne++;
      } else {
        assertThat(frame.text()).isEqualTo("acme.two: who?");
      }
    }
    assertThat(ofOne).isBetween(1, 7);
    assertThat(server.connect("/plain/lobby").readText()).isEqualTo("welcome to lobby");
  }

  @Test
  void instanceThatVanishesWithoutAWordIsUnavailable() throws Exception {
    run();
    PlainRoom room = plain(ADDRESS);
    RawClient client = server.connect("/plain/lobby");
    client.readText();

    room.vanish();
    client.sendText("hello");

    assertThat(client.readClose().code()).isEqualTo(1013);
    assertThat(server.open().ask(Request.upgrade("/plain/lobby")).status()).isEqualTo(503);
  }

  @Test
  void channelStaysWithItsInstance() throws Exception {
    run();
    plain("acme.one");
    plain("acme.two");
    Set<String> instances = new HashSet<>();

    for (RawClient client : server.connectSome(6, "/plain/lobby")) {
      client.readText();
      String first = client.sendText("a").readText().split(":")[0];
      instances.add(first);
      for (int i = 0; i < 5; i++) {
        assertThat(client.sendText("b").readText()).isEqualTo(first + ": b");
      }
    }
    assertThat(instances).containsExactlyInAnyOrder("acme.one", "acme.two");
  }

  @Test
  void badAnnouncementIsRefusedWithItsReason() throws Exception {
    run();
    JsonObject good = announcement("/a", 0);

    refused(400, "an announcement is a JSON object", "carillon.routes", "x", "announce");
    refusedAnnouncement("member=address", good.copy().putNull("address"));
    refusedAnnouncement(
        "contract version not spoken here: version=2.0, ours=1.0",
        good.copy().put("version", "2.0"));
    refusedAnnouncement("member of another type", good.copy().put("routes", "x"));
    refusedAnnouncement(
        "member of another type", good.copy().put("routes", new JsonArray().add(1)));
    refusedAnnouncement(
        "member=pattern", good.copy().put("routes", new JsonArray().add(new JsonObject())));
    refusedAnnouncement("pattern=/a/:", announcement("/a/:", 0));
    refusedAnnouncement(
        "sideways",
        routed(
            PlainRoom.route("/a", "join")
                .put("settings", new JsonObject().put("joinPhase", "sideways"))));
    assertThat(server.open().ask(Request.upgrade("/a")).status()).isEqualTo(404);
  }

  private static JsonObject routed(JsonObject route) {
    return announcement("/a", 0).put("routes", new JsonArray().add(route));
  }

  private void refusedAnnouncement(String text, JsonObject announcement) {
    assertThatThrownBy(
            () -> TestServer.await(bus().request("carillon.routes", announcement, action("check"))))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(400))
        .hasMessageContaining(text);
  }

  @Test
  void announcementOfANewerMinorVersionIsUnderstood() throws Exception {
    run();
    JsonObject newer =
        PlainRoom.route("/plain/:room", "join", "message", "leave", "dance").put("shape", "round");
    plain(
        new PlainRoom(ADDRESS, newer) {
          @Override
          JsonObject announcement() {
            return super.announcement().put("version", "1.7").put("colour", "blue");
          }
        });

    assertThat(server.connect("/plain/lobby").readText()).isEqualTo("welcome to lobby");
  }

  @Test
  void settingsOfAnAnnouncementHold() throws Exception {
    run();
    plain(
        new PlainRoom(
            ADDRESS,
            PlainRoom.route("/plain/:room", "join", "message")
                .put(
                    "settings",
                    new JsonObject().put("joinPhase", "after_upgrade").put("maxMessageBytes", 4))));

    assertThat(server.connect("/plain/full").readClose().code()).isEqualTo(4409);
    RawClient client = server.connect("/plain/lobby");
    client.readText();
    assertThat(client.sendText("abcde").readClose().code()).isEqualTo(1009);
  }

  // ---- collisions

  private String serve(Consumer<Routes> routes) throws Exception {
    return server.deploy(() -> new TestServer.Handlers(routes), ONCE);
  }

  /** Another verticle, so that errors tell the two apart. */
  static final class Others extends ChannelVerticle {
    private final Consumer<Routes> routes;

    Others(Consumer<Routes> routes) {
      this.routes = routes;
    }

    @Override
    protected void routes(Routes declared) {
      routes.accept(declared);
    }
  }

  private void collides(Consumer<Routes> first, Consumer<Routes> second, String... parts)
      throws Exception {
    String id = serve(first);

    assertThatThrownBy(() -> server.deploy(() -> new Others(second), ONCE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("routes overlap: ")
        .hasMessageContainingAll(parts)
        .hasMessageContainingAll(TestServer.Handlers.class.getName(), Others.class.getName());
    server.undeploy(id);
  }

  @Test
  void overlappingRoutesFailTheLaterDeploymentAndNameBoth() throws Exception {
    run();
    Consumer<Routes> named = routes -> routes.route("/a/:x/c").message((ch, payload) -> {});
    Consumer<Routes> other = routes -> routes.route("/a/b/:y").message((ch, payload) -> {});

    collides(named, other, "/a/:x/c", "/a/b/:y");
    collides(other, named, "/a/:x/c", "/a/b/:y");
  }

  @Test
  void everyPairIsListed() throws Exception {
    run();

    collides(
        routes -> {
          routes.route("/a").message((ch, payload) -> {});
          routes.route("/b").join(ch -> {});
        },
        routes -> {
          routes.route("/a").maxMessageBytes(1).message((ch, payload) -> {});
          routes.route("/b").maxMessageBytes(1).join(ch -> {});
        },
        "/a (",
        "/b (");
  }

  @Test
  void otherSettingsOfTheSamePatternCollide() throws Exception {
    run();

    collides(
        routes -> routes.route("/a").message((ch, payload) -> {}),
        routes -> routes.route("/a").maxMessageBytes(10).message((ch, payload) -> {}),
        "/a (");
  }

  @Test
  void collisionLeavesTheFirstRouteAlone() throws Exception {
    run();
    serve(routes -> routes.route("/a").message((ch, payload) -> ch.sendRaw("first")));
    RawClient client = server.connect("/a");

    assertThatThrownBy(
            () ->
                server.deploy(
                    () ->
                        new Others(
                            routes -> {
                              routes.route("/other").message((ch, payload) -> {});
                              routes.route("/:x").rank(-9).message((ch, payload) -> {});
                            }),
                    ONCE))
        .hasMessageContaining("routes overlap");

    assertThat(client.sendText("x").readText()).isEqualTo("first");
    assertThat(server.connect("/a").sendText("x").readText()).isEqualTo("first");
    assertThat(server.open().ask(Request.upgrade("/other")).status()).isEqualTo(404);
  }

  @Test
  void sameRouteOfASecondInstanceIsAReplica() throws Exception {
    run();
    Consumer<Routes> routes = all -> all.route("/a").message((ch, payload) -> ch.send(payload));
    String first = serve(routes);
    server.deploy(() -> new Others(routes), ONCE);

    server.undeploy(first);

    assertThat(server.connect("/a").sendText("still served").readText()).isEqualTo("still served");
  }

  @Test
  void routesThatAreGoneDoNotCollide() throws Exception {
    run();
    server.undeploy(serve(routes -> routes.route("/a").message((ch, payload) -> {})));

    serve(
        routes -> routes.route("/:x").rank(-9).message((ch, payload) -> ch.sendRaw("the new one")));

    assertThat(server.connect("/a").sendText("x").readText()).isEqualTo("the new one");
  }

  @Test
  void joinAndMessageOfTwoVerticlesDoNotCollide() throws Exception {
    run();
    serve(routes -> routes.route("/a").join(ch -> ch.sendRaw("welcome")));
    server.deploy(
        () -> new Others(routes -> routes.route("/a").message((ch, payload) -> ch.send(payload))),
        ONCE);

    RawClient client = server.connect("/a");

    assertThat(client.readText()).isEqualTo("welcome");
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void twoOverlappingRoutesOfOneVerticleCollideToo() throws Exception {
    run();

    assertThatThrownBy(
            () ->
                serve(
                    routes -> {
                      routes.route("/a/:x/c").message((ch, payload) -> {});
                      routes.route("/a/b/:y").message((ch, payload) -> {});
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("routes overlap: ")
        .hasMessageContainingAll("/a/:x/c", "/a/b/:y");
  }

  @Test
  void announcementThatCollidesIsAnswered409() throws Exception {
    run();
    plain(ADDRESS);

    assertThatThrownBy(
            () ->
                TestServer.await(
                    bus()
                        .request(
                            "carillon.routes", announcement("/plain/:other", -5), action("check"))))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(409))
        .hasMessageContainingAll("/plain/:room (plain room", "/plain/:other (acme");
  }

  @Test
  void messageThatOneRouteForwardsGoesToTheNextInRank() throws Exception {
    run();
    plain(ADDRESS);
    serve(
        routes ->
            routes.route("/plain/**").rank(100).message((ch, payload) -> ch.sendRaw("fallback")));
    RawClient client = server.connect("/plain/lobby");
    client.readText();

    assertThat(client.sendText("forward").readText()).isEqualTo("fallback");
    assertThat(client.sendText("hello").readText()).isEqualTo("acme.room: hello");
  }

  // ---- how handlers are deployed

  @Test
  void handlersRunOnTheEventLoopOfTheirConnection() throws Exception {
    run();
    server.serve(
        routes ->
            routes
                .route("/a", String.class, String.class)
                .join(ch -> ch.send(Thread.currentThread().getName()))
                .message((ch, text) -> ch.send(Thread.currentThread().getName())));
    Set<String> threads = new HashSet<>();

    try (LogCapture log = LogCapture.of("io.carillon.server")) {
      for (int i = 0; i < 9; i++) {
        RawClient client = server.connect("/a");
        String ofConnection = log.next("joined").getThreadName();
        threads.add(ofConnection);
        assertThat(client.readText()).isEqualTo(ofConnection);
        assertThat(client.sendText("?").readText()).isEqualTo(ofConnection);
        if (i % 3 == 0) {
          server.open(); // so that connections and handlers do not take turns in step
        }
      }
    }
    assertThat(threads).hasSize(TestServer.EVENT_LOOPS);
  }

  @Test
  void handlersMayBlockInAWorker() throws Exception {
    handlersMayBlock(ThreadingModel.WORKER);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void handlersMayBlockOnVirtualThreads() throws Exception {
    handlersMayBlock(ThreadingModel.VIRTUAL_THREAD);
  }

  private void handlersMayBlock(ThreadingModel model) throws Exception {
    run();
    server.deploy(
        () ->
            new TestServer.Handlers(
                routes ->
                    routes
                        .route("/a", String.class, String.class)
                        .join(
                            ch -> {
                              block(model);
                              ch.send("welcome");
                            })
                        .message(
                            (ch, text) -> {
                              block(model);
                              ch.broadcast(text);
                            })
                        .leave(
                            (ch, status) -> {
                              block(model);
                              journal.add("leave " + status);
                            })),
        new DeploymentOptions().setThreadingModel(model).setInstances(2));
    List<RawClient> clients = server.connectSome(4, "/a");
    for (RawClient client : clients) {
      assertThat(client.readText()).isEqualTo("welcome");
    }

    for (int i = 0; i < 20; i++) {
      clients.get(0).sendText("message " + i);
    }

    for (RawClient client : clients) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.readText()).isEqualTo("message " + i);
      }
    }
    for (RawClient client : clients) {
      client.sendClose(1000, "");
      journal.expect("leave closed 1000");
    }
  }

  /** Waits as code in a worker or on a virtual thread may. */
  private void block(ThreadingModel model) throws Exception {
    if (model == ThreadingModel.VIRTUAL_THREAD) {
      server.vertx().timer(1, TimeUnit.MILLISECONDS).await();
    } else {
      CompletableFuture.runAsync(
              () -> {}, CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS))
          .get(5, TimeUnit.SECONDS);
    }
  }

  // ---- declarations that are refused

  private int answers(Channel<Payload> channel, Payload payload) {
    return payload.size();
  }

  private String answers(Channel<Payload> channel) {
    return channel.id();
  }

  private boolean answers(Channel<Payload> channel, LeaveStatus status) {
    return channel.isOpen();
  }

  private void silent(Channel<Payload> channel) {}

  @Test
  void handlerThatReturnsAValueIsRefused() throws Exception {
    run();
    String rule = "WebSocket Event handlers are not permitted to return values: pattern=/a, event=";

    // Written in place these do not compile.
    MessageHandler<Payload, Payload> message = this::answers;
    JoinHandler<Payload> join = this::answers;
    LeaveHandler<Payload> leave = this::answers;

    assertThatThrownBy(() -> serve(routes -> routes.route("/a").message(message)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(rule + "message");
    assertThatThrownBy(() -> serve(routes -> routes.route("/a").join(join)))
        .hasMessage(rule + "join");
    assertThatThrownBy(() -> serve(routes -> routes.route("/a").leave(leave)))
        .hasMessage(rule + "leave");
    assertThatThrownBy(() -> serve(routes -> routes.route("/a").leave(join)))
        .hasMessage(rule + "leave");
    serve(routes -> routes.route("/a").join(this::silent));
  }

  @Test
  void routeWithoutJoinAndMessageIsRefused() throws Exception {
    run();

    assertThatThrownBy(() -> serve(routes -> routes.route("/a").leave(ch -> {})))
        .hasMessage("a route needs a join or a message handler: pattern=/a");
  }

  @Test
  void patternOfTheTokensIsReserved() throws Exception {
    run();

    assertThatThrownBy(
            () -> serve(routes -> routes.route("/websocket/token/:x").message((ch, p) -> {})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conflicts with websocket tokens");
  }

  @Test
  void routeVerticleTakesEventsInTheDocumentedForm() throws Exception {
    run();
    Journal addresses = new Journal();
    bus()
        .<JsonObject>consumer("carillon.routes", m -> addresses.add(m.body().getString("address")));
    serve(
        routes ->
            routes
                .route("/a/:x", String.class, String.class)
                .join(ch -> ch.send("welcome " + ch.path("x") + " " + ch.handshake().host()))
                .message((ch, text) -> ch.send(text))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status);
                    }));
    Journal said = new Journal();
    bus()
        .<Object>consumer(
            "test.client",
            m -> {
              said.add(
                  m.headers().get("channel") + " " + m.headers().get("action") + " " + m.body());
              m.reply(null);
            });
    String address = addresses.next();

    event(address, "join", null);
    said.expect("node.1.7 send welcome y example.org");
    event(address, "message", "hello");
    said.expect("node.1.7 send hello");
    event(address, "leave", null);
    journal.expect("leave closed 4001");
  }

  private void event(String address, String kind, String body) throws Exception {
    var options =
        action("none")
            .addHeader("version", "1.0")
            .addHeader("event", kind)
            .addHeader("route", "/a/:x")
            .addHeader("topic", "/a/y")
            .addHeader("channel", "node.1.7")
            .addHeader("connection", "node.1.7")
            .addHeader("client", "test.client")
            .addHeader("parameters", "{\"x\":\"y\"}");
    if (kind.equals("join")) {
      JsonArray host = new JsonArray().add("Host").add("example.org");
      options.addHeader(
          "handshake",
          new JsonObject()
              .put("method", "GET")
              .put("uri", "/a/y")
              .put("headers", new JsonArray().add(host))
              .encode());
    } else if (kind.equals("leave")) {
      options.addHeader("kind", "closed").addHeader("code", "4001").addHeader("reason", "bye");
    }
    TestServer.await(bus().request(address, body, options));
  }
}
