package io.carillon.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Audiences;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(10)
class BatchTest {
  private static final int RUNS = 50_000;
  private static final Publication HELLO = text("/rooms/7", "hello");

  @Test
  void theBytesOfAPublicationAreAContract() {
    Buffer batch = batchOf(new Publication(new Topic("/a"), Payload.text("hé"), "n.1.2"));
    assertThat(hex(batch))
        .isEqualTo(
            "00000012" + "01" + "0002" + "2f61" + "0005" + "6e2e312e32" + "0000" + "74" + "68c3a9");
  }

  static Stream<Publication> publications() {
    String longest = "/" + "x".repeat(Topic.MAX_BYTES - 1);
    return Stream.of(
        HELLO,
        text("/", ""),
        text("/rooms/r%C3%A4ume?lang=de&x=1", "grüße 😀 \u0000"),
        text(longest, "x".repeat(100_000)),
        new Publication(new Topic("/a"), Payload.binary(new byte[0]), null),
        new Publication(new Topic("/a"), Payload.binary(new byte[] {0, -1, 't', 'b'}), null),
        new Publication(new Topic("/a"), Payload.text("all but one"), "b0c4.3.1f"),
        new Publication(new Topic("/a"), Payload.text("price"), null, "EUR"),
        new Publication(new Topic("/a"), Payload.text("price"), "n.1", "EUR"));
  }

  @ParameterizedTest
  @MethodSource("publications")
  void aPublicationComesBackAsItWas(Publication publication) {
    assertThat(read(batchOf(publication))).containsExactly(publication);
  }

  @Test
  void publicationsComeBackInTheirOrder() {
    Publication[] all = publications().toArray(Publication[]::new);
    assertThat(read(batchOf(all))).containsExactly(all);
  }

  @Test
  void anEmptyBatchHoldsNothing() {
    assertThat(read(Buffer.buffer())).isEmpty();
  }

  @Test
  void whatIsCutShortIsRefusedWhereverItIsCut() {
    Publication second = new Publication(new Topic("/b?c=d"), Payload.binary(new byte[9]), "n.1");
    int firstEnd = batchOf(HELLO).length();
    Buffer whole = batchOf(HELLO, second);
    for (int length = 0; length < whole.length(); length++) {
      List<Publication> got = new ArrayList<>();
      Buffer cut = whole.getBuffer(0, length);
      if (length == 0 || length == firstEnd) {
        Batch.read(cut, got::add);
      } else {
        assertThatThrownBy(() -> Batch.read(cut, got::add))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("batch is cut short: bytes=" + length);
      }
      assertThat(got).isEqualTo(length < firstEnd ? List.of() : List.of(HELLO));
    }
  }

  @Test
  void anEntryThatIsTooShortForWhatItHoldsIsRefused() {
    Buffer whole = batchOf(HELLO);
    int contentStart = 5;
    int kindOfPayload = whole.length() - "hello".length();
    for (int length = contentStart; length < kindOfPayload; length++) {
      // What follows must not be taken for a part of it.
      Buffer batch =
          Buffer.buffer()
              .appendInt(length - 4)
              .appendBuffer(whole.getBuffer(4, length))
              .appendBuffer(whole);
      assertThatThrownBy(() -> read(batch)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void entriesOfUnknownKindsArePassedOver() {
    Buffer batch = Buffer.buffer();
    appendUnknown(batch, 4, "of a later version");
    Batch.append(batch, HELLO);
    appendUnknown(batch, 255, "");
    Batch.append(batch, HELLO);
    appendUnknown(batch, 0, "x");
    assertThat(read(batch)).containsExactly(HELLO, HELLO);
  }

  @ParameterizedTest
  @MethodSource("badLengths")
  void aLengthThatCannotBeIsRefused(int length) {
    Buffer batch = Buffer.buffer().appendInt(length).appendByte((byte) 1).appendInt(0).appendInt(0);
    assertThatThrownBy(() -> read(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch is cut short: bytes=13");
  }

  static Stream<Integer> badLengths() {
    return Stream.of(0, -1, 10, Integer.MAX_VALUE, Integer.MIN_VALUE);
  }

  private static final Ask ASK =
      new Ask(
          Audiences.user("ännä"),
          "send",
          new JsonObject().put("topic", "/a"),
          Payload.binary(new byte[] {1, 2}));
  private static final Answer ANSWER = new Answer(3, new JsonArray().add("x"), false);

  @Test
  void asksAndAnswersComeBackAsTheyWere() {
    Ask bare = new Ask(Audiences.ALL, "connected", new JsonObject(), null);
    Buffer batch = Buffer.buffer();
    Batch.append(batch, 7, ASK);
    Batch.append(batch, -1, bare);
    Batch.append(batch, Long.MAX_VALUE, ANSWER);
    Batch.append(batch, 1, new Answer(0));

    List<Object> all = new ArrayList<>();
    Batch.read(
        batch,
        new Batch.Entries() {
          @Override
          public void publication(Publication publication) {
            all.add(publication);
          }

          @Override
          public void ask(long number, Ask ask) {
            all.add(number);
            all.add(ask);
          }

          @Override
          public void answer(long number, Answer answer) {
            all.add(number);
            all.add(answer);
          }
        });
    assertThat(all).containsExactly(7L, ASK, -1L, bare, Long.MAX_VALUE, ANSWER, 1L, new Answer(0));
  }

  @Test
  void damagedBatchesAreReadOrRefusedAndNothingElse() {
    Random random = new Random(4);
    Publication[] all =
        publications().filter(one -> one.payload().size() < 1_000).toArray(Publication[]::new);
    Buffer batch = batchOf(all);
    Batch.append(batch, 7, ASK);
    Batch.append(batch, 7, ANSWER);
    byte[] whole = batch.getBytes();
    for (int run = 0; run < RUNS; run++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      readOrRefuse(damaged, run);
    }
  }

  @Test
  void anyBytesAreReadOrRefusedAndNothingElse() {
    Random random = new Random(5);
    for (int run = 0; run < RUNS; run++) {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      if (noise.length > 8) {
        noise[0] = noise[1] = noise[2] = 0; // else nearly all of them end at the first length
        noise[3] = (byte) random.nextInt(noise.length);
        noise[4] = (byte) (1 + run % 3);
        noise[5] = 0;
      }
      readOrRefuse(noise, run);
    }
  }

  private static void readOrRefuse(byte[] bytes, int run) {
    try {
      read(Buffer.buffer(bytes));
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageNotContaining("null");
    } catch (RuntimeException e) {
      throw new AssertionError("run " + run + ": " + HexFormat.of().formatHex(bytes), e);
    }
  }

  private static void appendUnknown(Buffer batch, int kind, String content) {
    byte[] bytes = content.getBytes(UTF_8);
    batch.appendInt(1 + bytes.length).appendByte((byte) kind).appendBytes(bytes);
  }

  private static Publication text(String topic, String text) {
    return new Publication(new Topic(topic), Payload.text(text), null);
  }

  private static Buffer batchOf(Publication... publications) {
    Buffer batch = Buffer.buffer();
    for (Publication publication : publications) {
      Batch.append(batch, publication);
    }
    return batch;
  }

  private static List<Publication> read(Buffer batch) {
    List<Publication> all = new ArrayList<>();
    Batch.read(batch, all::add);
    return all;
  }

  private static String hex(Buffer buffer) {
    return HexFormat.of().formatHex(buffer.getBytes());
  }
}
