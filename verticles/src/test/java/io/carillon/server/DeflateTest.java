package io.carillon.server;

import static io.carillon.server.RawClient.BINARY;
import static io.carillon.server.RawClient.CONTINUATION;
import static io.carillon.server.RawClient.PING;
import static io.carillon.server.RawClient.TEXT;
import static io.carillon.server.RawClient.bytes;
import static io.carillon.server.RawClient.concat;
import static io.carillon.server.RawClient.deflate;
import static io.carillon.server.RawClient.deflated;
import static io.carillon.server.RawClient.frame;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed messages of a client, and ours (RFC 7692, sections 6 and 7.2). */
@Timeout(20)
class DeflateTest {
  private static final int MAX = 100_000;
  private static final HexFormat HEX = HexFormat.of();

  /** Keeps count of what is out. */
  private static final class CountedZlib extends Zlib {
    private int taken;
    private int most;

    @Override
    Inflater takeInflater() {
      most = Math.max(most, ++taken);
      return super.takeInflater();
    }

    @Override
    void giveBack(Inflater used) {
      taken--;
      super.giveBack(used);
    }
  }

  private final CountedZlib zlib = new CountedZlib();
  private final RecordingSink sink = new RecordingSink();
  private final FrameParser parser = parser(true, 15, MAX);

  private FrameParser parser(boolean takesOver, int bits, int max) {
    return parser(sink, max, new Inflation(zlib, new DeflateAgreement(takesOver, bits, "")));
  }

  FrameParser parser(RecordingSink to, int max, Inflation inflation) {
    return new FrameParser(to, max, inflation);
  }

  private void feed(byte[]... parts) {
    parser.parse(Unpooled.wrappedBuffer(concat(parts)));
  }

  private static byte[] hex(String text) {
    return HEX.parseHex(text);
  }

  private static String hexOf(String text) {
    return HEX.formatHex(text.getBytes(UTF_8));
  }

  @AfterEach
  void everyInflaterIsBackBehindTheEnd() {
    parser.end();
    assertThat(zlib.taken).isZero();
    zlib.close();
  }

