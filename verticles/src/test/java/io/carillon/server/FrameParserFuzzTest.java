package io.carillon.server;

import static io.carillon.server.RawClient.bytes;
import static io.carillon.server.RawClient.concat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random clients, most of them nearly well behaved, cut into random pieces. */
@Timeout(20)
class FrameParserFuzzTest {
  static final int MAX = 600;
  private static final String[] TEXTS = {"", "a", "hello", "grüße", "κόσμε", "😀 smile", "日本語"};

  private final RecordingSink sink = new RecordingSink();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void parserAgreesWithTheOracleHoweverTheBytesAreCut(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 2_500; round++) {
      byte[] client = client(random);
      sink.events.clear();
      feed(client, random);

      assertThat(sink.events)
          .as("seed %d, round %d: %s", seed, round, HexFormat.of().formatHex(client))
          .isEqualTo(FrameOracle.events(client, MAX));
    }
  }

  FrameParser parser(RecordingSink to) {
    return new FrameParser(to, MAX, null);
  }

  /** Hands the bytes over in pieces, to a sink that is full every now and then. */
  private void feed(byte[] client, Random random) {
    FrameParser parser = parser(sink);
    boolean narrow = random.nextInt(4) == 0;
    sink.full = () -> narrow && random.nextBoolean();
    ByteBuf rest = Unpooled.buffer();
    for (int at = 0; at < client.length; ) {
      int count = Math.min(client.length - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 300));
      rest.writeBytes(client, at, count);
      at += count;
      parser.parse(rest);
    }
    for (int i = 0; i < 100 && rest.isReadable(); i++) {
      parser.parse(rest);
    }
    sink.full = () -> false;
    parser.parse(rest);
  }

  private static byte[] client(Random random) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    int frames = 1 + random.nextInt(8);
    boolean inside = false;
    for (int i = 0; i < frames; i++) {
      int odd = random.nextInt(40);
      boolean control = random.nextInt(4) == 0;
      boolean last = control || random.nextInt(3) > 0;
      int opcode = control ? 9 + random.nextInt(2) : inside ? 0 : 1 + random.nextInt(2);
      inside = control ? inside : !last;
      int first = (last ? 0x80 : 0) | opcode;
      byte[] payload = payload(random, control);
      boolean masked = true;
      switch (odd) {
        case 0 -> first ^= 1 << random.nextInt(8);
        case 1 -> masked = false;
        case 2 -> first = 0x88;
        case 3 -> first = random.nextInt(256);
        default -> {}
      }
      all.writeBytes(
          odd == 4 ? longForm(first, payload, random) : RawClient.frame(first, payload, masked));
    }
    byte[] bytes = all.toByteArray();
    if (random.nextInt(10) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return random.nextInt(5) == 0
        ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))
        : bytes;
  }

  private static byte[] payload(Random random, boolean control) {
    if (random.nextInt(20) == 0) {
      byte[] any = new byte[random.nextInt(control ? 130 : 700)];
      if (random.nextBoolean()) {
        random.nextBytes(any);
      }
      return any;
    }
    byte[] text = TEXTS[random.nextInt(TEXTS.length)].getBytes(UTF_8);
    boolean cut = random.nextInt(30) == 0 && text.length > 0;
    return cut ? java.util.Arrays.copyOf(text, random.nextInt(text.length)) : text;
  }

  /** A length that is written longer than needed, or is not true. */
  private static byte[] longForm(int first, byte[] payload, Random random) {
    long length =
        switch (random.nextInt(4)) {
          case 0 -> payload.length;
          case 1 -> random.nextLong();
          case 2 -> 1L << random.nextInt(63);
          default -> Long.MAX_VALUE - random.nextInt(10);
        };
    return random.nextBoolean()
        ? concat(bytes(first, 0xff), RawClient.longBytes(length), new byte[4], payload)
        : concat(bytes(first, 0xfe, (int) length >> 8, (int) length), new byte[4], payload);
  }
}
