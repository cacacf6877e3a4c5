package io.carillon.server;

import static io.carillon.server.RawClient.BINARY;
import static io.carillon.server.RawClient.CLOSE;
import static io.carillon.server.RawClient.CONTINUATION;
import static io.carillon.server.RawClient.PING;
import static io.carillon.server.RawClient.PONG;
import static io.carillon.server.RawClient.TEXT;
import static io.carillon.server.RawClient.bytes;
import static io.carillon.server.RawClient.closeBody;
import static io.carillon.server.RawClient.concat;
import static io.carillon.server.RawClient.frame;
import static io.carillon.server.RawClient.head;
import static io.carillon.server.RawClient.longBytes;
import static io.carillon.server.RawClient.part;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.route.Routes;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6455 over a real socket, seen by a client that is not our codec. */
@Timeout(20)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConformanceIT {
  private TestServer server;
  private RawClient client;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start();
    server.serve(this::serve);
  }

  /** Echoes. */
  void serve(Routes routes) {
    routes.route("/echo").message((ch, payload) -> ch.send(payload));
  }

  @BeforeEach
  void connect() throws Exception {
    client = server.open().upgrade(request());
  }

  /** What the client asks for. */
  Request request() {
    return Request.upgrade("/echo");
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
  }

  /** The bytes fail the connection: a close frame with the code, then the end and nothing else. */
  private void fails(int code, byte[]... bytes) throws Exception {
    client.send(concat(bytes), frame(PING, "answer me"), frame(TEXT, "echo me"));

    RawClient.Frame close = client.readClose();
    assertThat(close.code()).isEqualTo(code);
    client.readEnd();
    client.close();
    connect();
    assertThat(client.sendText("others are served").readText()).isEqualTo("others are served");
  }

  // ---- 5.2 framing

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20})
  void everyLengthComesBack(int length) throws Exception {
    byte[] message = new byte[length];
    new Random(length).nextBytes(message);

    assertThat(client.sendBinary(message).readBinary()).isEqualTo(message);
    assertThat(client.sendText("x".repeat(length)).readText()).isEqualTo("x".repeat(length));
  }

  @Test
  void messageInSmallPiecesComesBack() throws Exception {
    byte[] all = concat(frame(TEXT, "in pieces"), frame(BINARY, new byte[200]));
    for (byte b : all) {
      client.send(new byte[] {b});
    }

    assertThat(client.readText()).isEqualTo("in pieces");
    assertThat(client.readBinary()).hasSize(200);
  }

  @Test
  void manyMessagesInOneSegmentComeBackInOrder() throws Exception {
    byte[][] all = new byte[500][];
    for (int i = 0; i < all.length; i++) {
      all[i] = frame(TEXT, "message " + i);
    }
    client.send(all);

    for (int i = 0; i < all.length; i++) {
      assertThat(client.readText()).isEqualTo("message " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0xa1, 0x91, 0xf1, 0xf2, 0xc9, 0xc8, 0xca, 0x90})
  void reservedBitsFail(int first) throws Exception {
    fails(1002, RawClient.frame(first, bytes('x'), true));
  }

  @Test
  void compressedMessageFailsUnlessThatWasAgreed() throws Exception {
    if (request().headers().equals(Request.upgrade("/echo").headers())) {
      fails(1002, RawClient.frame(0xc1, bytes(0), true));
    } else {
      assertThat(client.send(RawClient.frame(0xc1, bytes(0), true)).readText()).isEmpty();
    }
  }

  @Test
  void reservedBitInsideAMessageFails() throws Exception {
    fails(1002, part(TEXT, "a"), RawClient.frame(0xc0, bytes('b'), true));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
  void unknownOpcodesFail(int opcode) throws Exception {
    fails(1002, frame(opcode, ""));
  }

  @Test
  void violationIsToldBehindTheAnswersToWhatCameBefore() throws Exception {
    client.send(frame(TEXT, "before"), frame(3, ""));

    assertThat(client.readText()).isEqualTo("before");
    assertThat(client.readClose().code()).isEqualTo(1002);
    client.readEnd();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x81, 0x82, 0x89, 0x88})
  void unmaskedFramesFail(int first) throws Exception {
    fails(1002, RawClient.frame(first, bytes('h', 'i'), false));
  }

  @Test
  void lengthWithTheTopBitFails() throws Exception {
    fails(1002, bytes(0x82, 0xff), longBytes(Long.MIN_VALUE | 4), new byte[4]);
  }

  @Test
  void lengthThatIsNotInItsShortestFormFails() throws Exception {
    fails(1002, bytes(0x82, 0xfe, 0, 1), new byte[5]);
  }

  @Test
  void hugeLengthIsTooBig() throws Exception {
    fails(1009, bytes(0x82, 0xff), longBytes(Long.MAX_VALUE), new byte[4]);
  }

  @Test
  void hugeContinuationIsTooBig() throws Exception {
    fails(1009, part(BINARY, "a"), bytes(0x80, 0xff), longBytes(Long.MAX_VALUE), new byte[4]);
  }

  // ---- 5.4 fragmentation

  @Test
  void fragmentsComeBackAsOneMessage() throws Exception {
    client.send(part(TEXT, "fr"), part(CONTINUATION, ""), part(CONTINUATION, "ag"));
    client.send(frame(CONTINUATION, "ment"), part(BINARY, ""), frame(CONTINUATION, ""));

    assertThat(client.readText()).isEqualTo("fragment");
    assertThat(client.readBinary()).isEmpty();
  }

  @Test
  void pingsBetweenFragmentsAreAnsweredAtOnce() throws Exception {
    client.send(part(TEXT, "a"), frame(PING, "between"));

    RawClient.Frame pong = client.read();
    assertThat(pong.opcode()).isEqualTo(PONG);
    assertThat(pong.text()).isEqualTo("between");
    assertThat(client.send(frame(CONTINUATION, "b")).readText()).isEqualTo("ab");
  }

  static Stream<Arguments> brokenOrders() {
    return Stream.of(
        Arguments.of("continuation of nothing", frame(CONTINUATION, "x")),
        Arguments.of("fragment of nothing", part(CONTINUATION, "x")),
        Arguments.of("text in a text", concat(part(TEXT, "a"), frame(TEXT, "b"))),
        Arguments.of("binary in a text", concat(part(TEXT, "a"), part(BINARY, "b"))),
        Arguments.of(
            "continuation behind the end",
            concat(part(TEXT, ""), frame(PONG, ""), part(CONTINUATION, ""), frame(TEXT, "b"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("brokenOrders")
  void fragmentsOutOfOrderFail(String what, byte[] frames) throws Exception {
    fails(1002, frames);
  }

  // ---- 5.5 control frames

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 124, 125})
  void pingIsAnsweredWithItsPayload(int length) throws Exception {
    byte[] payload = new byte[length];
    new Random(7).nextBytes(payload);

    RawClient.Frame pong = client.send(frame(PING, payload)).read();

    assertThat(pong.opcode()).isEqualTo(PONG);
    assertThat(pong.payload()).isEqualTo(payload);
  }

  @Test
  void pongsAreSwallowed() throws Exception {
    client.send(frame(PONG, ""), frame(PONG, "unasked"), frame(PONG, new byte[125]));

    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x89, 0x8a, 0x88})
  void controlFramesOver125BytesFail(int first) throws Exception {
    fails(1002, RawClient.frame(first, new byte[126], true));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x09, 0x0a, 0x08})
  void fragmentedControlFramesFail(int first) throws Exception {
    fails(1002, RawClient.frame(first, bytes(), true), frame(CONTINUATION, ""));
  }

  @Test
  void controlFrameWithALongLengthFailsByItsHeader() throws Exception {
    fails(1002, head(0x89, 1 << 20, true), new byte[4]);
  }

  // ---- 5.5.1, 7 closing

  @ParameterizedTest
  @ValueSource(
      ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999})
  void closeCodeIsEchoed(int code) throws Exception {
    fails(code, frame(CLOSE, closeBody(code, "any reason")));
  }

  @Test
  void longestReasonIsTaken() throws Exception {
    fails(4999, frame(CLOSE, closeBody(4999, "x".repeat(123))));
  }

  @Test
  void emptyCloseIsAnsweredWithAnEmptyOne() throws Exception {
    client.send(frame(CLOSE, ""), frame(TEXT, "behind"));

    assertThat(client.readClose().payload()).isEmpty();
    client.readEnd();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535})
  void closeCodeThatMayNotBeSentFails(int code) throws Exception {
    fails(1002, frame(CLOSE, closeBody(code, "")));
  }

  @Test
  void closeFrameOfOneByteFails() throws Exception {
    fails(1002, frame(CLOSE, bytes(3)));
  }

  @Test
  void closeReasonThatIsNotUtf8Fails() throws Exception {
    client.send(frame(CLOSE, bytes(0x03, 0xe8, 'a', 0xff)));

    assertThat(client.readClose().code()).isIn(1002, 1007);
    client.readEnd();
  }

  @Test
  void answersToWhatCameBeforeTheCloseGoOutAheadOfTheEcho() throws Exception {
    client.send(frame(TEXT, "last words"), frame(PING, "p"), frame(CLOSE, closeBody(1000, "")));

    assertThat(client.readText()).isEqualTo("last words");
    assertThat(client.read().text()).isEqualTo("p");
    assertThat(client.readClose().code()).isEqualTo(1000);
    client.readEnd();
  }

  @Test
  void closeInsideAMessageIsTaken() throws Exception {
    fails(1000, part(TEXT, "never finished"), frame(CLOSE, closeBody(1000, "")));
  }

  @Test
  void nothingIsDoneBehindACloseFrame() throws Exception {
    fails(1000, frame(CLOSE, closeBody(1000, "")), frame(CLOSE, closeBody(1001, "")), bytes(0xff));
  }

  @Test
  void connectionEndsEvenIfTheClientKeepsSending() throws Exception {
    client.send(frame(CLOSE, closeBody(1000, "")));
    byte[] more = frame(BINARY, new byte[10_000]);
    for (int i = 0; i < 100; i++) {
      client.send(more);
    }

    assertThat(client.readClose().code()).isEqualTo(1000);
    client.readEnd();
  }

  // ---- 8.1 UTF-8

  @ParameterizedTest
  @CsvSource({
    "cebae1bdb9cf83cebcceb5",
    "00",
    "c280",
    "dfbf",
    "e0a080",
    "ed9fbf",
    "ee8080",
    "efbfbf",
    "f0908080",
    "f48fbfbf",
    "efbbbf",
    "f09f9880"
  })
  void textComesBack(String hex) throws Exception {
    byte[] text = HexFormat.of().parseHex(hex);

    RawClient.Frame echo = client.send(frame(TEXT, text)).read();

    assertThat(echo.opcode()).isEqualTo(TEXT);
    assertThat(echo.payload()).isEqualTo(text);
  }

  @Test
  void textCutAtEveryByteComesBack() throws Exception {
    byte[] text = "κόσμε 😀".getBytes(UTF_8);
    client.send(part(TEXT, ""));
    for (byte b : text) {
      client.send(RawClient.frame(CONTINUATION, new byte[] {b}, true));
    }

    assertThat(client.send(frame(CONTINUATION, "")).readText()).isEqualTo("κόσμε 😀");
  }

  @ParameterizedTest
  @CsvSource({
    "80",
    "bf",
    "c0af",
    "e080af",
    "f08080af",
    "f8888080af",
    "c1bf",
    "eda080",
    "edbfbf",
    "f4908080",
    "fe",
    "c3",
    "e28c",
    "f09f98",
    "61c328"
  })
  void textThatIsNotUtf8Fails(String hex) throws Exception {
    fails(1007, frame(TEXT, HexFormat.of().parseHex(hex)));
  }

  @Test
  void badTextFailsInTheMiddleOfAFrame() throws Exception {
    client.send(head(0x81, 1000, true), new byte[4], bytes('a', 0xff));

    assertThat(client.readClose().code()).isEqualTo(1007);
    client.readEnd();
  }

  @Test
  void badTextFailsInTheMiddleOfAMessage() throws Exception {
    client.send(part(TEXT, "fine so far"), RawClient.frame(0x00, bytes(0xf4, 0x90), true));

    assertThat(client.readClose().code()).isEqualTo(1007);
    client.readEnd();
  }

  @Test
  void codePointThatIsCutByTheEndOfTheMessageFails() throws Exception {
    fails(1007, RawClient.frame(0x01, bytes(0xf0, 0x9f), true), frame(CONTINUATION, bytes(0x98)));
  }
}
