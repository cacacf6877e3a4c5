package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.JoinPhase;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many topics on one connection, in both dialects, with a client that is not our library. */
@Timeout(30)
class MultiplexIT extends HandlerFixture {
  private static final String BASE = "rocket-multiplex";
  private static final String EXTENDED = "carillon.v1";
  private static final String CARRIER = "/.multiplex";

  private static final ChannelLocal<String> COUNTED = ChannelLocal.of("counted", String.class);

  @BeforeEach
  void serve() throws Exception {
    server.serve(MultiplexIT.this::routes);
  }

  private void routes(Routes routes) {
    routes.route("/echo").message((ch, payload) -> ch.sendRaw(payload));
    routes
        .route("/rooms/:room", String.class, String.class)
        .join(
            ch -> {
              journal.add("join " + ch.topic().uri());
              ch.broadcast("came");
              return ch.send("hello");
            })
        .message((ch, text) -> ch.broadcast(text))
        .leave(
            (ch, status) -> {
              journal.add("leave " + ch.topic().uri() + " " + status);
            });
    routes
        .route("/refused/:status", String.class, String.class)
        .join(
            ch -> {
              throw CloseException.http(Integer.parseInt(ch.path("status")), "not you");
            })
        .message((ch, text) -> ch.send(text));
    routes
        .route("/slow", String.class, String.class)
        .join(ch -> hold("joining"))
        .message((ch, text) -> hold(text).compose(done -> ch.send("done " + text)))
        .leave(
            (ch, status) -> {
              journal.add("left slow");
            });
    routes
        .route("/ends", String.class, String.class)
        .message(
            (ch, text) -> {
              switch (text) {
                case "close" -> ch.close(CloseStatus.of(4000, "a·b"));
                case "throw" -> throw new IllegalStateException("thrown");
                default -> ch.send(text);
              }
            })
        .leave(
            (ch, status) -> {
              journal.add("left ends");
            });
    routes
        .route("/ask", String.class, String.class)
        .message(
            (ch, text) -> {
              if (text.startsWith("ask me")) {
                Duration patience = Duration.ofMillis(text.endsWith("in vain") ? 50 : 20_000);
                ch.request("what?", String.class, patience)
                    .onComplete(
                        answer -> ch.send("you said " + answer),
                        e -> {
                          CloseException why = (CloseException) e;
                          journal.add("failed with " + why.httpStatus() + " " + why.reason());
                          ch.send("you failed with " + why.httpStatus() + " " + why.reason());
                        });
              }
              return ch.send("heard " + text);
            })
        .request(
            (ch, text) ->
                switch (text) {
                  case "throw" -> throw new IllegalStateException("thrown");
                  case "refuse" -> Future.failedFuture(CloseException.http(403, "not you"));
                  case "refuse oddly" -> Future.failedFuture(CloseException.http(403, "not·you"));
                  default -> Future.succeededFuture(text.toUpperCase(Locale.ROOT));
                });
    routes
        .route("/counted/:name", AtomicLong.class, Long.class)
        .join(
            ch -> {
              long connection = ch.cached(AtomicLong.class, AtomicLong::new).incrementAndGet();
              long event = ch.cachedForMessage(AtomicLong.class, AtomicLong::new).incrementAndGet();
              return ch.sendRaw(connection + " " + event + " " + ch.createLocal(COUNTED, ""));
            });
    routes.route("/wants?name").message((ch, payload) -> ch.sendRaw(payload));
    routes
        .route("/dated", String.class, String.class)
        .subprotocol("dated.v2")
        .join(ch -> ch.send("speaking " + ch.subprotocol().orElse("nothing")))
        .message((ch, text) -> ch.send(text));
    routes
        .route("/small", String.class, String.class)
        .maxMessageBytes(10)
        .message((ch, text) -> ch.send(text));
    routes
        .route("/later", String.class, String.class)
        .joinPhase(JoinPhase.AFTER_UPGRADE)
        .join(
            ch -> {
              throw CloseException.http(403, "no");
            })
        .message((ch, text) -> ch.send(text));
  }

  private RawClient connect(String uri, String subprotocol) throws Exception {
    RawClient client = server.open();
    Answer answer = client.ask(Request.upgrade(uri).plus("Sec-WebSocket-Protocol", subprotocol));
    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-protocol")).containsExactly(subprotocol);
    return client;
  }

