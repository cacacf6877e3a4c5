package io.carillon.server;

import static io.carillon.server.RawClient.BINARY;
import static io.carillon.server.RawClient.CLOSE;
import static io.carillon.server.RawClient.CONTINUATION;
import static io.carillon.server.RawClient.PING;
import static io.carillon.server.RawClient.PONG;
import static io.carillon.server.RawClient.TEXT;
import static io.carillon.server.RawClient.bytes;
import static io.carillon.server.RawClient.concat;
import static io.carillon.server.RawClient.frame;
import static io.carillon.server.RawClient.head;
import static io.carillon.server.RawClient.longBytes;
import static io.carillon.server.RawClient.part;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
class FrameParserTest {
  private static final int MAX = 100_000;

  private final RecordingSink sink = new RecordingSink();
  private final FrameParser parser = parser(sink, MAX);

  FrameParser parser(RecordingSink to, int max) {
    return new FrameParser(to, max, null);
  }

  private void feed(byte[]... parts) {
    parser.parse(Unpooled.wrappedBuffer(concat(parts)));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(UTF_8));
  }

  private static byte[] key(int... key) {
    return bytes(key);
  }

  // ---- messages

  @Test
  void textAndBinaryKeepTheirKind() {
    feed(frame(TEXT, "hé"), frame(BINARY, bytes(0, 0xff)), frame(TEXT, ""), frame(BINARY, ""));

    assertThat(sink.events).containsExactly("text " + hex("hé"), "binary 00ff", "text ", "binary ");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 125, 126, 127, 255, 256, 257, 65535, 65536, 99_999, MAX})
  void everyLengthIsReadWhole(int length) {
    byte[] payload = new byte[length];
    IntStream.range(0, length).forEach(i -> payload[i] = (byte) (i * 31));

    feed(frame(BINARY, payload), frame(TEXT, "next"));

    assertThat(sink.events)
        .containsExactly("binary " + HexFormat.of().formatHex(payload), "text " + hex("next"));
  }

  @Test
  void fragmentsArePutTogether() {
    feed(part(TEXT, "a"), part(CONTINUATION, ""), part(CONTINUATION, "bc"), frame(0, "d"));
    feed(part(BINARY, ""), part(CONTINUATION, ""), frame(CONTINUATION, ""));
    feed(part(TEXT, ""), frame(CONTINUATION, "late"));

    assertThat(sink.events)
        .containsExactly("text " + hex("abcd"), "binary ", "text " + hex("late"));
  }

  @Test
  void controlFramesMayStandBetweenFragments() {
    feed(part(TEXT, "a"), frame(PING, "p"), part(CONTINUATION, "b"), frame(PONG, "x"));
    feed(frame(PING, ""), frame(CONTINUATION, "c"));

    assertThat(sink.events).containsExactly("ping " + hex("p"), "pong", "ping ", "text 616263");
  }

  @Test
  void everyOctetMayComeByItself() {
    byte[] all =
        concat(
            frame(TEXT, "κόσμε"),
            part(TEXT, "frag"),
            frame(PING, "between"),
            frame(CONTINUATION, "ment"),
            frame(BINARY, new byte[300]),
            frame(CLOSE, bytes(3, 0xe8)));

    for (byte b : all) {
      feed(new byte[] {b});
    }

    assertThat(sink.events)
        .containsExactly(
            "text " + hex("κόσμε"),
            "ping " + hex("between"),
            "text " + hex("fragment"),
            "binary " + "00".repeat(300),
            "close 03e8");
  }

  @Test
  void keyOfZerosAndNoPayloadAreFine() {
    feed(bytes(0x81, 0x80, 0, 0, 0, 0), bytes(0x81, 0x82, 0, 0, 0, 0, 'h', 'i'));

    assertThat(sink.events).containsExactly("text ", "text " + hex("hi"));
  }

  @Test
  void bytesOfTheWireAreNotKept() {
    ByteBuf in = Unpooled.wrappedBuffer(frame(TEXT, "hello"));

    parser.parse(in);
    in.setZero(0, in.capacity());

    assertThat(sink.events).containsExactly("text " + hex("hello"));
    assertThat(in.refCnt()).as("the caller's").isEqualTo(1);
  }

  // ---- rules of the header

  @ParameterizedTest
  @ValueSource(ints = {0x91, 0xa1, 0xc1, 0xf1, 0x90, 0xc2, 0x99, 0xaa, 0xc8})
  void reservedBitsMustNotBeSet(int first) {
    refused(frame(first, bytes(1), true), 1002, "reserved bit set");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x83, 0x84, 0x85, 0x86, 0x87, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x03, 0x0b})
  void opcodesMustBeKnown(int first) {
    refused(frame(first, bytes(1), true), 1002, "unknown opcode");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x81, 0x82, 0x88, 0x89, 0x8a, 0x01})
  void framesOfAClientMustBeMasked(int first) {
    refused(frame(first, bytes('h', 'i'), false), 1002, "frame not masked");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x08, 0x09, 0x0a})
  void controlFramesMustBeFinal(int first) {
    refused(frame(first, bytes('h', 'i'), true), 1002, "control frame fragmented");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x88, 0x89, 0x8a})
  void controlFramesHoldAtMost125Bytes(int first) {
    refused(frame(first, new byte[126], true), 1002, "control frame over 125 bytes");
  }

  @ParameterizedTest
  @ValueSource(ints = {126, 127})
  void controlFramesMustNotHaveALongFormOfLength(int form) {
    byte[] length = form == 126 ? bytes(0, 1) : longBytes(1);

    refused(concat(bytes(0x89, 0x80 | form), length, key(1, 2, 3, 4)), 1002, null);
  }

  @Test
  void longestControlFramesAreTaken() {
    feed(frame(PING, new byte[125]), frame(PONG, new byte[125]), frame(CLOSE, new byte[125]));

    assertThat(sink.events)
        .containsExactly("ping " + "00".repeat(125), "pong", "close " + "00".repeat(125));
  }

  @Test
  void continuationNeedsABeginning() {
    refused(frame(CONTINUATION, "x"), 1002, "continuation of nothing");
  }

  @Test
  void continuationNeedsABeginningAfterAWholeMessageToo() {
    feed(part(TEXT, "a"), frame(CONTINUATION, "b"));
    sink.events.clear();

    refused(frame(CONTINUATION, "x"), 1002, "continuation of nothing");
  }

  @ParameterizedTest
  @ValueSource(ints = {0x81, 0x82, 0x01, 0x02})
  void messageMustNotBeginInsideAMessage(int first) {
    feed(part(TEXT, "a"));

    refused(frame(first, bytes('x'), true), 1002, "new message inside a message");
  }

  @Test
  void lengthMustHaveItsShortestForm() {
    refused(
        concat(bytes(0x82, 0xfe, 0, 125), key(1, 2, 3, 4)),
        1002,
        "length not in its shortest form");
  }

  @Test
  void lengthOf64BitsMustNotFitInto16() {
    refused(
        concat(bytes(0x82, 0xff), longBytes(65535), key(1, 2, 3, 4)),
        1002,
        "length not in its shortest form");
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, Long.MIN_VALUE + 10})
  void topBitOfALengthMustNotBeSet(long length) {
    refused(concat(bytes(0x82, 0xff), longBytes(length), key(1, 2, 3, 4)), 1002, null);
  }

  @Test
  void ruleIsCheckedAheadOfThePayload() {
    refused(concat(head(0xc1, 1000, true), key(1, 2, 3, 4)), 1002, "reserved bit set");
  }

  private void refused(byte[] bytes, int code, String reason) {
    feed(bytes, frame(PING, "behind"), frame(TEXT, "behind"));

    assertThat(sink.events).containsExactly("violation " + code);
    if (reason != null) {
      assertThat(sink.violations.get(0).reason()).isEqualTo(reason);
    }
    assertThat(parser.isEnded()).isTrue();
    feed(frame(TEXT, "later"));
    assertThat(sink.events).hasSize(1);
  }

  // ---- limits

  @Test
  void oneByteOverTheLimitIsRefusedByItsAnnouncementAlone() {
    refused(concat(head(0x82, MAX + 1, true), key(1, 2, 3, 4)), 1009, "message over 100000 bytes");
  }

  @Test
  void fragmentsTogetherMayReachTheLimit() {
    feed(part(BINARY, "x".repeat(MAX - 1)), part(CONTINUATION, "x"), frame(CONTINUATION, ""));

    assertThat(sink.events).containsExactly("binary " + "78".repeat(MAX));
  }

  @Test
  void fragmentsTogetherMustNotPassTheLimit() {
    feed(part(BINARY, "x".repeat(MAX - 1)), part(CONTINUATION, "x"));

    refused(concat(head(0x80, 1, true), key(1, 2, 3, 4)), 1009, "message over 100000 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {MAX, 1L << 31, 1L << 32, (1L << 32) + 1, Long.MAX_VALUE - 1, Long.MAX_VALUE})
  void hugeContinuationDoesNotOverflowTheCount(long length) {
    feed(part(BINARY, "x"));

    refused(concat(head(0x80, length, true), key(1, 2, 3, 4)), 1009, null);
  }

  @ParameterizedTest
  @ValueSource(longs = {MAX + 1L, 1L << 31, 1L << 32, (1L << 32) + 1, Long.MAX_VALUE})
  void hugeMessageIsRefused(long length) {
    refused(concat(head(0x81, length, true), key(1, 2, 3, 4)), 1009, null);
  }

  @Test
  void limitBelowTheFirstArrayHolds() {
    FrameParser small = parser(sink, 3);

    small.parse(Unpooled.wrappedBuffer(concat(part(TEXT, "ab"), frame(CONTINUATION, "c"))));
    small.parse(Unpooled.wrappedBuffer(frame(TEXT, "abcd")));

    assertThat(sink.events).containsExactly("text 616263", "violation 1009");
  }

  @Test
  void limitIsPerMessage() {
    feed(frame(BINARY, new byte[MAX]), frame(BINARY, new byte[MAX]));

    assertThat(sink.events).hasSize(2).doesNotContain("violation 1009");
  }

  // ---- memory

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  void announcedLengthAllocatesNothing() {
    byte[] begin = concat(head(0x82, 1 << 20, true), new byte[4 + 10]);
    List<FrameParser> parsers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      parsers.add(parser(sink, 1 << 20));
    }

    long before = allocated();
    parsers.forEach(one -> one.parse(Unpooled.wrappedBuffer(begin)));

    assertThat(allocated() - before).as("bytes for 100 times 1 MiB announced").isLessThan(1 << 20);
  }

  @Test
  void growingMessageIsNotCopiedOftenerThanItDoubles() {
    FrameParser one = parser(sink, 1 << 20);
    byte[] step = new byte[1024];
    ByteBuf in = Unpooled.wrappedBuffer(step);

    long before = allocated();
    one.parse(Unpooled.wrappedBuffer(concat(head(0x82, 1 << 20, true), new byte[4])));
    for (int i = 0; i < 1023; i++) {
      one.parse(in.readerIndex(0));
    }

    assertThat(allocated() - before).isLessThan(5 << 20);
  }

  // ---- UTF-8

  @ParameterizedTest
  @CsvSource({
    "80",
    "c080",
    "c1bf",
    "e08080",
    "eda080",
    "edbfbf",
    "f0808080",
    "f4908080",
    "f8",
    "ff",
    "c328",
    "61c3",
    "e282",
    "f09f98",
    "cebae1bdb9cf83cebcceb5eda080656469746564"
  })
  void textMustBeUtf8(String hex) {
    feed(frame(TEXT, HexFormat.of().parseHex(hex)));

    assertThat(sink.events).containsExactly("violation 1007");
    assertThat(sink.violations.get(0).reason()).isEqualTo("text is not UTF-8");
  }

  @Test
  void binaryMayHoldAnything() {
    feed(frame(BINARY, bytes(0xff, 0xfe)));

    assertThat(sink.events).containsExactly("binary fffe");
  }

  @Test
  void badTextIsRefusedInTheMiddleOfAFrame() {
    feed(head(0x81, 1000, true), key(0, 0, 0, 0), bytes('a', 0xff));

    assertThat(sink.events).containsExactly("violation 1007");
  }

  @Test
  void badTextIsRefusedInTheMiddleOfAMessage() {
    feed(part(TEXT, "a"), frame(0x00, bytes(0xed, 0xa0), true));

    assertThat(sink.events).containsExactly("violation 1007");
  }

  @Test
  void sequenceMayBeCutByFragmentsAndByPings() {
    feed(frame(0x01, bytes(0xf0), true), frame(PING, ""), frame(0x00, bytes(0x9f, 0x98), true));
    feed(frame(CONTINUATION, bytes(0x80)));

    assertThat(sink.events).containsExactly("ping ", "text f09f9880");
  }

  @Test
  void sequenceMustNotBeCutByTheEnd() {
    feed(frame(0x01, bytes(0xf0, 0x9f), true), frame(CONTINUATION, bytes(0x98)));

    assertThat(sink.events).containsExactly("violation 1007");
  }

  @Test
  void stateOfOneTextDoesNotReachTheNext() {
    feed(frame(TEXT, "ok"), frame(BINARY, bytes(0xf0)), frame(TEXT, "ok"));

    assertThat(sink.events).containsExactly("text 6f6b", "binary f0", "text 6f6b");
  }

  // ---- end

  @Test
  void nothingIsReadBehindACloseFrame() {
    feed(frame(CLOSE, bytes(3, 0xe8)), frame(TEXT, "behind"), frame(PING, ""));
    feed(frame(TEXT, "later"));

    assertThat(sink.events).containsExactly("close 03e8");
    assertThat(parser.isEnded()).isTrue();
  }

  @Test
  void endedParserTakesBytesAway() {
    parser.end();
    ByteBuf in = Unpooled.wrappedBuffer(frame(TEXT, "hello"));

    parser.parse(in);

    assertThat(in.isReadable()).isFalse();
    assertThat(sink.events).isEmpty();
  }

  // ---- a full sink

  @Test
  void fullSinkGetsNoFurtherMessageUntilItHasRoom() {
    sink.full = () -> !sink.events.isEmpty();
    ByteBuf in =
        Unpooled.wrappedBuffer(
            concat(frame(TEXT, "a"), part(TEXT, "b"), frame(PING, ""), frame(CONTINUATION, "c")));

    parser.parse(in);
    assertThat(sink.events).containsExactly("text 61");

    sink.full = () -> false;
    parser.parse(in);
    assertThat(sink.events).containsExactly("text 61", "ping ", "text 6263");
    assertThat(in.isReadable()).isFalse();
  }
}
