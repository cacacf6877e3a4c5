package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.broker.BrokerException;
import io.carillon.broker.Publication;
import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.codec.IntoPayload;
import io.carillon.codec.Payload;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What travels to clients and from them: kinds, types, broadcasts, order and limits. */
@Timeout(30)
class MessagesIT {
  /** As many clients that both event loops have some. */
  private static final int CLIENTS = 6;

  record Ask(String text, int times) {}

  record Said(String text) {}

  private final BlockingQueue<Channel<Payload>> channels = new LinkedBlockingQueue<>();
  private final Journal journal = new Journal();
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start("{'http': {'routes': ['" + Page.class.getName() + "']}}");
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes.route("/listen/**").message((ch, payload) -> ch.broadcast(payload));
          routes
              .route("/kept")
              .message(
                  (ch, payload) -> {
                    channels.add(ch);
                  })
              .leave(
                  (ch, status) -> {
                    journal.add("leave " + status);
                  });
          routes
              .route("/repeat", Ask.class, Said.class)
              .message((ch, ask) -> ch.send(new Said(ask.text().repeat(ask.times()))));
          routes.route("/text", String.class, String.class).message((ch, text) -> ch.send(text));
          routes.route("/bytes", byte[].class, byte[].class).message((ch, all) -> ch.send(all));
          routes.route("/buffer", Buffer.class, Buffer.class).message((ch, all) -> ch.send(all));
        });
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private Broker broker() {
    return Broker.of(server.vertx());
  }

  /** A channel of which the test has both ends. */
  private Channel<Payload> channel(RawClient client) throws Exception {
    client.sendText("here I am");
    return channels.poll(5, SECONDS);
  }

  // ---- kinds and types

  @ParameterizedTest
  @ValueSource(strings = {"/echo", "/listen"})
  void textStaysTextAndBinaryStaysBinary(String uri) throws Exception {
    RawClient client = server.connect(uri);

    assertThat(client.sendText("grüße 😀").readText()).isEqualTo("grüße 😀");
    assertThat(client.sendBinary(new byte[] {0, -1}).readBinary()).containsExactly(0, -1);
    assertThat(client.sendText("").readText()).isEmpty();
    assertThat(client.sendBinary(new byte[0]).readBinary()).isEmpty();
  }

  @Test
  void clientOfTheJdkIsUnderstood() throws Exception {
    JdkClient client = server.jdk("/echo");

    assertThat(client.send("grüße").next()).isEqualTo("grüße");
    assertThat(client.send(new byte[] {1, 2}).next()).isEqualTo("0102");
    client.sendClose(1000, "bye");
    assertThat(client.closed()).isEqualTo("1000 ");
  }

  @Test
  void recordsAreJsonInTextMessages() throws Exception {
    RawClient client = server.connect("/repeat");

    client.sendText("{\"text\":\"ab\",\"times\":2,\"more\":[1]}");

    assertThat(client.readText()).isEqualTo("{\"text\":\"abab\"}");
  }

  @Test
  void jsonIsReadFromBinaryMessagesToo() throws Exception {
    RawClient client = server.connect("/repeat");

    client.sendBinary("{\"text\":\"ab\",\"times\":1}".getBytes(UTF_8));

    assertThat(client.readText()).isEqualTo("{\"text\":\"ab\"}");
  }

  @Test
  void stringRouteIsRawText() throws Exception {
    assertThat(server.connect("/text").sendText("{not json").readText()).isEqualTo("{not json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bytes", "/buffer"})
  void bytesRouteIsRawBinary(String uri) throws Exception {
    assertThat(server.connect(uri).sendBinary(new byte[] {1, 2}).readBinary())
        .containsExactly(1, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "/text, binary, only text is taken here",
    "/bytes, text, only binary is taken here",
    "/buffer, text, only binary is taken here"
  })
  void wrongKindClosesWith1003(String uri, String kind, String reason) throws Exception {
    RawClient client = server.connect(uri);

    RawClient.Frame close =
        (kind.equals("text") ? client.sendText("x") : client.sendBinary(new byte[1])).readClose();

    assertThat(close.code()).isEqualTo(1003);
    assertThat(close.reason()).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret",
        "",
        "null",
        "[]",
        "{\"text\":\"secret\"}",
        "{\"text\":\"secret\",\"times\":null}",
        "{\"text\":\"secret\",\"times\":\"2\"}",
        "{\"text\":\"secret\",\"times\":1.5}",
        "{\"text\":\"secret\",\"times\":99999999999}",
        "{\"text\":\"secret\",\"times\":1,\"times\":2}",
        "{\"text\":{\"secret\":1},\"times\":1}",
        "{\"text\":\"secret\",\"times\":1} {}",
        "{\"text\":\"secret\",\"times\":1",
        "{'text':'secret','times':1}",
        "{\"text\":\"secret\",\"times\":1,}"
      })
  void whatDoesNotDecodeClosesThatClientWith1007AndIsNotRepeated(String text) throws Exception {
    RawClient other = server.connect("/repeat");
    RawClient client = server.connect("/repeat");

    RawClient.Frame close = client.sendText(text).readClose();

    assertThat(close.code()).isEqualTo(1007);
    assertThat(close.reason()).doesNotContain("secret").contains("Ask");
    assertThat(other.sendText("{\"text\":\"x\",\"times\":1}").readText()).contains("x");
  }

  @Test
  void deepNestingIsRefusedLikeOtherNonsense() throws Exception {
    RawClient client = server.connect("/repeat");

    client.sendText("{\"deep\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");

    assertThat(client.readClose().code()).isEqualTo(1007);
  }

  @Test
  void textThatIsNotUtf8ClosesWith1007() throws Exception {
    RawClient client = server.connect("/echo");

    client.send(RawClient.frame(RawClient.TEXT, RawClient.bytes('a', 0xff)));

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(1007);
    assertThat(close.reason()).isEqualTo("text is not UTF-8");
  }

  @Test
  void kindOfWhatIsSentFollowsItsType() throws Exception {
    RawClient client = server.connect("/kept");
    Channel<Payload> channel = channel(client);
    IntoPayload own = () -> Payload.binary(new byte[] {9});

    channel.sendRaw("text");
    channel.sendRaw(new byte[] {1});
    channel.sendRaw(Buffer.buffer(new byte[] {2}));
    channel.sendRaw(new JsonObject().put("a", 1));
    channel.sendRaw(new JsonArray().add(1));
    channel.sendRaw(new Said("record"));
    channel.sendRaw(Map.of("a", 1));
    channel.sendRaw(7);
    channel.sendRaw(own);
    channel.sendRaw(Payload.binary("forced".getBytes(UTF_8)));
    channel.sendRaw(Payload.textOf("forced".getBytes(UTF_8)));

    assertThat(client.readText()).isEqualTo("text");
    assertThat(client.readBinary()).containsExactly(1);
    assertThat(client.readBinary()).containsExactly(2);
    assertThat(client.readText()).isEqualTo("{\"a\":1}");
    assertThat(client.readText()).isEqualTo("[1]");
    assertThat(client.readText()).isEqualTo("{\"text\":\"record\"}");
    assertThat(client.readText()).isEqualTo("{\"a\":1}");
    assertThat(client.readText()).isEqualTo("7");
    assertThat(client.readBinary()).containsExactly(9);
    assertThat(client.readBinary()).isEqualTo("forced".getBytes(UTF_8));
    assertThat(client.readText()).isEqualTo("forced");
  }

  // ---- one client

  @Test
  void sendGoesToOneClientOnly() throws Exception {
    RawClient one = server.connect("/kept");
    RawClient other = server.connect("/kept");

    channel(one).send(Payload.text("for one"));
    TestServer.await(broker().broadcastTo("/kept", "for all"));

    assertThat(one.readText()).isEqualTo("for one");
    assertThat(one.readText()).isEqualTo("for all");
    assertThat(other.readText()).isEqualTo("for all");
  }

  @Test
  void sendsFromAnyThreadKeepTheirOrder() throws Exception {
    RawClient client = server.connect("/kept");
    Channel<Payload> channel = channel(client);

    for (int i = 0; i < 1000; i++) {
      channel.sendRaw(Integer.toString(i));
    }

    for (int i = 0; i < 1000; i++) {
      assertThat(client.readText()).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void sendCompletesWhenQueuedNotWhenRead() throws Exception {
    RawClient client = server.connect("/kept");

    TestServer.await(channel(client).send(Payload.text("hello")));

    assertThat(client.readText()).isEqualTo("hello");
  }

  @Test
  void sendAfterCloseFails() throws Exception {
    RawClient client = server.connect("/kept");
    Channel<Payload> channel = channel(client);
    assertThat(channel.isOpen()).isTrue();

    channel.close();

    assertThatThrownBy(() -> TestServer.await(channel.send(Payload.text("late"))))
        .isInstanceOf(CloseException.class);
    assertThat(channel.isOpen()).isFalse();
    assertThat(client.readClose().code()).isEqualTo(1000);
    channel.close(); // again, which does nothing
    client.sendClose(1000, "").readEnd();
    journal.expect("leave closed 1000");
  }

  @Test
  void sendToAClientThatHasGoneFails() throws Exception {
    RawClient client = server.connect("/kept");
    Channel<Payload> channel = channel(client);

    client.sendClose(1000, "");
    client.readClose();
    journal.expect("leave closed 1000");

    assertThatThrownBy(() -> TestServer.await(channel.send(Payload.text("late"))))
        .isInstanceOf(CloseException.class);
    client.readEnd();
  }

  @Test
  void channelsHaveDifferentIds() throws Exception {
    Channel<Payload> one = channel(server.connect("/kept"));
    Channel<Payload> other = channel(server.connect("/kept"));

    assertThat(one.id()).isNotEqualTo(other.id());
    assertThat(one.connectionId()).isNotEqualTo(other.connectionId());
  }

  // ---- broadcasts

  @Test
  void broadcastReachesEveryClientOfItsTopicTheSenderIncluded() throws Exception {
    List<RawClient> members = server.connectSome(CLIENTS, "/listen/a");
    RawClient elsewhere = server.connect("/listen/b");

    members.get(0).sendText("hello");

    for (RawClient client : members) {
      assertThat(client.readText()).isEqualTo("hello");
    }
    assertThat(elsewhere.sendText("only me").readText()).isEqualTo("only me");
  }

  @Test
  void broadcastToReachesAnotherTopic() throws Exception {
    RawClient here = server.connect("/kept");
    RawClient there = server.connect("/listen/there");

    TestServer.await(channel(here).broadcastTo("//listen/there/", new Said("hello")));
    TestServer.await(channel(here).broadcastTo("/listen/nobody", "x"));

    assertThat(there.readText()).isEqualTo("{\"text\":\"hello\"}");
  }

  @Test
  void queryIsPartOfTheTopic() throws Exception {
    RawClient one = server.connect("/listen/q?x=1");
    RawClient two = server.connect("/listen/q?x=2");
    RawClient none = server.connect("/listen/q");

    TestServer.await(broker().broadcastTo("/listen/q?x=1", "to one"));
    TestServer.await(broker().broadcastTo("/listen/q", "to none"));
    TestServer.await(broker().broadcastTo("/listen/q?x=2", "to two"));

    assertThat(one.readText()).isEqualTo("to one");
    assertThat(two.readText()).isEqualTo("to two");
    assertThat(none.readText()).isEqualTo("to none");
  }

  @Test
  void topicIsComparedInNormalForm() throws Exception {
    RawClient client = server.connect("//listen/%61%2fb/?");

    TestServer.await(broker().broadcastTo("/listen/a%2Fb", "hello"));

    assertThat(client.readText()).isEqualTo("hello");
  }

  @Test
  void broadcastWithoutSubscribersSucceeds() throws Exception {
    TestServer.await(broker().broadcastTo("/nobody/is/here", "hello"));
  }

  @Test
  void membersThatLeaveAreNotReachedAndOthersStillAre() throws Exception {
    List<RawClient> members = server.connectSome(CLIENTS, "/listen/a");
    for (int i = 0; i < CLIENTS; i += 2) {
      members.get(i).sendClose(1000, "");
      members.get(i).readClose();
    }

    TestServer.await(broker().broadcastTo("/listen/a", "still here?"));

    for (int i = 0; i < CLIENTS; i++) {
      if (i % 2 == 0) {
        members.get(i).readEnd();
      } else {
        assertThat(members.get(i).readText()).isEqualTo("still here?");
      }
    }
  }

  @Test
  void orderHoldsForEachSenderAtEveryClient() throws Exception {
    int senders = 4;
    int each = 300;
    List<RawClient> members = server.connectSome(CLIENTS, "/listen/a");
    for (int s = 0; s < senders; s++) {
      String name = Integer.toString(s);
      ThreadingModel model = s % 2 == 0 ? ThreadingModel.EVENT_LOOP : ThreadingModel.WORKER;
      server.deploy(
          () ->
              new AbstractVerticle() {
                @Override
                public void start() {
                  Broker broker = Broker.of(vertx);
                  for (int i = 0; i < each; i++) {
                    broker.broadcastTo("/listen/a", name + " " + i);
                  }
                }
              },
          new DeploymentOptions().setThreadingModel(model));
    }

    for (RawClient client : members) {
      Map<String, Integer> next = new HashMap<>();
      for (int i = 0; i < senders * each; i++) {
        String[] message = client.readText().split(" ", 2);
        int expected = next.merge(message[0], 1, Integer::sum) - 1;
        assertThat(message[1]).isEqualTo(Integer.toString(expected));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ThreadingModel.class,
      names = {"EVENT_LOOP", "WORKER"})
  void brokerIsAtHandInAnyVerticle(ThreadingModel model) throws Exception {
    RawClient client = server.connect("/listen/a");

    server.deploy(
        () ->
            new AbstractVerticle() {
              @Override
              public void start() {
                Broker.of(vertx).broadcastTo("/listen/a", "from a verticle");
              }
            },
        new DeploymentOptions().setThreadingModel(model));

    assertThat(client.readText()).isEqualTo("from a verticle");
  }

  @Test
  void brokerIsAtHandInATimer() throws Exception {
    RawClient client = server.connect("/listen/a");

    server.vertx().setTimer(1, timer -> broker().broadcastTo("/listen/a", "from a timer"));

    assertThat(client.readText()).isEqualTo("from a timer");
  }

  @Test
  void brokerIsAtHandInAnHttpHandler() throws Exception {
    RawClient client = server.connect("/listen/a");

    Answer answer = server.open().ask(Request.plain("GET", "/say"));

    assertThat(answer.body()).isEqualTo("said");
    assertThat(client.readText()).isEqualTo("from a page");
  }

  /** What an application brings. */
  public static final class Page implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      Broker broker = Broker.of(vertx);
      router
          .get("/say")
          .handler(
              ctx ->
                  broker
                      .broadcastTo("/listen/a", "from a page")
                      .onSuccess(taken -> ctx.end("said"))
                      .onFailure(ctx::fail));
    }
  }

  // ---- broadcasts over the plain event bus

  private static DeliveryOptions topic(String topic) {
    return new DeliveryOptions().addHeader("topic", topic);
  }

  @Test
  void plainPublishIsABroadcast() throws Exception {
    RawClient client = server.connect("/listen/a");
    var bus = server.vertx().eventBus();

    bus.publish("carillon.broadcast", "text", topic("/listen/a"));
    bus.publish("carillon.broadcast", Buffer.buffer(new byte[] {1}), topic("/listen/a"));
    bus.publish("carillon.broadcast", new byte[] {2}, topic("/listen/a"));
    bus.publish("carillon.broadcast", new JsonObject().put("a", 1), topic("//listen/a/"));

    assertThat(client.readText()).isEqualTo("text");
    assertThat(client.readBinary()).containsExactly(1);
    assertThat(client.readBinary()).containsExactly(2);
    assertThat(client.readText()).isEqualTo("{\"a\":1}");
  }

  @Test
  void plainSendAndRequestAreBroadcastsToo() throws Exception {
    List<RawClient> clients = server.connectSome(CLIENTS, "/listen/a");
    var bus = server.vertx().eventBus();

    bus.send("carillon.broadcast", "sent", topic("/listen/a"));
    TestServer.await(bus.request("carillon.broadcast", "requested", topic("/listen/a")));

    for (RawClient client : clients) {
      assertThat(client.readText()).isEqualTo("sent");
      assertThat(client.readText()).isEqualTo("requested");
    }
  }

  @Test
  void plainBroadcastMayPassOneChannelBy() throws Exception {
    RawClient one = server.connect("/kept");
    RawClient other = server.connect("/kept");
    String except = channel(one).id();
    var bus = server.vertx().eventBus();

    bus.publish("carillon.broadcast", "not all", topic("/kept").addHeader("except", except));
    bus.publish("carillon.broadcast", "all", topic("/kept"));

    assertThat(other.readText()).isEqualTo("not all");
    assertThat(other.readText()).isEqualTo("all");
    assertThat(one.readText()).isEqualTo("all");
  }

  @Test
  void badPlainBroadcastIsRefusedWithACode() {
    var bus = server.vertx().eventBus();

    assertThatThrownBy(() -> TestServer.await(bus.request("carillon.broadcast", "no topic")))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(400))
        .hasMessage("a broadcast needs a header: header=topic");
    assertThatThrownBy(
            () -> TestServer.await(bus.request("carillon.broadcast", null, topic("/listen/a"))))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(400))
        .hasMessage("a broadcast needs a body: topic=/listen/a");
    assertThatThrownBy(
            () -> TestServer.await(bus.request("carillon.broadcast", "x", topic("/a/../b"))))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(400));
    assertThatThrownBy(
            () ->
                TestServer.await(
                    bus.request(
                        "carillon.broadcast",
                        Buffer.buffer(new byte[(1 << 20) + 1]),
                        topic("/listen/a"))))
        .isInstanceOfSatisfying(
            ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(413))
        .hasMessage("publication too large: bytes=1048577, max=1048576");
  }

  @Test
  void largestPublicationIsTakenAndOneByteMoreIsNot() throws Exception {
    RawClient client = server.connect("/listen/a");

    TestServer.await(broker().broadcastTo("/listen/a", new byte[1 << 20]));

    assertThat(client.readBinary()).hasSize(1 << 20);
    assertThatThrownBy(
            () -> TestServer.await(broker().broadcastTo("/listen/a", new byte[(1 << 20) + 1])))
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.code()).isEqualTo(BrokerException.Code.TOO_LARGE));
  }

  // ---- what a broadcast costs

  @Test
  void broadcastIsEncodedOnce() throws Exception {
    AtomicInteger encodings = new AtomicInteger();
    IntoPayload counted =
        () -> {
          encodings.incrementAndGet();
          return Payload.text("hello");
        };
    List<RawClient> clients = server.connectSome(CLIENTS, "/listen/a");

    broker().broadcastTo("/listen/a", counted);

    for (RawClient client : clients) {
      assertThat(client.readText()).isEqualTo("hello");
    }
    assertThat(encodings).hasValue(1);
  }

  @Test
  void broadcastIsHandedToEachEventLoopOnceNotToEachClient() throws Exception {
    List<RawClient> clients = server.connectSome(3 * CLIENTS, "/listen/a");
    List<String> addresses = new ArrayList<>();
    List<Object> publications = new ArrayList<>();
    server
        .vertx()
        .eventBus()
        .addInboundInterceptor(
            delivery -> {
              if (delivery.message().body() instanceof Publication publication) {
                synchronized (addresses) {
                  addresses.add(delivery.message().address());
                  publications.add(publication);
                }
              }
              delivery.next();
            });

    broker().broadcastTo("/listen/a", "hello");

    for (RawClient client : clients) {
      assertThat(client.readText()).isEqualTo("hello");
    }
    synchronized (addresses) {
      assertThat(addresses).hasSize(TestServer.EVENT_LOOPS).doesNotHaveDuplicates();
      assertThat(publications.get(0)).isSameAs(publications.get(1));
    }
  }

  @Test
  void brokerIsToldOfTopicsNotOfClients() throws Exception {
    List<String> asked = new ArrayList<>();
    server
        .vertx()
        .eventBus()
        .addInboundInterceptor(
            delivery -> {
              if (delivery.message().address().equals(Addresses.BROKER)) {
                synchronized (asked) {
                  asked.add(delivery.message().headers().get(Addresses.ACTION));
                }
              }
              delivery.next();
            });

    server.connectSome(3 * CLIENTS, "/listen/a");

    synchronized (asked) {
      assertThat(asked).containsOnly("subscribe").hasSize(TestServer.EVENT_LOOPS);
    }
  }

  // ---- limits

  @Test
  void clientThatStopsReadingIsClosedAndOthersGetEverything() throws Exception {
    RawClient slow = server.kept(RawClient.openNarrow(server.port())).upgrade("/kept");
    RawClient fast = server.connect("/kept");
    String padding = "x".repeat(100_000);
    boolean closed = false;

    for (int i = 0; i < 1000 && !closed; i++) {
      TestServer.await(broker().broadcastTo("/kept", i + " " + padding));
      assertThat(fast.readText()).isEqualTo(i + " " + padding);
      closed = !journal.hasNothing();
    }

    journal.expect("leave closed 1013");
    TestServer.await(broker().broadcastTo("/kept", "after it"));
    assertThat(fast.readText()).isEqualTo("after it");
    RawClient.Frame close = slow.skipToClose();
    assertThat(close.code()).isEqualTo(1013);
    assertThat(close.reason()).isEqualTo("slow consumer");
  }

  @Test
  void sendToAClientThatStopsReadingFailsAtLast() throws Exception {
    RawClient slow = server.kept(RawClient.openNarrow(server.port())).upgrade("/kept");
    Channel<Payload> channel = channel(slow);
    Payload message = Payload.binary(new byte[100_000]);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                TestServer.await(channel.send(message));
              }
            })
        .isInstanceOf(CloseException.class)
        .hasMessage("1013 slow consumer");
    journal.expect("leave closed 1013");
  }

  @Test
  void messageOfTheLimitIsTakenAndOneByteMoreIsNot() throws Exception {
    RawClient client = server.connect("/echo");

    assertThat(client.sendBinary(new byte[1 << 20]).readBinary()).hasSize(1 << 20);
    client.send(RawClient.head(0x82, (1 << 20) + 1, true), new byte[4]);

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(1009);
    assertThat(close.reason()).isEqualTo("message over 1048576 bytes");
  }

  @Test
  void routeMayHaveALowerLimitButNotAHigherOne() throws Exception {
    server.serve(
        routes -> {
          routes.route("/low").maxMessageBytes(10).message((ch, payload) -> ch.send(payload));
          routes.route("/high").maxMessageBytes(2 << 20).message((ch, payload) -> ch.send(payload));
        });

    RawClient low = server.connect("/low");
    assertThat(low.sendText("0123456789").readText()).isEqualTo("0123456789");
    assertThat(low.sendText("0123456789a").readClose().code()).isEqualTo(1009);
    RawClient high = server.connect("/high");
    high.send(RawClient.head(0x82, (1 << 20) + 1, true), new byte[4]);
    assertThat(high.readClose().code()).isEqualTo(1009);
  }

  @Test
  void messagesAheadOfTheOneOverTheLimitAreStillHandled() throws Exception {
    RawClient client = server.connect("/echo");

    client.send(
        RawClient.frame(RawClient.TEXT, "one"),
        RawClient.frame(RawClient.TEXT, "two"),
        RawClient.head(0x82, 2 << 20, true),
        new byte[4]);

    assertThat(client.readText()).isEqualTo("one");
    assertThat(client.readText()).isEqualTo("two");
    assertThat(client.readClose().code()).isEqualTo(1009);
  }
}
