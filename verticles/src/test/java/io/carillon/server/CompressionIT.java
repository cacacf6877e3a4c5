package io.carillon.server;

import static io.carillon.server.RawClient.BINARY;
import static io.carillon.server.RawClient.TEXT;
import static io.carillon.server.RawClient.deflated;
import static io.carillon.server.RawClient.frame;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.route.Compression;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** permessage-deflate (RFC 7692) over a real socket, seen by a client that is not our codec. */
@Timeout(20)
class CompressionIT {
  private static final String OFFER = "permessage-deflate";
  private static final String LONG = "all work and no play ".repeat(100);

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start("{'limits':{'maxMessageBytes':65536}}");
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes.route("/off").compression(Compression.OFF).message((ch, p) -> ch.send(p));
          routes.route("/on").compression(Compression.ON).message((ch, p) -> ch.send(p));
          routes.route("/from").compression(Compression.from(40)).message((ch, p) -> ch.send(p));
          routes.route("/room/:name").message((ch, payload) -> ch.broadcast(payload));
          routes.route("/small").maxMessageBytes(1000).message((ch, payload) -> ch.send(payload));
        });
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private RawClient connect(String uri) throws Exception {
    return connect(uri, OFFER);
  }

  private RawClient connect(String uri, String offer) throws Exception {
    return server.open().upgrade(Request.upgrade(uri).plus("Sec-WebSocket-Extensions", offer));
  }

  private Answer answerTo(String uri, String... offers) throws Exception {
    Request request = Request.upgrade(uri);
    for (String offer : offers) {
      request = request.plus("Sec-WebSocket-Extensions", offer);
    }
    return server.open().ask(request);
  }

  // ---- the handshake

  @Test
  void offerIsAnsweredWithWhatWasAgreed() throws Exception {
    Answer answer = answerTo("/echo", "x-unknown", OFFER + "; server_max_window_bits=10, " + OFFER);

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-extensions"))
        .containsExactly("permessage-deflate; server_no_context_takeover");
  }

  @ParameterizedTest
  @CsvSource({"/off, permessage-deflate", "/echo, x-unknown", "/echo, permessage-deflate; no"})
  void whatIsNotAgreedIsNotAnswered(String uri, String offer) throws Exception {
    Answer answer = answerTo(uri, offer);

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-extensions")).isEmpty();
  }

  @Test
  void serverThatHasItOffNeverAgrees() throws Exception {
    try (TestServer off = TestServer.start("{'http':{'compression':'off'}}")) {
      off.serve(routes -> routes.route("/on").compression(Compression.ON).join(ch -> {}));
      Request request = Request.upgrade("/on").plus("Sec-WebSocket-Extensions", OFFER);

      assertThat(off.open().ask(request).header("sec-websocket-extensions")).isEmpty();
    }
  }

  // ---- which messages

  @ParameterizedTest
  @CsvSource({"/echo, 1023, false", "/echo, 1024, true", "/from, 39, false", "/from, 40, true"})
  void messagesAreCompressedFromASize(String uri, int size, boolean compressed) throws Exception {
    String text = "x".repeat(size);

    RawClient.Frame echo = connect(uri).sendText(text).read();

    assertThat(echo.text()).isEqualTo(text);
    assertThat(echo.deflated()).isEqualTo(compressed);
  }

  @Test
  void messageThatWouldNotBeShorterGoesOutAsItIs() throws Exception {
    byte[] noise = new byte[5000];
    new Random(1).nextBytes(noise);
    RawClient client = connect("/on");

    RawClient.Frame echo = client.send(deflated(BINARY, noise)).read();

    assertThat(echo.payload()).isEqualTo(noise);
    assertThat(echo.deflated()).isFalse();
    assertThat(client.sendText("").read().deflated()).isFalse();
  }

  @Test
  void controlFramesAreNeverCompressed() throws Exception {
    RawClient client = connect("/on");

    client.sendPing("x".repeat(125));

    assertThat(client.read()).extracting("opcode", "deflated").containsExactly(10, false);
    client.sendClose(1000, "");
    assertThat(client.readClose().deflated()).isFalse();
    client.readEnd();
  }

  // ---- both ways

  @Test
  void clientMayTakeItsContextOverAndTheServerDoesNot() throws Exception {
    RawClient client = connect("/echo");
    Deflater deflater = new Deflater(6, true);
    for (int i = 0; i < 20; i++) {
      byte[] message = RawClient.deflate(deflater, LONG.getBytes(UTF_8));
      RawClient.Frame echo = client.send(RawClient.frame(0xc1, message, true)).read();

      assertThat(echo.text()).isEqualTo(LONG);
      assertThat(echo.deflated()).isTrue();
    }
  }

  @Test
  void messageInManyFramesAndSegmentsComesBack() throws Exception {
    RawClient client = connect("/echo");
    byte[] message = RawClient.deflate(new Deflater(0, true), LONG.getBytes(UTF_8));
    for (int i = 0; i < message.length; i += 100) {
      byte[] part = Arrays.copyOfRange(message, i, Math.min(i + 100, message.length));
      int first = (i == 0 ? 0x41 : 0) | (i + 100 >= message.length ? 0x80 : 0);
      client.pingPong().send(RawClient.frame(first, part, true));
    }
    assertThat(client.readText()).isEqualTo(LONG);
  }

  @Test
  void broadcastReachesClientsOfEitherKind() throws Exception {
    List<RawClient> members =
        List.of(
            connect("/room/a"),
            server.connect("/room/a"),
            connect("/room/a", OFFER + "; client_no_context_takeover"),
            connect("/room/a"));

    members.get(1).sendText(LONG);
    for (RawClient member : members) {
      RawClient.Frame got = member.read();

      assertThat(got.text()).isEqualTo(LONG);
      assertThat(got.deflated()).isEqualTo(member != members.get(1));
    }
  }

  @Test
  void topicsOfOneConnectionAreCompressedAsTheirRoutesSay() throws Exception {
    RawClient both =
        server
            .open()
            .upgrade(
                Request.upgrade("/room/a")
                    .plus("Sec-WebSocket-Extensions", OFFER)
                    .plus("Sec-WebSocket-Protocol", "rocket-multiplex"));
    both.sendText("\u00b7SUBSCRIBE\u00b7/off\u00b7");
    assertThat(both.readText()).contains("OK");

    both.send(deflated(TEXT, ("/off\u00b7" + LONG).getBytes(UTF_8)));
    RawClient.Frame off = both.read();
    server.connect("/room/a").sendText(LONG);
    RawClient.Frame on = both.read();

    assertThat(off.text()).isEqualTo("/off\u00b7" + LONG);
    assertThat(off.deflated()).isFalse();
    assertThat(on.text()).isEqualTo("/room/a\u00b7" + LONG);
    assertThat(on.deflated()).isTrue();
  }

  // ---- what breaks a rule

  private void fails(RawClient client, int code, byte[] bytes) throws Exception {
    client.send(bytes, frame(TEXT, "echo me"));

    assertThat(client.readClose().code()).isEqualTo(code);
    client.readEnd();
    assertThat(connect("/echo").sendText("others are served").readText())
        .isEqualTo("others are served");
  }

  @Test
  void bombIsTooLarge() throws Exception {
    byte[] bomb = deflated(BINARY, new byte[16 << 20]);

    assertThat(bomb.length).isLessThan(65536);
    fails(connect("/echo"), 1009, bomb);
    fails(connect("/small"), 1009, deflated(BINARY, new byte[1001]));
  }

  @Test
  void limitIsTheInflatedSize() throws Exception {
    RawClient client = connect("/small");

    assertThat(client.send(deflated(BINARY, new byte[1000])).readBinary()).hasSize(1000);
    fails(client, 1009, deflated(BINARY, new byte[1001]));
  }

  @Test
  void textInsideIsChecked() throws Exception {
    fails(connect("/echo"), 1007, deflated(TEXT, RawClient.bytes('a', 0xff)));
  }

  @Test
  void whatDoesNotInflateFails() throws Exception {
    fails(connect("/echo"), 1007, RawClient.frame(0xc1, RawClient.bytes(7, 255, 255), true));
  }

  @Test
  void compressedControlFrameFails() throws Exception {
    fails(connect("/echo"), 1002, RawClient.frame(0xc9, RawClient.bytes(0), true));
  }
}
