package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carillon.channel.Channel;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Promise;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections end and what keeps them, on the native transport and on the JDK's own. */
@Timeout(30)
class TransportIT {
  private final Journal journal = new Journal();
  private final BlockingQueue<Promise<Void>> pending = new LinkedBlockingQueue<>();
  private TestServer server;

  private void start(boolean nativeTransport, String limits) throws Exception {
    server = TestServer.prepare("{'limits': {" + limits + "}}", nativeTransport);
    assumeTrue(!nativeTransport || server.vertx().isNativeTransportEnabled());
    server.run();
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes
              .route("/t", String.class, String.class)
              .message(
                  (ch, text) -> {
                    switch (text) {
                      case "close" -> ch.close();
                      case "burst" -> {
                        burst(ch);
                        return null;
                      }
                      case "wait" -> {
                        Promise<Void> promise = Promise.promise();
                        pending.add(promise);
                        journal.add("wait");
                        return promise.future();
                      }
                      default -> {}
                    }
                    return ch.send(text).otherwiseEmpty();
                  })
              .leave(
                  (ch, status) -> {
                    journal.add("leave " + status);
                  });
        });
  }

  private static final int BURST = 300;

  /** Small messages with some large ones among them, and the end. */
  private static void burst(Channel<String> channel) {
    for (int i = 0; i < BURST; i++) {
      channel.send(message(i));
    }
    channel.close(CloseStatus.of(4001, "enough"));
  }

  private static String message(int number) {
    int size = number % 50 == 49 ? 70_000 : number % 7 == 6 ? 1_500 : number % 60;
    return number + ":" + "x".repeat(size);
  }

  @AfterEach
  void stop() throws Exception {
    pending.forEach(Promise::tryComplete);
    server.close();
  }

  private void nothingMoreHappens() throws Exception {
    TestServer.await(server.undeployHttp());
    journal.isEmpty();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void openConnectionKeepsNothingOfItsHttpConnection(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      clients.add(server.connect("/echo"));
      assertThat(clients.get(i).sendText("up").readText()).isEqualTo("up");
    }

    // Each event loop may still hold what it read last.
    int loops = 2 * Runtime.getRuntime().availableProcessors();
    assertThat(instances("io.vertx.core.http.impl.Http1xServerConnection"))
        .isLessThan(Math.max(loops, 25));
    assertThat(instances(WebSocketTransport.class.getName())).isGreaterThanOrEqualTo(50);
  }

  /** How many objects of that class there are after a full collection. */
  private static long instances(String name) throws Exception {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    return histogram
        .lines()
        .map(line -> line.trim().split("\\s+", -1))
        .filter(words -> words.length >= 4 && words[3].equals(name))
        .mapToLong(words -> Long.parseLong(words[1]))
        .sum();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void messagesAndTheCloseHandshakeTravel(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.connect("/echo");

    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
    assertThat(client.sendBinary(new byte[1 << 20]).readBinary()).hasSize(1 << 20);
    client.sendClose(1000, "");
    assertThat(client.readClose().code()).isEqualTo(1000);
    client.readEnd();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void manyAnswersOfOneTurnComeInTheirOrder(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.connect("/echo");
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 40; i++) {
        client.sendText(message(i));
      }
      for (int i = 0; i < 40; i++) {
        assertThat(client.readText()).isEqualTo(message(i));
      }
    }
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void whatWasSentInOneTurnComesWholeAheadOfTheClose(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.connect("/t").sendText("burst");

    for (int i = 0; i < BURST; i++) {
      assertThat(client.readText()).isEqualTo(message(i));
    }
    assertThat(client.readClose().code()).isEqualTo(4001);
    journal.expect("leave closed 4001");
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void upgradeInOneSegmentWithAFrameIsCut(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.open();

    client.send(Request.upgrade("/echo").bytes(), RawClient.frame(RawClient.TEXT, "early"));

    client.readEndOrReset();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void serverThatClosesWaitsForTheAnswer(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.connect("/t").sendText("close");

    assertThat(client.readClose().code()).isEqualTo(1000);
    client.readNothingYet();
    client.sendText("ignored").sendClose(1000, "").readEnd();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatDoesNotAnswerTheCloseIsCut(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'closeTimeout': '200ms'");
    RawClient client = server.connect("/t").sendText("close");

    assertThat(client.readClose().code()).isEqualTo(1000);
    journal.expect("leave closed 1000");
    client.readEndOrReset();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatKeepsItsEndOpenBehindItsCloseIsCut(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'closeTimeout': '200ms'");
    RawClient client = server.connect("/t");

    client.sendClose(1000, "");
    client.readClose();
    client.readEnd();

    // Our end is still open. Once the server has cut the connection, writing fails.
    assertThat(failsToWrite(client)).isTrue();
    journal.expect("leave closed 1000");
  }

  private static boolean failsToWrite(RawClient client) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (System.nanoTime() - deadline < 0) {
      try {
        client.send(new byte[1000]);
      } catch (IOException cut) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatShutsItsEndWithoutACloseFrameIsGone(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    RawClient client = server.connect("/t");

    client.socket().shutdownOutput();

    journal.expect("leave no_status 1006");
    client.readEnd();
    nothingMoreHappens();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatHangsUpBehindItsCloseHasLeftWithItsStatus(boolean nativeTransport)
      throws Exception {
    start(nativeTransport, "");
    for (int i = 0; i < 20; i++) {
      RawClient client = server.connect("/t");

      client.send(
          RawClient.frame(RawClient.TEXT, "last words"),
          RawClient.frame(RawClient.CLOSE, RawClient.closeBody(4001, "bye")));
      client.close();

      journal.expect("leave closed 4001");
    }
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatVanishesWhileItIsNotReadLeavesOnce(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'maxInboundBytes': 1000");
    RawClient client = server.connect("/t").sendText("wait");
    journal.expect("wait");
    for (int i = 0; i < 20; i++) {
      client.sendText("x".repeat(1000));
    }

    client.reset();
    pending.take().complete();

    journal.expect("leave no_status 1006");
    nothingMoreHappens();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatResetsWhileItIsSentToIsGoneNotSlow(boolean nativeTransport) throws Exception {
    start(nativeTransport, "");
    BlockingQueue<Channel<String>> channels = new LinkedBlockingQueue<>();
    server.serve(
        routes ->
            routes
                .route("/sent", String.class, String.class)
                .join(
                    ch -> {
                      channels.add(ch);
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status);
                    }));
    for (int i = 0; i < 20; i++) {
      RawClient client = server.connect("/sent");
      Channel<String> channel = channels.take();

      client.reset();
      while (channel.isOpen()) {
        for (int burst = 0; burst < 20; burst++) {
          channel.send("x");
        }
        TestServer.await(channel.send("x").otherwiseEmpty());
      }

      journal.expect("leave no_status 1006");
    }
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void serverMayCloseAClientThatItDoesNotRead(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'maxInboundBytes': 1000");
    RawClient client = server.connect("/t").sendText("wait");
    journal.expect("wait");
    for (int i = 0; i < 20; i++) {
      client.sendText("x".repeat(1000));
    }

    var stopped = server.undeployHttp(); // the handler is still at work

    assertThat(client.readClose().code()).isEqualTo(1001);
    client.sendClose(1001, "").readEnd();
    pending.take().complete();
    journal.expect("leave closed 1001");
    TestServer.await(stopped);
  }

  // ---- pings of the server

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatAnswersPingsStays(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'pingInterval': '20ms', 'pingDisconnectCount': 25");
    RawClient client = server.connect("/t");

    for (int i = 0; i < 60; i++) {
      RawClient.Frame ping = client.read();
      assertThat(ping.opcode()).isEqualTo(RawClient.PING);
      client.send(RawClient.frame(RawClient.PONG, ping.payload()));
    }
    journal.isEmpty();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void clientThatDoesNotAnswerPingsIsCut(boolean nativeTransport) throws Exception {
    start(nativeTransport, "'pingInterval': '40ms', 'pingDisconnectCount': 2");
    RawClient client = server.connect("/t");

    for (int i = 0; i < 3; i++) {
      assertThat(client.read().opcode()).isEqualTo(RawClient.PING);
    }

    journal.expect("leave no_status 1006");
    client.readEndOrReset();
  }

  @ParameterizedTest(name = "native={0}")
  @ValueSource(booleans = {true, false})
  void timeInWhichAClientIsNotReadDoesNotCountAgainstIt(boolean nativeTransport) throws Exception {
    start(
        nativeTransport,
        "'maxInboundBytes': 1000, 'pingInterval': '20ms', 'pingDisconnectCount': 25");
    RawClient watch = server.connect("/t");
    RawClient client = server.connect("/t").sendText("wait");
    journal.expect("wait");
    for (int i = 0; i < 20; i++) {
      client.sendText("x".repeat(1000));
    }

    // Long enough for the client to be cut, if it were held against it.
    for (int i = 0; i < 60; i++) {
      RawClient.Frame ping = watch.read();
      assertThat(ping.opcode()).isEqualTo(RawClient.PING);
      watch.send(RawClient.frame(RawClient.PONG, ping.payload()));
    }
    journal.isEmpty();
    pending.take().complete();

    for (int texts = 0; texts < 20; ) {
      RawClient.Frame frame = client.read();
      if (frame.opcode() == RawClient.PING) {
        client.send(RawClient.frame(RawClient.PONG, frame.payload()));
      } else {
        assertThat(frame.opcode()).isEqualTo(RawClient.TEXT);
        texts++;
      }
    }
    journal.isEmpty();
  }
}
