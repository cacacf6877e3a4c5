package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FramesTest {
  private static byte[] taken(ByteBuf frame) {
    byte[] bytes = ByteBufUtil.getBytes(frame);
    assertThat(frame.release()).as("the only reference").isTrue();
    return bytes;
  }

  private static byte[] message(Payload payload) {
    return taken(Frames.message(ByteBufAllocator.DEFAULT, payload));
  }

  private static byte[] close(CloseStatus status) {
    return taken(Frames.close(ByteBufAllocator.DEFAULT, status));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8200",
    "1, 8201",
    "125, 827d",
    "126, 827e007e",
    "65535, 827effff",
    "65536, 827f0000000000010000"
  })
  void lengthHasItsShortestForm(int length, String head) {
    byte[] frame = message(Payload.binary(new byte[length]));

    assertThat(frame).hasSize(head.length() / 2 + length);
    assertThat(ByteBufUtil.hexDump(frame, 0, head.length() / 2)).isEqualTo(head);
  }

  @Test
  void kindOfAPayloadIsTheOpcode() {
    assertThat(ByteBufUtil.hexDump(message(Payload.text("hé")))).isEqualTo("810368c3a9");
    assertThat(ByteBufUtil.hexDump(message(Payload.binary(new byte[] {7})))).isEqualTo("820107");
  }

  @Test
  void controlFramesHoldTheirPayload() {
    byte[] ping = "ping".getBytes(UTF_8);

    assertThat(taken(Frames.control(ByteBufAllocator.DEFAULT, Frames.PONG, ping)))
        .isEqualTo(RawClient.concat(RawClient.bytes(0x8a, 4), ping));
  }

  @Test
  void closeFrameHoldsCodeAndReason() {
    assertThat(ByteBufUtil.hexDump(close(CloseStatus.of(4000, "é")))).isEqualTo("88040fa0c3a9");
    assertThat(ByteBufUtil.hexDump(close(CloseStatus.OK.withReason("")))).isEqualTo("880203e8");
  }

  @Test
  void longestReasonFillsTheFrame() {
    byte[] frame = close(CloseStatus.of(4000, "x".repeat(500)));

    assertThat(frame).hasSize(2 + 125);
    assertThat(frame[1]).isEqualTo((byte) 125);
  }

  @Test
  void noStatusIsAnEmptyCloseFrame() {
    assertThat(ByteBufUtil.hexDump(close(CloseStatus.NO_STATUS_CODE))).isEqualTo("8800");
  }

  @Test
  void maskIsByteByByteWhereverItBegins() {
    Random random = new Random(6455);
    for (int round = 0; round < 5_000; round++) {
      int key = random.nextInt();
      long phase = random.nextInt(3) == 0 ? random.nextLong(1L << 62) : random.nextInt(9);
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      byte[] expected = bytes.clone();
      for (int i = from; i < to; i++) {
        expected[i] ^= (byte) (key >>> (24 - 8 * (int) ((phase + i - from) % 4)));
      }

      Frames.mask(key, phase, bytes, from, to);

      assertThat(bytes).as("round %d", round).isEqualTo(expected);
    }
  }
}