  private RawClient carrier() throws Exception {
    return connect(CARRIER, EXTENDED);
  }

  private static void expect(RawClient client, String... messages) throws Exception {
    for (String message : messages) {
      assertThat(client.readText()).isEqualTo(message);
    }
  }

  /** Everything that was sent ahead was answered by what has been read: nothing else comes. */
  private static void expectNothingElse(RawClient client) throws Exception {
    client.sendText("·UNSUBSCRIBE·/never·");
    assertThat(client.readText()).contains("Not Subscribed·UNSUBSCRIBE·/never·");
  }

  // ---- negotiation

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rocket-multiplex|rocket-multiplex",
        "Rocket-MULTIPLEX|Rocket-MULTIPLEX",
        "CARILLON.V1|CARILLON.V1",
        "other, carillon.v1, rocket-multiplex|carillon.v1",
        "rocket-multiplex, carillon.v1|rocket-multiplex",
        "carillon.plain, carillon.v1|carillon.plain",
      })
  void firstOfferThatIsSpokenIsAnsweredAsSpelled(String offer, String chosen) throws Exception {
    Answer answer =
        server.open().ask(Request.upgrade("/echo").plus("Sec-WebSocket-Protocol", offer));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-protocol")).containsExactly(chosen);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rocket-multiplex", "chat", "carillon.plain"})
  void carrierNeedsTheExtension(String offer) throws Exception {
    Answer answer =
        server.open().ask(Request.upgrade(CARRIER).plus("Sec-WebSocket-Protocol", offer));

    assertThat(answer.status()).isEqualTo(400);
  }

  @Test
  void carrierIsAnUpgradeLikeOthers() throws Exception {
    assertThat(server.open().ask(Request.plain("GET", CARRIER)).status()).isEqualTo(404);
    assertThat(
            server
                .open()
                .ask(
                    Request.upgrade(CARRIER)
                        .with("Sec-WebSocket-Version", "12")
                        .plus("Sec-WebSocket-Protocol", EXTENDED))
                .status())
        .isEqualTo(426);
  }

  // ---- subscribe

  @Test
  void firstTopicNeedsNoOk() throws Exception {
    RawClient client = connect("/rooms/1", BASE);

    expect(client, "/rooms/1·hello");
    client.sendText("/rooms/1·hi");
    expect(client, "/rooms/1·hi");
    journal.expect("join /rooms/1");
  }

  @Test
  void whatJoinSentComesBehindTheOk() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendText("·SUBSCRIBE·/rooms/1·").sendText("/rooms/1·hi");

    expect(client, "·OK·SUBSCRIBE·/rooms/1·", "/rooms/1·hello", "/rooms/1·hi");
  }

  @Test
  void extensionAnswersWithFieldsForProtocolPositionAndOutcome() throws Exception {
    RawClient client = carrier();

    client.sendText("·SUBSCRIBE·/rooms/1···presence·");

    expect(client, "·OK·SUBSCRIBE·/rooms/1····", "/rooms/1·hello");
  }

  @Test
  void missingSeparatorAtTheEndIsForgiven() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendText("·SUBSCRIBE·/rooms/1");

    expect(client, "·OK·SUBSCRIBE·/rooms/1·");
  }

  @Test
  void firstTopicKeepsTheSpellingOfItsClient() throws Exception {
    for (String dialect : List.of(BASE, EXTENDED)) {
      RawClient client = connect("//ends/?", dialect);

      client.sendText("//ends/?·one").sendText("/ends·two");
      expect(client, "//ends/?·one", "//ends/?·two");
      broadcast("/ends", "three");
      expect(client, "//ends/?·three");
      client.sendText("·SUBSCRIBE·/ends·");
      assertThat(client.readText()).contains("Already Subscribed·SUBSCRIBE·/ends·");
      client.sendText("·UNSUBSCRIBE·//ends/?·");
      expect(client, "·OK·UNSUBSCRIBE·//ends/?·");
      journal.expect("left ends");
    }
  }

  @Test
  void topicIsTakenInNormalForm() throws Exception {
    RawClient base = connect("/echo", BASE);
    base.sendText("·SUBSCRIBE·/rooms//%31/·").sendText("/rooms//1·hi");
    expect(base, "·OK·SUBSCRIBE·/rooms//%31/·/rooms/1·", "/rooms/1·hello", "/rooms/1·hi");

    RawClient extended = carrier();
    extended.sendText("·SUBSCRIBE·/rooms//2·");
    expect(extended, "·OK·SUBSCRIBE·/rooms/2····/rooms//2·", "/rooms/2·hello");
  }

  @Test
  void plainAndMultiplexedClientsHearOneAnother() throws Exception {
    RawClient plain = server.connect("/rooms/1");
    RawClient base = connect("/rooms/1", BASE);
    RawClient extended = carrier();
    extended.sendText("·SUBSCRIBE·/rooms/1·");
    expect(base, "/rooms/1·hello", "/rooms/1·came");
    expect(extended, "·OK·SUBSCRIBE·/rooms/1····", "/rooms/1·hello");
    expect(plain, "hello", "came", "came");

    base.sendText("/rooms/1·a·b");

    expect(plain, "a·b");
    expect(base, "/rooms/1·a·b");
    expect(extended, "/rooms/1·a·b");
  }

  @Test
  void binaryStaysBinary() throws Exception {
    RawClient client = connect("/echo", BASE);
    byte[] message = RawClient.concat(bytes("/echo·"), RawClient.bytes(0, 0xff, 0xc2, 0xb7));

    client.sendBinary(message);

    assertThat(client.readBinary()).isEqualTo(message);
  }

  @Test
  void hundredTopicsJoinInOneRoundTrip() throws Exception {
    RawClient client = carrier();

    for (int i = 0; i < 100; i++) {
      client.sendText("·SUBSCRIBE·/rooms/" + i + "·");
    }

    List<String> heard =
        IntStream.range(0, 200).mapToObj(i -> read(client)).filter(m -> m.contains("OK")).toList();
    assertThat(heard)
        .containsExactlyElementsOf(
            IntStream.range(0, 100).mapToObj(i -> "·OK·SUBSCRIBE·/rooms/" + i + "····").toList());
  }

  @Test
  void burstOfSubscribesIsAnsweredOneByOneUpToTheLimit() throws Exception {
    RawClient client = carrier();
    Thread sender =
        new Thread(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                send(client, "·SUBSCRIBE·/ends?" + i + "·");
              }
            });

    sender.start();

    int joined = 0;
    for (int i = 0; i < 10_000; i++) {
      joined += client.readText().startsWith("·OK·") ? 1 : 0;
    }
    sender.join();
    assertThat(joined).isEqualTo(Limits.DEFAULT.maxTopics());
    expectNothingElse(client);
  }

  /** What waits for a slow join is bounded like messages that wait for a handler. */
  @Test
  void actionsThatWaitAreBounded() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/slow·");
    journal.expect("joining");
    Counters counters = Counters.of(server.vertx());

    for (int i = 0; counters.reached(Counters.Limit.MAX_INBOUND_BYTES) == 0; i++) {
      assertThat(i).isLessThan(10_000);
      client.sendText("·UNSUBSCRIBE·/slow·").sendText("·SUBSCRIBE·/slow·");
    }

    RawClient other = server.connect("/echo");
    assertThat(other.sendText("not held up").readText()).isEqualTo("not held up");
    client.reset();
  }

  private static boolean send(RawClient client, String text) {
    try {
      client.sendText(text);
      return true;
    } catch (Exception gone) {
      return false; // the test has seen enough
    }
  }

  private static String read(RawClient client) {
    try {
      return client.readText();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void instancesAreSubscriptionsOfTheirOwn() throws Exception {
    RawClient client = carrier();

    client.sendText("·SUBSCRIBE·/ends#7·");
    client.sendText("·SUBSCRIBE·/ends·").sendText("·SUBSCRIBE·/ends#007·");
    expect(client, "·OK·SUBSCRIBE·/ends#7····", "·OK·SUBSCRIBE·/ends····");
    expect(client, "·OK·SUBSCRIBE·/ends#007····");
    client.sendText("/ends#7·hi");
    expect(client, "/ends#7·hi");

    broadcast("/ends", "to all");
    assertThat(List.of(client.readText(), client.readText(), client.readText()))
        .containsExactlyInAnyOrder("/ends·to all", "/ends#7·to all", "/ends#007·to all");
    client.sendText("·UNSUBSCRIBE·/ends#7·").sendText("/ends·still");
    expect(client, "·OK·UNSUBSCRIBE·/ends#7·", "/ends·still");
    journal.expect("left ends");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/ends#", "/ends#x", "/ends#1234567890", "#1", "/ends#1#2"})
  void whatIsNoInstanceIsNoTopic(String topic) throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·" + topic + "·");

    expect(client, "·ERR·400 Invalid Topic·SUBSCRIBE·" + topic + "·");
  }

  // ---- refusals

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/nowhere|Not Found|404 Not Found",
        "/wants|Bad Request|400 query parameter missing: name",
        "/refused/401|Unauthorized|401 not you",
        "/refused/403|Forbidden|403 not you",
        "/refused/409|Conflict|409 not you",
        "/refused/429|Too Many Requests|429 not you",
        "/refused/503|Unavailable|503 not you",
        "/refused/410|Gone|410 not you",
        "/a/../b|Invalid Topic|400 Invalid Topic",
        "echo|Invalid Topic|400 Invalid Topic",
        "/.session/1|Not Found|404 Not Found",
      })
  void refusedSubscribe(String topic, String base, String extended) throws Exception {
    RawClient one = connect("/echo", BASE).sendText("·SUBSCRIBE·" + topic + "·");
    expect(one, "·ERR·" + base + "·SUBSCRIBE·" + topic + "·");
    expectNothingElse(one);

    RawClient two = carrier().sendText("·SUBSCRIBE·" + topic + "·");
    expect(two, "·ERR·" + extended + "·SUBSCRIBE·" + topic + "·");
    expectNothingElse(two);
  }

  @Test
  void subscribingTwiceChangesNothing() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendText("·SUBSCRIBE·/echo·").sendText("/echo·still here");

    expect(client, "·ERR·Already Subscribed·SUBSCRIBE·/echo·", "/echo·still here");
  }

  @Test
  void subscribingTwiceWhileTheFirstJoinRunsChangesNothing() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/slow·").sendText("·SUBSCRIBE·/slow·");

    expect(client, "·ERR·409 Already Subscribed·SUBSCRIBE·/slow·");
    journal.expect("joining");
    nextPending().complete();
    expect(client, "·OK·SUBSCRIBE·/slow····");
    expectNothingElse(client);
  }

  @Test
  void leavingWhileTheJoinRunsLeavesBehindIt() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/slow·").sendText("·UNSUBSCRIBE·/slow·");

    journal.expect("joining");
    expectNothingElse(client);
    nextPending().complete();
    expect(client, "·OK·SUBSCRIBE·/slow····", "·OK·UNSUBSCRIBE·/slow·");
    journal.expect("left slow");
  }

  @Test
  void tooManyTopics() throws Exception {
    server.close();
    server = TestServer.start("{'limits': {'maxTopics': 2}}");
    server.serve(this::routes);
    RawClient client = connect("/echo", BASE);

    client.sendText("·SUBSCRIBE·/rooms/1·");
    expect(client, "·OK·SUBSCRIBE·/rooms/1·", "/rooms/1·hello");
    client.sendText("·SUBSCRIBE·/rooms/2·");
    expect(client, "·ERR·Too Many Topics·SUBSCRIBE·/rooms/2·");

    client.sendText("·UNSUBSCRIBE·/rooms/1·").sendText("·SUBSCRIBE·/rooms/2·");
    expect(client, "·OK·UNSUBSCRIBE·/rooms/1·", "·OK·SUBSCRIBE·/rooms/2·");
  }

  @Test
  void firstTopicThatIsRefusedAfterTheUpgradeEndsAlone() throws Exception {
    RawClient base = connect("/later", BASE);
    expect(base, "·OK·UNSUBSCRIBE·/later·4403·no·");
    expectNothingElse(base);

    RawClient extended = connect("/later", EXTENDED);
    expect(extended, "·UNSUBSCRIBE·/later·4403·no·");
    extended.sendText("·OK·UNSUBSCRIBE·/later·").sendText("·SUBSCRIBE·/echo·");
    expect(extended, "·OK·SUBSCRIBE·/echo····");
  }

  // ---- invalid

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/other·text|Not Subscribed",
        "no separator|No Control Character",
        "/a/../b·text|Invalid Topic",
        "other·text|Invalid Topic",
        "·NONSENSE·/a·|Control Message Invalid",
        "··|Control Message Invalid",
        "·|Control Message Invalid",
        "·SUBSCRIBE·|Control Message Invalid",
        "·SUBSCRIBE··|Control Message Invalid",
        "·SUBSCRIBE·/a·b·|Control Message Invalid",
        "·UNSUBSCRIBE·|Control Message Invalid",
        "·UNSUBSCRIBE·/echo·1005·|Control Message Invalid",
        "·UNSUBSCRIBE·/echo·abc·|Control Message Invalid",
        "·UNSUBSCRIBE·/echo··reason·|Control Message Invalid",
        "·PING·1·|Control Message Invalid",
        "·OK·SUBSCRIBE·/a·|Control Message Invalid",
      })
  void whatMayNotBeSentIsAnsweredInvalid(String message, String reason) throws Exception {
    RawClient client = connect("/echo", BASE).sendText(message);

    expect(client, "·INVALID·" + reason + "·");
    client.sendText("/echo·still here");
    expect(client, "/echo·still here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"rocket-multiplex|100|Invalid Topic", "carillon.v1|512|400 Invalid Topic"})
  void topicOfOneByteTooManyIsNone(String dialect, int limit, String reason) throws Exception {
    RawClient client = connect("/echo", dialect);
    String longest = "/ends?" + "x".repeat(limit - 6);

    client.sendText("·SUBSCRIBE·" + longest + "·");
    assertThat(client.readText()).startsWith("·OK·SUBSCRIBE·" + longest + "·");
    client.sendText(longest + "·text");
    expect(client, longest + "·text");
    client.sendText("·SUBSCRIBE·" + longest + "x·");
    expect(client, "·ERR·" + reason + "·SUBSCRIBE·" + longest + "x·");
    client.sendText(longest + "x·text");
    assertThat(client.readText()).startsWith("·INVALID·");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rocket-multiplex|512|·ERR·Not Subscribed·",
        "carillon.v1|4096|·ERR·404 Not Subscribed·"
      })
  void controlMessageOfOneByteTooManyIsInvalid(String dialect, int limit, String answer)
      throws Exception {
    RawClient client = connect("/echo", dialect);
    String topic = "/" + "x".repeat(limit - bytes("·UNSUBSCRIBE·/·").length);

    client.sendText("·UNSUBSCRIBE·" + topic + "·");
    expect(client, answer + "UNSUBSCRIBE·" + topic + "·");
    client.sendText("·UNSUBSCRIBE·" + topic + "x·");
    expect(client, "·INVALID·Control message exceeds " + limit + " byte limit·");
  }

  @ParameterizedTest
  @ValueSource(strings = {BASE, EXTENDED})
  void controlInABinaryMessageIsInvalid(String dialect) throws Exception {
    RawClient client = connect("/echo", dialect);

    client.sendBinary(bytes("·SUBSCRIBE·/ends·"));

    expect(client, "·INVALID·Invalid Topic·");
    expectNothingElse(client);
  }

  @Test
  void longControlMessageIsInvalid() throws Exception {
    RawClient base = connect("/echo", BASE).sendText("·SUBSCRIBE·/" + "x".repeat(520) + "·");
    expect(base, "·INVALID·Control message exceeds 512 byte limit·");

    RawClient extended = carrier().sendText("·SUBSCRIBE·/" + "x".repeat(5000) + "·");
    expect(extended, "·INVALID·Control message exceeds 4096 byte limit·");
    extended.sendText("·SUBSCRIBE·/" + "x".repeat(600) + "·");
    assertThat(extended.readText()).startsWith("·ERR·400 Invalid Topic·SUBSCRIBE·");
  }

  @Test
  void topicOfADataMessageIsLookedForInItsFirstBytesOnly() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendText("/" + "x".repeat(99) + "·text");
    expect(client, "·INVALID·Not Subscribed·");
    client.sendText("/" + "x".repeat(100) + "·text");
    expect(client, "·INVALID·No Control Character·");
  }

  @Test
  void firstTopicMayBeLonger() throws Exception {
    String topic = "/echo?" + "x".repeat(200);
    RawClient client = connect(topic, BASE);

    client.sendText(topic + "·text");

    expect(client, topic + "·text");
  }

  @Test
  void topicThatIsNotUtf8IsInvalid() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendBinary(RawClient.concat(RawClient.bytes('/', 0xff), bytes("·x")));

    expect(client, "·INVALID·Invalid Utf-8·");
  }

  // ---- the end of a topic

  @Test
  void unsubscribeIsAsIfTheConnectionWereClosed() throws Exception {
    RawClient client = connect("/rooms/1", BASE);
    expect(client, "/rooms/1·hello");
    journal.expect("join /rooms/1");

    client.sendText("·UNSUBSCRIBE·/rooms/1·4001·good·bye·");

    expect(client, "·OK·UNSUBSCRIBE·/rooms/1·4001·good·bye·");
    journal.expect("leave /rooms/1 closed 4001");
    client.sendText("/rooms/1·too late").sendText("·UNSUBSCRIBE·/rooms/1·");
    expect(client, "·INVALID·Not Subscribed·", "·ERR·Not Subscribed·UNSUBSCRIBE·/rooms/1·");
  }

  @Test
  void actionsOnOneTopicAreTakenInOrder() throws Exception {
    RawClient client = carrier();

    for (int i = 0; i < 3; i++) {
      client.sendText("·SUBSCRIBE·/ends·").sendText("/ends·" + i).sendText("·UNSUBSCRIBE·/ends·");
    }

    for (int i = 0; i < 3; i++) {
      expect(client, "·OK·SUBSCRIBE·/ends····", "/ends·" + i, "·OK·UNSUBSCRIBE·/ends·");
      journal.expect("left ends");
    }
  }

  @Test
  void slowTopicDoesNotHoldUpTheOthers() throws Exception {
    RawClient client = carrier();

    client.sendText("·SUBSCRIBE·/slow·").sendText("/slow·1").sendText("·SUBSCRIBE·/echo·");
    client.sendText("/echo·quick");

    expect(client, "·OK·SUBSCRIBE·/echo····", "/echo·quick");
    journal.expect("joining");
    nextPending().complete();
    expect(client, "·OK·SUBSCRIBE·/slow····");
    journal.expect("1");
    client.sendText("·UNSUBSCRIBE·/slow·").sendText("/echo·again");
    expect(client, "·OK·UNSUBSCRIBE·/slow·", "/echo·again");
    nextPending().complete();
    journal.expect("left slow");
    expectNothingElse(client);
  }

  @Test
  void actionsBehindAJoinThatIsRefusedAreAnswered() throws Exception {
    RawClient client = carrier();
    client.sendText("·SUBSCRIBE·/slow·").sendText("·UNSUBSCRIBE·/slow·").sendText("/slow·x");
    client.sendText("·SUBSCRIBE·/slow·");
    journal.expect("joining");

    nextPending().fail(CloseException.http(403, "no"));

    expect(client, "·ERR·403 no·SUBSCRIBE·/slow·", "·ERR·404 Not Subscribed·UNSUBSCRIBE·/slow·");
    expect(client, "·INVALID·Not Subscribed·");
    journal.expect("joining");
    nextPending().complete();
    expect(client, "·OK·SUBSCRIBE·/slow····");
  }

  @Test
  void serverEndsOneTopicInTheBaseDialect() throws Exception {
    RawClient client = connect("/ends", BASE);
    client.sendText("·SUBSCRIBE·/echo·");
    expect(client, "·OK·SUBSCRIBE·/echo·");

    client.sendText("/ends·close");

    expect(client, "·OK·UNSUBSCRIBE·/ends·4000·a·b·");
    journal.expect("left ends");
    client.sendText("/echo·still here");
    expect(client, "/echo·still here");
    client.sendText("·SUBSCRIBE·/ends·").sendText("/ends·back");
    expect(client, "·OK·SUBSCRIBE·/ends·", "/ends·back");
  }

  @Test
  void serverEndsOneTopicInTheExtension() throws Exception {
    RawClient client = connect("/ends", EXTENDED);

    client.sendText("/ends·close");

    expect(client, "·UNSUBSCRIBE·/ends·4000·a·b·");
    client.sendText("/ends·had not heard of it");
    client.sendText("·OK·UNSUBSCRIBE·/ends·");
    client.sendText("/ends·should have known");
    expect(client, "·INVALID·Not Subscribed·");
    client.sendText("·SUBSCRIBE·/ends·").sendText("/ends·back");
    expect(client, "·OK·SUBSCRIBE·/ends····", "/ends·back");
  }

  @Test
  void failureInOneTopicEndsThatTopicOnly() throws Exception {
    RawClient client = connect("/ends", BASE);
    client.sendText("·SUBSCRIBE·/echo·");
    expect(client, "·OK·SUBSCRIBE·/echo·");

    client.sendText("/ends·throw").sendText("/echo·still here");

    assertThat(List.of(client.readText(), client.readText()))
        .containsExactlyInAnyOrder(
            "·OK·UNSUBSCRIBE·/ends·1011·InternalServerError·", "/echo·still here");
  }

  @Test
  void messageOverTheLimitOfATopicEndsThatTopicOnly() throws Exception {
    RawClient client = connect("/small", BASE);

    client.sendText("/small·0123456789");
    expect(client, "/small·0123456789");
    client.sendText("/small·0123456789a");

    expect(client, "·OK·UNSUBSCRIBE·/small·1009·message over 10 bytes·");
    expectNothingElse(client);
  }

  @Test
  void closingTheConnectionLeavesEveryTopic() throws Exception {
    RawClient client = carrier();
    client.sendText("·SUBSCRIBE·/rooms/1·");
    expect(client, "·OK·SUBSCRIBE·/rooms/1····", "/rooms/1·hello");
    client.sendText("·SUBSCRIBE·/ends·");
    expect(client, "·OK·SUBSCRIBE·/ends····");
    journal.expect("join /rooms/1");

    client.sendClose(1001, "");

    assertThat(client.readClose().code()).isEqualTo(1001);
    journal.expectInAnyOrder("leave /rooms/1 closed 1001", "left ends");
  }

  @Test
  void violationEndsTheWholeConnection() throws Exception {
    RawClient client = connect("/rooms/1", BASE);
    expect(client, "/rooms/1·hello");
    journal.expect("join /rooms/1");

    client.send(RawClient.frame(3, ""));

    assertThat(client.readClose().code()).isEqualTo(1002);
    journal.expect("leave /rooms/1 closed 1002");
  }

  @Test
  void connectionWithoutTopicsStaysOpen() throws Exception {
    RawClient client = connect("/echo", BASE);

    client.sendText("·UNSUBSCRIBE·/echo·").sendText("·SUBSCRIBE·/echo·").sendText("/echo·back");

    expect(client, "·OK·UNSUBSCRIBE·/echo·", "·OK·SUBSCRIBE·/echo·", "/echo·back");
  }

  @Test
  void stoppingServerSaysSoOnce() throws Exception {
    RawClient client = connect("/rooms/1", EXTENDED);
    client.sendText("·SUBSCRIBE·/ends·");
    expect(client, "/rooms/1·hello", "·OK·SUBSCRIBE·/ends····");
    journal.expect("join /rooms/1");

    server.undeployHttp();

    assertThat(client.readClose().code()).isEqualTo(1001);
    journal.expectInAnyOrder("leave /rooms/1 closed 1001", "left ends");
  }

  // ---- requests

  @Test
  void clientIsAnswered() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/ask·");
    expect(client, "·OK·SUBSCRIBE·/ask····");

    client.sendText("/ask^1·upper").sendText("/ask·message").sendText("/ask^3·throw");
    client.sendText("/ask^5·refuse").sendText("/ask^7·again");

    expect(client, "/ask^1·UPPER", "/ask·heard message");
    expect(client, "·ERR·500 InternalServerError·REQUEST·/ask·3·");
    expect(client, "·ERR·403 not you·REQUEST·/ask·5·", "/ask^7·AGAIN");
  }

  @Test
  void separatorInTheReasonOfARefusalIsASpace() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/ask·").sendText("/ask^1·refuse oddly");

    expect(client, "·OK·SUBSCRIBE·/ask····", "·ERR·403 not you·REQUEST·/ask·1·");
  }

  @Test
  void requestsThatNobodyTakesAreRefused() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/echo·");
    expect(client, "·OK·SUBSCRIBE·/echo····");

    client.sendText("/echo^1·x").sendText("/nowhere^3·x").sendText("/echo^x·x");
    client.sendText("/echo^2·an answer that nobody waits for").sendText("/echo·still here");

    expect(client, "·ERR·404 no requests are taken here·REQUEST·/echo·1·");
    expect(client, "·ERR·404 Not Subscribed·REQUEST·/nowhere·3·", "·INVALID·Invalid Topic·");
    expect(client, "/echo·still here");
  }

  @Test
  void serverAsksAndIsAnswered() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/ask#1·");
    expect(client, "·OK·SUBSCRIBE·/ask#1····");

    client.sendText("/ask#1·ask me");
    expect(client, "/ask#1^2·what?", "/ask#1·heard ask me");
    client.sendText("/ask#1^2·this");
    expect(client, "/ask#1·you said this");

    client.sendText("/ask#1·ask me");
    expect(client, "/ask#1^4·what?", "/ask#1·heard ask me");
    client.sendText("·ERR·409 busy·REQUEST·/ask#1·4·");
    expect(client, "/ask#1·you failed with 409 busy");

    client.sendText("/ask#1·ask me in vain");
    expect(client, "/ask#1^6·what?", "/ask#1·heard ask me in vain");
    expect(client, "/ask#1·you failed with 504 no answer");
    client.sendText("/ask#1^6·too late").sendText("/ask#1·hello");
    expect(client, "/ask#1·heard hello");
  }

  @Test
  void onlyTheExtensionKnowsRequests() throws Exception {
    RawClient base = connect("/ask", BASE).sendText("/ask·ask me");
    expect(
        base,
        "/ask·you failed with 501 the client does not speak carillon.v1",
        "/ask·heard ask me");
    base.sendText("/ask^1·x");
    expect(base, "·INVALID·Not Subscribed·");

    RawClient plain = server.connect("/ask").sendText("ask me");
    expect(plain, "you failed with 501 the client does not speak carillon.v1", "heard ask me");
  }

  @Test
  void questionsEndWithTheirTopic() throws Exception {
    RawClient client = carrier().sendText("·SUBSCRIBE·/ask·").sendText("/ask·ask me");
    expect(client, "·OK·SUBSCRIBE·/ask····", "/ask^2·what?", "/ask·heard ask me");

    client.sendText("·UNSUBSCRIBE·/ask·");

    expect(client, "·OK·UNSUBSCRIBE·/ask·");
    journal.expect("failed with 503 closed");
  }

  @Test
  void topicsMayAgreeOnSubprotocolsOfTheirOwn() throws Exception {
    RawClient client = carrier();

    client.sendText("·SUBSCRIBE·/dated·other,DATED.v2·").sendText("·SUBSCRIBE·/dated#1·other·");

    assertThat(List.of(client.readText(), client.readText(), client.readText(), client.readText()))
        .containsExactlyInAnyOrder(
            "·OK·SUBSCRIBE·/dated·DATED.v2···",
            "/dated·speaking dated.v2",
            "·OK·SUBSCRIBE·/dated#1····",
            "/dated#1·speaking nothing");
  }

  @Test
  void pingIsAnswered() throws Exception {
    RawClient client = carrier().sendText("·PING·42·");

    expect(client, "·OK·PING·42·");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void topicsShareTheCacheOfTheConnectionAndNothingElse() throws Exception {
    RawClient client = connect("/counted/a", BASE);
    assertThat(client.readText()).isEqualTo("/counted/a·1 1 true");
    client.sendText("·SUBSCRIBE·/counted/b·");
    client.readText();
    assertThat(client.readText()).isEqualTo("/counted/b·2 1 true");

    assertThat(connect("/counted/a", BASE).readText()).isEqualTo("/counted/a·1 1 true");
    assertThat(server.connect("/counted/a").readText()).isEqualTo("1 1 true");
  }
}
