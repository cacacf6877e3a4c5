package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Broker;
import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.channel.Socket;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A route served as a loop. */
@Timeout(30)
class SocketIT extends HandlerFixture {
  record Say(String text) {}

  private static String closed(RawClient client) throws Exception {
    RawClient.Frame close = client.readClose();
    return close.code() + " " + close.reason();
  }

  private Future<?> echo(Socket<String, String> socket) {
    return socket.send("hello").compose(sent -> socket.forEach(socket::send));
  }

  @Test
  void loopGreetsAnswersAndEndsWithItsClient() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(ch -> ch.send("joined"))
                .socket(s -> echo(s).onSuccess(ended -> journal.add("loop ended")))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status.closeStatus().code());
                    }));
    RawClient client = server.connect("/t");

    assertThat(client.readText()).isEqualTo("joined");
    assertThat(client.readText()).isEqualTo("hello");
    for (int i = 0; i < 3; i++) {
      client.sendText("a" + i);
    }
    for (int i = 0; i < 3; i++) {
      assertThat(client.readText()).isEqualTo("a" + i);
    }
    client.sendText("last").sendClose(4001, "bye");
    journal.expect("loop ended", "leave 4001");
  }

  @Test
  void manyMessagesAtOnceDoNotGrowTheStack() throws Exception {
    server.serve(routes -> routes.route("/t", String.class, String.class).socket(s -> echo(s)));
    RawClient client = server.connect("/t");
    assertThat(client.readText()).isEqualTo("hello");

    for (int i = 0; i < 5_000; i++) {
      client.sendText("x" + i);
    }
    for (int i = 0; i < 5_000; i++) {
      assertThat(client.readText()).isEqualTo("x" + i);
    }
  }

  @Test
  void loopThatReturnsEndsTheChannel() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .socket(s -> s.recv().compose(text -> s.send("got " + text))));
    RawClient client = server.connect("/t").sendText("x").sendText("never taken");

    assertThat(client.readText()).isEqualTo("got x");
    assertThat(closed(client)).isEqualTo("1000 Ok");
  }

  @Test
  void loopThatReturnsAtOnceIsHeardBehindTheUpgrade() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .socket(s -> s.send("hello and goodbye"))
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status.closeStatus().code());
                    }));
    RawClient client = server.connect("/t");

    assertThat(client.readText()).isEqualTo("hello and goodbye");
    assertThat(closed(client)).isEqualTo("1000 Ok");
    journal.expect("leave 1000");
  }

  @Test
  void loopThatFailsEndsTheChannelWithItsStatus() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/own", String.class, String.class)
              .socket(
                  s ->
                      s.recv()
                          .compose(
                              t ->
                                  Future.failedFuture(
                                      new CloseException(CloseStatus.of(4002, t)))));
          routes
              .route("/thrown", String.class, String.class)
              .socket(
                  s -> {
                    throw new IllegalStateException("a secret");
                  });
          routes.route("/malformed", Say.class, Say.class).socket(s -> s.forEach(s::send));
        });

    assertThat(closed(server.connect("/own").sendText("why"))).isEqualTo("4002 why");
    assertThat(closed(server.connect("/thrown"))).isEqualTo("1011 InternalServerError");
    assertThat(closed(server.connect("/malformed").sendText("{")))
        .isEqualTo("1007 not valid JSON for Say");
  }

  @Test
  void messageThatDoesNotDecodeFailsThatCallOnly() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Say.class, Say.class)
                .socket(
                    s ->
                        s.recv()
                            .recover(
                                e ->
                                    e instanceof DecodeException
                                        ? Future.succeededFuture(new Say(e.getMessage()))
                                        : Future.failedFuture(e))
                            .compose(s::send)
                            .compose(sent -> s.recv())
                            .compose(s::send)));
    RawClient client = server.connect("/t").sendText("{").sendText("{\"text\":\"x\"}");

    assertThat(client.readText()).isEqualTo("{\"text\":\"not valid JSON for Say\"}");
    assertThat(client.readText()).isEqualTo("{\"text\":\"x\"}");
  }

  @Test
  void rawFramesGoBothWays() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Say.class, Say.class)
                .socket(
                    s ->
                        s.recvRaw()
                            .compose(s::sendRaw)
                            .compose(sent -> s.recvRaw())
                            .compose(s::sendRaw)
                            .compose(
                                sent ->
                                    s.sendRaw(new Frame.Close(CloseStatus.of(4003, "enough"))))));
    RawClient client = server.connect("/t").sendText("no JSON").sendBinary(new byte[] {1, 2});

    assertThat(client.readText()).isEqualTo("no JSON");
    assertThat(client.readBinary()).containsExactly(1, 2);
    assertThat(closed(client)).isEqualTo("4003 enough");
  }

  @Test
  void recvTellsHowTheClientLeft() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .socket(
                    s ->
                        s.recv()
                            .onFailure(
                                e -> {
                                  CloseException closed = (CloseException) e;
                                  journal.add(closed.status().code() + " " + closed.reason());
                                  s.recv().onFailure(again -> journal.add("again"));
                                })));
    server.connect("/t").sendClose(4007, "gone");

    journal.expect("4007 gone", "again");
  }

  @Test
  void errorBeforeTheUpgradeIsAnHttpError() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .join(
                    ch -> {
                      throw CloseException.http(409, "taken");
                    })
                .failedUpgrade((ch, why) -> journal.add("failed " + why.httpStatus()))
                .socket(s -> hold("never")));

    assertThat(server.open().ask(Request.upgrade("/t")).body())
        .isEqualTo("{\"status\":409,\"error\":\"taken\"}");
    journal.expect("failed 409");
    nothingMoreHappens();
  }

  @Test
  void loopThatNeverReadsEndsWhenAMessageHasWaitedTooLong() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .handlerTimeout(Duration.ofMillis(300))
                .socket(s -> hold("loop")));
    RawClient client = server.connect("/t");
    journal.expect("loop");
    client.pingPong();

    client.sendText("x");

    assertThat(closed(client)).isEqualTo("1011 handler timed out");
  }

  @Test
  void loopThatNeverEndsHoldsNoShutdownUp() throws Exception {
    server.serve(
        routes -> routes.route("/t", String.class, String.class).socket(s -> hold("loop")));
    RawClient idle = server.connect("/t");
    RawClient waiting = server.connect("/t").sendText("never taken");
    journal.expect("loop", "loop");

    Future<Void> stopped = server.undeployHttp();

    assertThat(closed(idle)).isEqualTo("1001 GoingAway");
    assertThat(closed(waiting)).isEqualTo("1001 GoingAway");
    TestServer.await(stopped);
  }

  @Test
  void secondRecvAtATimeFails() throws Exception {
    Promise<String> second = Promise.promise();
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .socket(
                    s -> {
                      Future<String> first = s.recv();
                      s.recv().onComplete(second);
                      return first.compose(s::send);
                    }));
    RawClient client = server.connect("/t").sendText("x");

    assertThat(client.readText()).isEqualTo("x");
    assertThat(second.future().cause()).hasMessage("the recv before is still waiting");
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void loopRunsStraightOnAVirtualThread() throws Exception {
    server.deploy(
        () ->
            new TestServer.Handlers(
                routes ->
                    routes
                        .route("/t", String.class, String.class)
                        .socket(
                            s -> {
                              try {
                                s.send("hello").await();
                                for (String text = s.recv().await();
                                    !text.equals("end");
                                    text = s.recv().await()) {
                                  s.send(text + "!").await();
                                }
                              } finally {
                                journal.add("ended");
                              }
                            })),
        new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD));
    RawClient one = server.connect("/t");
    RawClient two = server.connect("/t");
    for (RawClient client : new RawClient[] {one, two}) {
      assertThat(client.readText()).isEqualTo("hello");
      assertThat(client.sendText("a").readText()).isEqualTo("a!");
    }
    assertThat(closed(one.sendText("end"))).isEqualTo("1000 Ok");
    journal.expect("ended");
    two.sendClose(1000, "");
    journal.expect("ended");
  }

  // ---- subprotocols

  private void serveSubprotocols() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Say.class, Say.class)
                .subprotocol("chat.v2")
                .subprotocol("chat.cbor", Encodings.CBOR)
                .subprotocol("chat.mp", Encodings.MESSAGE_PACK)
                .message(
                    (ch, say) ->
                        ch.broadcast(new Say(say.text() + ch.subprotocol().orElse("none")))));
  }

  private RawClient offering(String offers) throws Exception {
    RawClient client = server.open();
    Request request = Request.upgrade("/t");
    client.upgrade(offers.isEmpty() ? request : request.plus("Sec-WebSocket-Protocol", offers));
    return client;
  }

  @Test
  void firstOfferThatTheRouteSpeaksIsAnsweredAsTheClientSpelledIt() throws Exception {
    serveSubprotocols();
    Answer answer =
        server
            .open()
            .ask(
                Request.upgrade("/t")
                    .plus("Sec-WebSocket-Protocol", "other, CHAT.V2")
                    .plus("Sec-WebSocket-Protocol", "chat.cbor"));

    assertThat(answer.header("Sec-WebSocket-Protocol")).containsExactly("CHAT.V2");
    assertThat(
            server
                .open()
                .ask(Request.upgrade("/t").plus("Sec-WebSocket-Protocol", "other"))
                .header("Sec-WebSocket-Protocol"))
        .isEmpty();
  }

  @Test
  void broadcastGoesOutOnceForEachEncodingInUse() throws Exception {
    serveSubprotocols();
    RawClient json = offering("");
    RawClient cbor = offering("chat.cbor");
    RawClient messagePack = offering("chat.mp");

    json.sendText("{\"text\":\"a\"}");
    hear(json, cbor, messagePack, "anone");
    cbor.sendBinary(Encodings.CBOR.encode(new Say("b ")).orElseThrow().bytes());
    hear(json, cbor, messagePack, "b chat.cbor");
    TestServer.await(Broker.of(server.vertx()).broadcastTo("/t", new Say("c")));
    hear(json, cbor, messagePack, "c");
  }

  private static void hear(RawClient json, RawClient cbor, RawClient messagePack, String text)
      throws Exception {
    assertThat(json.readText()).isEqualTo("{\"text\":\"" + text + "\"}");
    assertThat(Encodings.CBOR.codec(Say.class).decode(Payload.binary(cbor.readBinary())))
        .isEqualTo(new Say(text));
    assertThat(
            Encodings.MESSAGE_PACK
                .codec(Say.class)
                .decode(Payload.binary(messagePack.readBinary())))
        .isEqualTo(new Say(text));
  }
}