  // ---- forms of a stream (section 7.2.3)

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "fixed block, f248cdc9c90700",
    "stored block, 000500faff48656c6c6f00",
    "last block, f348cdc9c9070000",
    "last block and nothing behind it, f348cdc9c90700",
    "two blocks, f24805000000ffffcac9c90700",
    "two streams, 010200fdff4865010300fcff6c6c6f00",
    "two streams and an empty one, 010500faff48656c6c6f03000200"
  })
  void everyFormIsRead(String what, String payload) {
    feed(RawClient.frame(0xc1, hex(payload), true));

    assertThat(sink.events).containsExactly("text " + hexOf("Hello"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "0200", "000000ffff00", "030000", "0300", ""})
  void emptyMessageIsRead(String payload) {
    feed(RawClient.frame(0xc2, hex(payload), true), deflated(TEXT, bytes('a')));

    assertThat(sink.events).containsExactly("binary ", "text 61");
  }

  @Test
  void framesOfAMessageAreOneStream() {
    byte[] payload = hex("f248cdc9c90700");
    for (int i = 0; i < payload.length; i++) {
      int first = (i == 0 ? 0x41 : 0) | (i == payload.length - 1 ? 0x80 : 0);
      feed(RawClient.frame(first, bytes(payload[i]), true), frame(PING, ""));
    }
    assertThat(sink.events).hasSize(8).contains("text " + hexOf("Hello"), "ping ");
  }

  @Test
  void plainMessagesMayStandBetweenCompressedOnes() {
    Deflater client = new Deflater(6, true);
    byte[] one = deflate(client, "one two one".getBytes(UTF_8));
    byte[] again = deflate(client, "one two one".getBytes(UTF_8));

    feed(RawClient.frame(0xc1, one, true), frame(TEXT, "plain"));
    feed(RawClient.frame(0xc1, again, true), frame(TEXT, "plain"));

    assertThat(again).hasSizeLessThan(one.length);
    assertThat(sink.events)
        .containsExactly(
            "text " + hexOf("one two one"),
            "text " + hexOf("plain"),
            "text " + hexOf("one two one"),
            "text " + hexOf("plain"));
  }

  // ---- context takeover

  @Test
  void messageMayLookBackAsFarAsTheWindow() {
    byte[] first = new byte[40_000];
    new Random(1).nextBytes(first);
    byte[] end = Arrays.copyOfRange(first, first.length - 30_000, first.length);
    Deflater client = new Deflater(9, true);

    feed(RawClient.frame(0xc2, deflate(client, first), true));
    byte[] second = deflate(client, end);
    feed(RawClient.frame(0xc2, second, true));

    assertThat(second).hasSizeLessThan(1_000);
    assertThat(sink.events).hasSize(2).contains("binary " + HEX.formatHex(end));
  }

  @Test
  void nothingIsRememberedWithoutContextTakeover() {
    FrameParser forgetful = parser(false, 15, MAX);
    byte[] look = hex("f200110000"); // "Hello", if that was the message before

    forgetful.parse(Unpooled.wrappedBuffer(RawClient.frame(0xc1, hex("f248cdc9c90700"), true)));
    forgetful.parse(Unpooled.wrappedBuffer(RawClient.frame(0xc1, look, true)));

    assertThat(sink.events).containsExactly("text " + hexOf("Hello"), "violation 1007");
  }

  @Test
  void nothingIsRememberedBeyondTheWindowThatWasAgreed() {
    FrameParser narrow = parser(true, 9, MAX);
    byte[] noise = new byte[700];
    new Random(2).nextBytes(noise);
    Deflater client = new Deflater(9, true);

    narrow.parse(Unpooled.wrappedBuffer(RawClient.frame(0xc2, deflate(client, noise), true)));
    narrow.parse(Unpooled.wrappedBuffer(RawClient.frame(0xc2, deflate(client, noise), true)));

    assertThat(sink.events).containsExactly("binary " + HEX.formatHex(noise), "violation 1007");
  }

  // ---- what breaks a rule

  private void refused(int code, byte[]... frames) {
    feed(frames);
    feed(frame(TEXT, "behind"));

    assertThat(sink.events).containsExactly("violation " + code);
  }

  @ParameterizedTest
  @ValueSource(ints = {0xe1, 0xd1, 0xa1, 0x91, 0xc9, 0xca, 0xc8, 0xc3})
  void otherReservedBitsAndCompressedControlFramesFail(int first) {
    refused(1002, RawClient.frame(first, bytes(0), true));
  }

  @Test
  void onlyTheFirstFrameSaysThatAMessageIsCompressed() {
    refused(
        1002, RawClient.frame(0x41, hex("f248cd"), true), RawClient.frame(0xc0, bytes(0), true));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "block of type 3, 07ffffff",
    "distance before the start, f200110000",
    "stored block cut short, 006400",
    "stored block whose lengths differ, 0005000000",
    "fixed block cut short, f248cdc9c9",
    "dynamic block cut short, 05e0",
    "garbage behind a last block, f348cdc9c9070007"
  })
  void whatDoesNotInflateFails(String what, String payload) {
    refused(1007, RawClient.frame(0xc1, hex(payload), true));

    assertThat(sink.violations.get(0).reason()).isEqualTo("message does not inflate");
  }

  @Test
  void streamThatEndsAgainAndAgainFails() {
    refused(1007, RawClient.frame(0xc2, hex("0300".repeat(1000)), true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ff", "c0af", "eda080", "f48fbfbf80"})
  void textThatIsNotUtf8Fails(String text) {
    refused(1007, deflated(TEXT, hex(text)));

    assertThat(sink.violations.get(0).reason()).isEqualTo("text is not UTF-8");
  }

  @Test
  void textThatIsNotUtf8FailsBeforeTheMessageIsWhole() {
    byte[] payload = deflate(new Deflater(0, true), concat(bytes('a', 0xff), new byte[1000]));
    refused(1007, RawClient.frame(0x41, Arrays.copyOf(payload, 20), true));
  }

  @Test
  void characterMayBeCutByFramesButNotByTheEnd() {
    byte[] payload = deflate(new Deflater(0, true), "\u20ac".getBytes(UTF_8));
    feed(
        RawClient.frame(0x41, Arrays.copyOf(payload, 6), true),
        RawClient.frame(0x80, Arrays.copyOfRange(payload, 6, payload.length), true));
    feed(deflated(TEXT, hex("e282")));

    assertThat(sink.events).containsExactly("text e282ac", "violation 1007");
  }

  // ---- the limit

  @ParameterizedTest
  @CsvSource({"100000, binary", "100001, violation 1009"})
  void limitHoldsForWhatIsInflated(int size, String event) {
    feed(deflated(BINARY, new byte[size]));

    assertThat(sink.events).hasSize(1);
    assertThat(sink.events.get(0)).startsWith(event);
  }

  @Test
  void whatCannotBeCompressedMayBeAsLongAsTheLimit() {
    byte[] noise = new byte[MAX];
    new Random(3).nextBytes(noise);
    byte[] payload = deflate(new Deflater(6, true), noise);
    feed(RawClient.frame(0xc2, payload, true));

    assertThat(payload.length).isGreaterThan(MAX);
    assertThat(sink.events).containsExactly("binary " + HEX.formatHex(noise));
  }

  @Test
  void compressedBytesThatInflateToNothingAreBoundedToo() {
    byte[] nothing = hex("000000ffff".repeat(200)); // an empty stored block, many times
    feed(RawClient.frame(0x42, nothing, true));
    for (int i = 0; i < 200; i++) {
      feed(RawClient.frame(CONTINUATION, nothing, true));
    }
    assertThat(sink.events).containsExactly("violation 1009");
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void bombCostsNoMoreThanTheLimit() {
    byte[] bomb = deflated(BINARY, new byte[64 << 20]);
    ByteBuf in = Unpooled.wrappedBuffer(bomb);

    long before = allocated();
    parser.parse(in);

    assertThat(sink.events).containsExactly("violation 1009");
    assertThat(allocated() - before).isLessThan(4 * MAX + 4 * Zlib.CHUNK_BYTES);
  }

  @Test
  void messageThatIsNotWholeHoldsOneInflaterAndIdleClientsNone() {
    List<FrameParser> clients = new ArrayList<>();
    byte[] payload = hex("f248cdc9c90700");
    for (int i = 0; i < 10; i++) {
      FrameParser client = parser(true, 15, MAX);
      client.parse(Unpooled.wrappedBuffer(RawClient.frame(0xc1, payload, true)));
      clients.add(client);
    }
    assertThat(zlib.most).isEqualTo(1);
    assertThat(zlib.taken).isZero();

    clients.forEach(c -> c.parse(Unpooled.wrappedBuffer(RawClient.frame(0x41, payload, true))));
    assertThat(zlib.taken).isEqualTo(10);
    clients.forEach(FrameParser::end);
    assertThat(zlib.taken).isZero();
  }

  // ---- ours

  private byte[] ours(Payload payload) {
    ByteBuf frame = Frames.deflated(ByteBufAllocator.DEFAULT, bytes(), payload, zlib);
    assertThat(frame).isNotNull();
    byte[] bytes = ByteBufUtil.getBytes(frame);
    assertThat(frame.release()).as("the only reference").isTrue();
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 126, 1000, 16_384, 70_000, 1 << 20, 20 << 20})
  void ourMessagesInflateEachByItself(int size) throws Exception {
    byte[] message = new byte[size];
    Random random = new Random(size);
    for (int i = 0; i < size; i++) {
      message[i] = (byte) "etaoinshrd".charAt(random.nextInt(10));
    }
    for (int round = 0; round < 2; round++) {
      byte[] frame = ours(Payload.textOf(message));
      int length = frame[1];
      int head = length < 126 ? 2 : length == 126 ? 4 : 10;
      byte[] out = new byte[size + 1];
      Inflater inflater = new Inflater(true);
      inflater.setInput(
          concat(Arrays.copyOfRange(frame, head, frame.length), bytes(0, 0, 255, 255)));

      assertThat(frame[0] & 0xff).isEqualTo(0xc1);
      assertThat(inflater.inflate(out)).isEqualTo(size);
      assertThat(Arrays.copyOf(out, size)).isEqualTo(message);
      assertThat(inflater.getRemaining()).isZero();
      inflater.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 10, 1000, 16_000, 16_400, 32_768, 200_000})
  void messageThatWouldNotBeShorterStaysAsItIs(int size) {
    byte[] noise = new byte[size];
    new Random(4).nextBytes(noise);

    assertThat(Frames.deflated(ByteBufAllocator.DEFAULT, bytes(), Payload.binary(noise), zlib))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 200, 40_000})
  void prefixIsCompressedWithThePayload(int size) throws Exception {
    byte[] prefix = "p".repeat(size).getBytes(UTF_8);
    ByteBuf frame =
        Frames.deflated(
            ByteBufAllocator.DEFAULT, prefix, Payload.text("payload".repeat(100)), zlib);
    assertThat(frame).isNotNull();
    frame.skipBytes(frame.getByte(1) < 126 ? 2 : 4);
    byte[] out = new byte[size + 701];
    Inflater inflater = new Inflater(true);
    inflater.setInput(concat(ByteBufUtil.getBytes(frame), bytes(0, 0, 255, 255)));

    assertThat(inflater.inflate(out)).isEqualTo(size + 700);
    assertThat(new String(out, 0, size + 700, UTF_8))
        .isEqualTo("p".repeat(size) + "payload".repeat(100));
    inflater.end();
    frame.release();
  }

  /** Whether what is written to one is seen in the other. */
  private static boolean areTheSame(ByteBuf one, ByteBuf other) {
    one.setByte(2, one.getByte(2) + 1);
    return ByteBufUtil.equals(one, other);
  }

  @Test
  void sharedFrameIsMadeOnceInEachForm() {
    List<ByteBuf> taken = new ArrayList<>();
    try (SharedFrame frame = new SharedFrame(bytes(), Payload.text("x".repeat(1000)), zlib)) {
      for (boolean compressed : new boolean[] {false, true, true, false}) {
        taken.add(frame.get(compressed));
      }
    }

    assertThat(areTheSame(taken.get(0), taken.get(3))).isTrue();
    assertThat(areTheSame(taken.get(1), taken.get(2))).isTrue();
    assertThat(taken.get(1).readableBytes()).isLessThan(taken.get(0).readableBytes());
    taken.forEach(ByteBuf::release);
    assertThat(taken).allMatch(one -> one.refCnt() == 0);
  }

  @Test
  void sharedFrameThatWouldNotBeShorterIsTheSameInBothForms() {
    ByteBuf plain;
    ByteBuf compressed;
    try (SharedFrame frame = new SharedFrame(bytes(), Payload.text("x"), zlib)) {
      plain = frame.get(false);
      compressed = frame.get(true);
    }

    assertThat(areTheSame(plain, compressed)).isTrue();
    plain.release();
    compressed.release();
    assertThat(plain.refCnt()).isZero();
  }

  // ---- chance

  /** A client that compresses as it likes, cut into random pieces. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whateverAClientCompressesComesOut(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      boolean takesOver = random.nextBoolean();
      Deflater client = new Deflater(random.nextInt(10), true);
      List<String> expected = new ArrayList<>();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = random.nextInt(6); i >= 0; i--) {
        byte[] message = words(random);
        expected.add("text " + HEX.formatHex(message));
        all.writeBytes(message(message, takesOver ? client : new Deflater(6, true), random));
      }
      sink.events.clear();
      FrameParser one = parser(takesOver, 15, MAX);
      feedInPieces(one, all.toByteArray(), random);

      assertThat(sink.events).as("seed %d, round %d", seed, round).isEqualTo(expected);
      one.end();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6, 7, 8})
  void whateverIsBrokenFailsTheConnectionOrComesOutWithinTheLimit(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      byte[] payload = deflate(new Deflater(random.nextInt(10), true), words(random));
      for (int i = random.nextInt(4); i >= 0; i--) {
        payload[random.nextInt(payload.length)] ^= (byte) (1 << random.nextInt(8));
      }
      sink.events.clear();
      FrameParser one = parser(true, 15, 500);
      feedInPieces(one, RawClient.frame(0xc2, payload, true), random);

      assertThat(sink.events).as("seed %d, round %d", seed, round).hasSize(1);
      assertThat(sink.events.get(0))
          .matches("violation 100[79]|binary .*")
          .hasSizeLessThanOrEqualTo("binary ".length() + 2 * 500);
      one.end();
    }
  }

  private static byte[] words(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(200); i >= 0; i--) {
      text.append("lorem \u20acpsum d\u00f6lor sit amet ".substring(random.nextInt(20)));
    }
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] message(byte[] message, Deflater client, Random random) {
    byte[] payload = deflate(client, message);
    int cut = random.nextInt(payload.length + 1);
    return concat(
        RawClient.frame(0x41, Arrays.copyOf(payload, cut), true),
        random.nextBoolean() ? frame(RawClient.PONG, "") : new byte[0],
        RawClient.frame(0x80, Arrays.copyOfRange(payload, cut, payload.length), true));
  }

  private void feedInPieces(FrameParser one, byte[] client, Random random) {
    for (int at = 0; at < client.length; ) {
      int count = Math.min(client.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 900));
      one.parse(Unpooled.wrappedBuffer(client, at, count));
      at += count;
    }
    sink.events.removeIf("pong"::equals);
  }
}
