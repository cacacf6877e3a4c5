package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.Guard;
import io.carillon.auth.Verdict;
import io.carillon.channel.Channel;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.JoinPhase;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The clients are at one node, all handlers at the other one, which does not even listen. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandlersElsewhereIT {
  /** What a typed route speaks. */
  record Say(String text) {}

  /** What a typed route answers. */
  record Said(String who, String text) {}

  private final Journal journal = new Journal();
  private final List<ClusterNode.Placed<ClusterNode.Handlers>> deployed = new ArrayList<>();
  private ClusterNode doors;
  private ClusterNode handlers;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    doors = ClusterNode.join(cluster).broker().http();
    handlers = ClusterNode.join(cluster).broker();
  }

  @AfterEach
  void undeploy() throws Exception {
    handlers.undeploy(deployed);
    deployed.clear();
    journal.hasNothing();
  }

  @AfterAll
  void stop() throws Exception {
    doors.close();
    handlers.close();
  }

  private static String closed(LeaveStatus status) {
    return status.closeStatus().code() + " " + status.closeStatus().reason();
  }

  private void serve(Consumer<Routes> routes) throws Exception {
    deployed.addAll(handlers.serve(routes));
  }

  @Test
  void aClientIsServedFromJoinToLeave() throws Exception {
    serve(
        routes ->
            routes
                .route("/life")
                .join(
                    ch -> {
                      journal.add("join");
                      return ch.send(Payload.text("welcome"));
                    })
                .message(
                    (ch, payload) -> {
                      journal.add("message " + payload.text());
                      return ch.send(Payload.text("you said " + payload.text()));
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + closed(status));
                    }));

    Client client = doors.connect("/life");
    assertThat(client.text()).isEqualTo("welcome");
    client.send("hi");
    assertThat(client.text()).isEqualTo("you said hi");
    client.close(4001, "bye");

    assertThat(journal.next()).isEqualTo("join");
    assertThat(journal.next()).isEqualTo("message hi");
    assertThat(journal.next()).isEqualTo("leave 4001 bye");
  }

  @Test
  void guardsSeeTheRequestAndSayWhatBecomesOfIt() throws Exception {
    serve(
        routes -> {
          routes
              .route("/guarded/:room")
              .rank(1)
              .guard(
                  Guard.of(
                      "key",
                      request ->
                          request.handshake().header("x-key").isPresent()
                              ? Verdict.pass()
                              : request.path("room").equals("open")
                                  ? Verdict.forward()
                                  : Verdict.refuse(403, "no key for " + request.topic().path())))
              .guardMessages(
                  Guard.of(
                      "mute",
                      request ->
                          request.query("mute").isEmpty()
                              ? Verdict.pass()
                              : Verdict.refuse(429, "mute")))
              .message((ch, payload) -> ch.send(payload));
          routes
              .route("/guarded/open")
              .rank(2)
              .message((ch, payload) -> ch.send(Payload.text("open " + payload.text())));
        });

    Client keyed = doors.connect("/guarded/a", "X-Key", "1");
    keyed.send("hi");
    assertThat(keyed.text()).isEqualTo("hi");
    Client mute = doors.connect("/guarded/a?mute=1", "X-Key", "1");
    mute.send("hi");
    assertThat(mute.closed().code()).isEqualTo(4429);
    Client open = doors.connect("/guarded/open");
    open.send("hi");
    assertThat(open.text()).isEqualTo("open hi");
    Client many = doors.connect("/guarded/open", "Sec-WebSocket-Protocol", "carillon.v1");
    many.send("·SUBSCRIBE·/guarded/b·");
    assertThat(many.text()).isEqualTo("·ERR·403 no key for /guarded/b·SUBSCRIBE·/guarded/b·");
    assertThat(Client.status(doors.port(), "/guarded/b")).isEqualTo(403);
  }

  @Test
  void pagesOfOtherOriginsMayJoinWhereTheRouteElsewhereSaysSo() throws Exception {
    serve(
        routes ->
            routes
                .route("/origins")
                .allowedOrigins("*.example.com")
                .message((ch, payload) -> ch.send(payload)));

    Client welcome = doors.connect("/origins", "Origin", "https://app.example.com");
    welcome.send("hi");
    assertThat(welcome.text()).isEqualTo("hi");
    assertThat(Client.status(doors.port(), "/origins", "Origin", "https://evil.net"))
        .isEqualTo(403);
  }

  @Test
  void topicsOfOneConnectionAreToldApart() throws Exception {
    serve(
        routes ->
            routes
                .route("/many/:name", String.class, String.class)
                .join(ch -> ch.send("hello " + ch.path("name")))
                .message(
                    (ch, text) -> {
                      switch (text) {
                        case "close" -> ch.close(CloseStatus.of(4000, "enough"));
                        default -> ch.broadcast(ch.id().startsWith(ch.connectionId() + ".") + text);
                      }
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + ch.path("name") + " " + closed(status));
                    }));
    Client client = doors.connect("/many/a", "Sec-WebSocket-Protocol", "rocket-multiplex");
    assertThat(client.text()).isEqualTo("/many/a·hello a");
    client.send("·SUBSCRIBE·/many/b·");
    assertThat(client.text()).isEqualTo("·OK·SUBSCRIBE·/many/b·");
    assertThat(client.text()).isEqualTo("/many/b·hello b");

    client.send("/many/b·!");
    assertThat(client.text()).isEqualTo("/many/b·true!");
    client.send("/many/b·close");
    assertThat(client.text()).isEqualTo("·OK·UNSUBSCRIBE·/many/b·4000·enough·");
    assertThat(journal.next()).isEqualTo("leave b 4000 enough");
    client.send("/many/a·?");
    assertThat(client.text()).isEqualTo("/many/a·true?");
    client.send("·UNSUBSCRIBE·/many/a·4001·bye·");
    assertThat(client.text()).isEqualTo("·OK·UNSUBSCRIBE·/many/a·4001·bye·");
    assertThat(journal.next()).isEqualTo("leave a 4001 bye");
  }

  @Test
  void topicsOfOneConnectionShareACacheWhereTheyMeet() throws Exception {
    serve(
        routes ->
            routes
                .route("/cache/:name", String.class, String.class)
                .join(
                    ch ->
                        ch.send(
                            Thread.currentThread().getId()
                                + " "
                                + ch.cached(AtomicInteger.class, AtomicInteger::new)
                                    .incrementAndGet())));
    Client client = doors.connect("/cache/0", "Sec-WebSocket-Protocol", "rocket-multiplex");
    Map<String, Integer> counted = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      if (i > 0) {
        client.send("·SUBSCRIBE·/cache/" + i + "·");
        assertThat(client.text()).startsWith("·OK·SUBSCRIBE·");
      }
      String[] heard = client.text().split("·")[1].split(" ");
      assertThat(counted.merge(heard[0], 1, Integer::sum)).isEqualTo(Integer.parseInt(heard[1]));
    }
    client.close(1000, "");
  }

  @Test
  void questionsCrossInBothDirections() throws Exception {
    serve(
        routes ->
            routes
                .route("/ask", String.class, String.class)
                .message(
                    (ch, text) ->
                        ch.request("what?", String.class, Duration.ofSeconds(20))
                            .compose(answer -> ch.send("you said " + answer)))
                .request(
                    (ch, text) ->
                        text.equals("refuse")
                            ? Future.failedFuture(CloseException.http(403, "not you"))
                            : Future.succeededFuture(text + "!")));
    Client client = doors.connect("/ask", "Sec-WebSocket-Protocol", "carillon.v1");

    client.send("/ask^1·hi");
    assertThat(client.text()).isEqualTo("/ask^1·hi!");
    client.send("/ask^3·refuse");
    assertThat(client.text()).isEqualTo("·ERR·403 not you·REQUEST·/ask·3·");
    client.send("/ask·ask me");
    assertThat(client.text()).isEqualTo("/ask^2·what?");
    client.send("/ask^2·this");
    assertThat(client.text()).isEqualTo("/ask·you said this");
  }

  @Test
  void aClientThatVanishesLeavesOnceWithoutAStatus() throws Exception {
    serve(
        routes ->
            routes
                .route("/vanish")
                .message((ch, payload) -> ch.send(payload))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status.kind());
                    }));
    Client client = doors.connect("/vanish");
    client.send("x");
    assertThat(client.text()).isEqualTo("x");
    client.vanish();
    assertThat(journal.next()).isEqualTo("leave NO_STATUS");
  }

  @Test
  void messagesAreHandledOneAtATimeAndInOrder() throws Exception {
    List<Promise<Void>> open = new ArrayList<>();
    serve(
        routes ->
            routes
                .route("/order")
                .message(
                    (ch, payload) -> {
                      Promise<Void> promise = Promise.promise();
                      synchronized (open) {
                        open.add(promise);
                        assertThat(open).hasSize(1);
                      }
                      handlers.vertx.runOnContext(
                          later -> {
                            synchronized (open) {
                              open.clear();
                            }
                            ch.send(payload).onComplete(promise);
                          });
                      return promise.future();
                    }));
    Client client = doors.connect("/order");
    for (int i = 0; i < 500; i++) {
      client.send("message " + i);
    }
    for (int i = 0; i < 500; i++) {
      assertThat(client.text()).isEqualTo("message " + i);
    }
  }

  @Test
  void textStaysTextAndBinaryStaysBinary() throws Exception {
    serve(routes -> routes.route("/echo").message((ch, payload) -> ch.send(payload)));
    Client client = doors.connect("/echo");
    client.send((byte) 0, (byte) 0x80, (byte) 0xff);
    assertThat(client.bytes()).containsExactly(0, 0x80, 0xff);
    client.send("grüße 😀");
    assertThat(client.text()).isEqualTo("grüße 😀");
    client.send("");
    assertThat(client.text()).isEmpty();
    client.send(new byte[0]);
    assertThat(client.bytes()).isEmpty();
  }

  @Test
  void typedMessagesAreJson() throws Exception {
    serve(
        routes ->
            routes
                .route("/rooms/:room", Say.class, Said.class)
                .message((ch, say) -> ch.send(new Said(ch.path("room"), say.text()))));
    Client client = doors.connect("/rooms/lobby");
    client.send("{\"text\":\"hi\"}");
    assertThat(client.text()).isEqualTo("{\"who\":\"lobby\",\"text\":\"hi\"}");
    client.send("no JSON");
    assertThat(client.closed().code()).isEqualTo(1007);
  }

  @Test
  void everyEncodingCrosses() throws Exception {
    serve(
        routes -> {
          for (Encodings encoding : Encodings.values()) {
            routes
                .route("/in/" + encoding.wireName(), Say.class, Say.class)
                .encoding(encoding)
                .decodeError((ch, error) -> ch.sendRaw(error.getMessage()))
                .message((ch, say) -> ch.send(say).compose(sent -> ch.broadcast(say)));
          }
        });
    for (Encodings encoding : Encodings.values()) {
      Client client = doors.connect("/in/" + encoding.wireName());
      Payload say = encoding.encode(new Say("hi")).orElseThrow();
      if (say.isText()) {
        client.send(say.text());
        assertThat(client.text()).isEqualTo(say.text());
        assertThat(client.text()).isEqualTo(say.text());
      } else {
        client.send(say.bytes());
        assertThat(client.bytes()).isEqualTo(say.bytes());
        assertThat(client.bytes()).isEqualTo(say.bytes());
      }
      client.send(new byte[] {1, 2});
      assertThat(client.text()).startsWith("not valid ");
      handlers.broker.broadcastTo("/in/" + encoding.wireName(), new Say("hi"));
      Payload heard = say.isText() ? Payload.text(client.text()) : Payload.binary(client.bytes());
      assertThat(encoding.codec(Say.class).decode(heard)).isEqualTo(new Say("hi"));
    }
  }

  @Test
  void joinAndMessageOfOnePatternMayBeDeclaredApartWithOtherTypes() throws Exception {
    serve(
        routes -> {
          routes.route("/apart").join(ch -> ch.send(Payload.text("welcome")));
          routes
              .route("/apart", Say.class, Said.class)
              .message((ch, say) -> ch.send(new Said("server", say.text())))
              .leave(
                  (ch, status) -> {
                    journal.add("leave");
                  });
        });
    Client client = doors.connect("/apart");
    assertThat(client.text()).isEqualTo("welcome");
    client.send("{\"text\":\"hi\"}");
    assertThat(client.text()).isEqualTo("{\"who\":\"server\",\"text\":\"hi\"}");
    client.close();
    assertThat(journal.next()).isEqualTo("leave");
  }

  @Test
  void parametersAndHandshakeAreThere() throws Exception {
    serve(
        routes ->
            routes
                .route("/p/:one/x/:two?lang&name")
                .message(
                    (ch, payload) ->
                        ch.send(
                            Payload.text(
                                String.join(
                                    "|",
                                    ch.path("one"),
                                    ch.path("two"),
                                    ch.query("lang"),
                                    ch.query("name"),
                                    ch.query("other"),
                                    ch.handshake().header("X-Mood").orElse("none"),
                                    ch.handshake().header("x-absent").orElse("none"),
                                    ch.handshake().cookie("session").orElse("none"),
                                    ch.handshake().uri(),
                                    ch.handshake().remoteAddress())))));
    String uri = "/p/a%20b/x/r%C3%A4um?name=ann%26bob&lang=de&other=1";
    Client client = doors.connect(uri, "X-Mood", "bright, mostly", "Cookie", "a=b; session=s3cret");
    for (int i = 0; i < 2; i++) {
      client.send("?");
      assertThat(client.text())
          .isEqualTo("a b|räum|de|ann&bob|1|bright, mostly|none|s3cret|" + uri + "|127.0.0.1");
    }
  }

  @Test
  void loopServesAClientOfAnotherNode() throws Exception {
    serve(
        routes ->
            routes
                .route("/loop", Say.class, Say.class)
                .subprotocol("cbor", Encodings.CBOR)
                .socket(s -> s.send(new Say("hello")).compose(sent -> s.forEach(s::send)))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + closed(status));
                    }));
    Client client = doors.connect("/loop");
    assertThat(client.text()).isEqualTo("{\"text\":\"hello\"}");
    for (int i = 0; i < 20; i++) {
      client.send("{\"text\":\"" + i + "\"}");
    }
    for (int i = 0; i < 20; i++) {
      assertThat(client.text()).isEqualTo("{\"text\":\"" + i + "\"}");
    }
    client.close(4001, "bye");
    assertThat(journal.next()).isEqualTo("leave 4001 bye");

    Client cbor = doors.connect("/loop", "Sec-WebSocket-Protocol", "cbor");
    assertThat(Encodings.CBOR.codec(Say.class).decode(Payload.binary(cbor.bytes())))
        .isEqualTo(new Say("hello"));
    cbor.close(1000, "");
    assertThat(journal.next()).isEqualTo("leave 1000 ");
  }

  @Test
  void closeCrossesAndOtherControlFramesDoNot() throws Exception {
    serve(
        routes ->
            routes
                .route("/raw", String.class, String.class)
                .controlFrames()
                .socket(
                    s ->
                        s.recvRaw()
                            .compose(text -> s.sendRaw(new Frame.Ping(new byte[0])))
                            .recover(e -> s.send(((CloseException) e).reason()))
                            .compose(sent -> s.recvRaw())
                            .onSuccess(frame -> journal.add(frame.toString()))));
    Client client = doors.connect("/raw").send("x");

    assertThat(client.text()).isEqualTo("pings and pongs do not cross nodes");
    client.close(4001, "bye");
    assertThat(journal.next()).startsWith("Close[status=").contains("4001");
  }

  @Test
  void ranksFormAStateMachineOnAnotherNode() throws Exception {
    ChannelLocal<String> user = ChannelLocal.of("user", String.class);
    serve(
        routes ->
            routes.mount(
                "/machine",
                machine -> {
                  machine
                      .route("/:room", String.class, String.class)
                      .rank(1)
                      .needs(user)
                      .message((ch, text) -> ch.send(ch.local(user).orElseThrow() + ": " + text));
                  machine
                      .route("/:room", String.class, String.class)
                      .rank(2)
                      .message(
                          (ch, name) -> {
                            ch.createLocal(user, name);
                          });
                }));
    for (int i = 0; i < 8; i++) {
      Client client = doors.connect("/machine/" + i);
      client.send("ann" + i).send("hi");
      assertThat(client.text()).isEqualTo("ann" + i + ": hi");
    }
  }

  /** Typed parameters. */
  record Place(int row, Optional<String> seat) {}

  @Test
  void typedParametersAreReadBeforeTheUpgrade() throws Exception {
    serve(
        routes -> {
          routes
              .route("/place/:row?seat?", String.class, String.class)
              .rank(1)
              .params(Place.class)
              .message((ch, text) -> ch.send(ch.params(Place.class).toString()));
          routes
              .route("/place/best", String.class, String.class)
              .rank(2)
              .join(
                  ch -> {
                    journal.add("best");
                  })
              .message((ch, text) -> ch.send("best"));
        });

    Client client = doors.connect("/place/7?seat=a%2Fb");
    client.send("?");
    assertThat(client.text()).isEqualTo("Place[row=7, seat=Optional[a/b]]");
    Client best = doors.connect("/place/best");
    assertThat(journal.next()).isEqualTo("best");
    best.send("?");
    assertThat(best.text()).isEqualTo("best");
    assertThat(Client.status(doors.port(), "/place/x")).isEqualTo(400);
  }

  @Test
  void aRefusalHasTheStatusOfTheHandler() throws Exception {
    serve(
        routes -> {
          routes
              .route("/refuse/:status")
              .join(
                  ch -> {
                    throw CloseException.http(Integer.parseInt(ch.path("status")), "no");
                  });
          routes
              .route("/refuse-later")
              .join(ch -> Future.failedFuture(new CloseException(CloseStatus.POLICY_VIOLATION)));
          routes
              .route("/broken")
              .join(
                  ch -> {
                    throw new IllegalStateException("on purpose");
                  });
        });
    assertThat(Client.status(doors.port(), "/refuse/401")).isEqualTo(401);
    assertThat(Client.status(doors.port(), "/refuse/429")).isEqualTo(429);
    assertThat(Client.status(doors.port(), "/refuse/503")).isEqualTo(503);
    assertThat(Client.status(doors.port(), "/refuse-later")).isEqualTo(403);
    assertThat(Client.status(doors.port(), "/broken")).isEqualTo(500);
  }

  @Test
  void aClientThatDoesNotGetInIsHeardOf() throws Exception {
    Promise<Void> never = Promise.promise();
    serve(
        routes ->
            routes
                .route("/too/late", String.class, String.class)
                .handlerTimeout(Duration.ofMillis(200))
                .failedUpgrade((ch, why) -> journal.add("failed " + why.httpStatus()))
                .join(ch -> never.future()));

    assertThat(Client.status(doors.port(), "/too/late")).isEqualTo(504);
    assertThat(journal.next()).isEqualTo("failed 504");
  }

  @Test
  void aRefusalAfterTheUpgradeIsAClose() throws Exception {
    serve(
        routes ->
            routes
                .route("/late")
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .join(
                    ch -> {
                      throw CloseException.http(403, "not you");
                    }));
    assertThat(doors.connect("/late").closed()).isEqualTo(new Client.Closed(4403, "not you"));
  }

  @Test
  void chunksDoNotCross() throws Exception {
    serve(
        routes ->
            routes
                .route("/chunks", String.class, String.class)
                .message((ch, text) -> ch.streamText().end(Buffer.buffer(text))));
    Client client = doors.connect("/chunks");

    client.send("hi");

    assertThat(client.closed())
        .isEqualTo(new Client.Closed(1011, "a message is streamed on the node of its client only"));
  }

  @Test
  void aRouteThatTakesChunksNeedsANodeThatTakesClients() {
    assertThatThrownBy(
            () ->
                serve(
                    routes ->
                        routes.route("/upload").stream(
                            1 << 20, (ch, message) -> Future.succeededFuture())))
        .hasMessageContaining(
            "chunks of messages do not cross nodes, and no HTTP verticle has been deployed on this"
                + " one: verticle=");
  }

  @Test
  void aHandlerClosesItsClientWithAStatus() throws Exception {
    serve(
        routes ->
            routes
                .route("/close")
                .message(
                    (ch, payload) -> {
                      switch (payload.text()) {
                        case "close" -> ch.close();
                        case "status" -> ch.close(CloseStatus.of(4321, "enough"));
                        case "throw" -> throw new CloseException(CloseStatus.of(4000, "be nice"));
                        default -> throw new IllegalStateException("on purpose");
                      }
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + closed(status));
                    }));
    assertThat(doors.connect("/close").send("close").closed().code()).isEqualTo(1000);
    assertThat(journal.next()).isEqualTo("leave 1000 Ok");
    assertThat(doors.connect("/close").send("status").closed())
        .isEqualTo(new Client.Closed(4321, "enough"));
    assertThat(journal.next()).isEqualTo("leave 4321 enough");
    assertThat(doors.connect("/close").send("throw").closed())
        .isEqualTo(new Client.Closed(4000, "be nice"));
    assertThat(journal.next()).isEqualTo("leave 4000 be nice");
    assertThat(doors.connect("/close").send("?").closed().code()).isEqualTo(1011);
    assertThat(journal.next()).startsWith("leave 1011");
  }

  @Test
  void aBroadcastOfAHandlerReachesTheClients() throws Exception {
    serve(
        routes ->
            routes
                .route("/room/:name")
                .join(ch -> ch.broadcast(Payload.text("somebody came")))
                .message(
                    (ch, payload) ->
                        ch.broadcast(payload)
                            .compose(taken -> ch.broadcastTo("/room/other", "overheard")))
                .leave(ch -> ch.broadcast(Payload.text("somebody left"))));
    Client ann = doors.connect("/room/one");
    Client other = doors.connect("/room/other");
    Client bob = doors.connect("/room/one");
    assertThat(ann.text()).isEqualTo("somebody came");
    bob.send("hi");
    assertThat(bob.text()).isEqualTo("hi");
    assertThat(ann.text()).isEqualTo("hi");
    assertThat(other.text()).isEqualTo("overheard");
    bob.close();
    assertThat(ann.text()).isEqualTo("somebody left");
  }

  @Test
  void aChannelMayBeKeptAndUsedLater() throws Exception {
    BlockingQueue<Channel<Payload>> kept = new LinkedBlockingQueue<>();
    serve(
        routes ->
            routes
                .route("/keep")
                .join(
                    ch -> {
                      kept.add(ch);
                    })
                .message(
                    (ch, payload) -> {
                      journal.add("same " + (ch == kept.peek()));
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("same " + (ch == kept.peek()) + ", open " + ch.isOpen());
                    }));
    Client client = doors.connect("/keep");
    Channel<Payload> channel = kept.peek();
    assertThat(channel).isNotNull();
    assertThat(channel.isOpen()).isTrue();
    assertThat(channel.id()).startsWith(doors.id() + ".");
    channel.send(Payload.text("from outside")).await(10, SECONDS);
    assertThat(client.text()).isEqualTo("from outside");
    client.send("x");
    assertThat(journal.next()).isEqualTo("same true");

    client.close();
    assertThat(journal.next()).isEqualTo("same true, open false");
    assertThat(channel.isOpen()).isFalse();
    assertThatThrownBy(() -> channel.send(Payload.text("late")).await(10, SECONDS))
        .isInstanceOf(CloseException.class);
    channel.close();
  }

  @Test
  void sendsAreQueuedInTheirOrder() throws Exception {
    serve(
        routes ->
            routes
                .route("/many")
                .message(
                    (ch, payload) -> {
                      for (int i = 0; i < 1_000; i++) {
                        ch.send(Payload.text(Integer.toString(i)));
                      }
                    }));
    Client client = doors.connect("/many").send("go");
    for (int i = 0; i < 1_000; i++) {
      assertThat(client.text()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void whatIsNoHandlersBusinessLeavesNothingBehind() throws Exception {
    // An instance that still thinks it has channels waits for them for 5 s when it stops.
    List<ClusterNode.Placed<ClusterNode.Handlers>> instances =
        handlers.serve(
            routes -> {
              routes
                  .route("/none")
                  .join(
                      ch -> {
                        throw CloseException.http(403, "never");
                      });
              routes.route("/no-leave").message((ch, payload) -> ch.send(payload));
              routes
                  .route("/only-join")
                  .join(
                      ch -> {
                        journal.add("join");
                      });
            });
    for (int i = 0; i < 20; i++) {
      assertThat(Client.status(doors.port(), "/none")).isEqualTo(403);
      Client client = doors.connect("/no-leave").send("x");
      assertThat(client.text()).isEqualTo("x");
      client.close();
      doors.connect("/only-join").close();
      assertThat(journal.next()).isEqualTo("join");
    }
    long began = System.nanoTime();
    handlers.undeploy(instances);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void aRouteIsServedEverywhereOnceItIsDeployed() throws Exception {
    for (int i = 0; i < 50; i++) {
      String path = "/fresh/" + i;
      serve(routes -> routes.route(path).message((ch, payload) -> ch.send(payload)));
      assertThat(Client.status(doors.port(), path)).isEqualTo(101);
    }
  }
}
