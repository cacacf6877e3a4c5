package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MultiplexReaderTest {
  private static final int RUNS = 200_000;

  private static List<String> read(Dialect dialect, Payload... messages) {
    Recorded found = new Recorded();
    MultiplexReader reader = new MultiplexReader(dialect, 0, found);
    for (Payload message : messages) {
      reader.read(message);
    }
    return found.calls;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/a·b|data /a b",
        "/a·|data /a ''",
        "/a·b·c|data /a b·c",
        "/a?x=1·b|data /a?x=1 b",
        "·SUBSCRIBE·/a·|subscribe /a '' ''",
        "·SUBSCRIBE·/a|subscribe /a '' ''",
        "·UNSUBSCRIBE·/a·|unsubscribe /a no_status 1006",
        "·UNSUBSCRIBE·/a·4000·|unsubscribe /a closed 4000 ''",
        "·UNSUBSCRIBE·/a·1000·b·c·|unsubscribe /a closed 1000 b·c",
        "·UNSUBSCRIBE·/a·1000·b|unsubscribe /a closed 1000 b",
      })
  void bothDialects(String message, String expected) {
    for (Dialect dialect : Dialect.values()) {
      assertThat(read(dialect, Payload.text(message))).containsExactly(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "·SUBSCRIBE·/a·chat,b·e:7·presence·|subscribe /a chat,b e:7",
        "·SUBSCRIBE·/a···presence·|subscribe /a '' ''",
        "·PING·7·|ping 7",
        "·REFRESH·a.b.c·|refresh 5",
        "·REFRESH·a.b.c|refresh 5",
        "·ERR·409 busy·REQUEST·/a·4·|failed /a 4 409 busy",
        "·OK·UNSUBSCRIBE·/a·|heard /a",
      })
  void extension(String message, String expected) {
    assertThat(read(Dialect.CARILLON_V1, Payload.text(message))).containsExactly(expected);
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(message)))
        .containsExactly("invalid Control Message Invalid");
  }

  @Test
  void answerToAPingOfNobodysIsPassedOver() {
    assertThat(read(Dialect.CARILLON_V1, Payload.text("·OK·PING·1·"))).isEmpty();
  }

  @Test
  void controlMessageInABinaryFrameIsNoTopic() {
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.binary("·SUBSCRIBE·/a·".getBytes(UTF_8))))
        .containsExactly("invalid Invalid Topic");
  }

  @Test
  void limitsAreExact() {
    String fits = "·SUBSCRIBE·/" + "x".repeat(512 - 16) + "·";
    assertThat(fits.getBytes(UTF_8)).hasSize(512);
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(fits)).get(0)).startsWith("subscribe");
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(fits.replace("/", "//"))))
        .containsExactly("invalid Control message exceeds 512 byte limit");
    String topic = "/" + "x".repeat(99);
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(topic + "·y")))
        .containsExactly("data " + topic + " y");
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(topic + "x·y")))
        .containsExactly("invalid No Control Character");
  }

  @Test
  void aNewTokenMayBeLonger() {
    String fits = "·REFRESH·" + "x".repeat((16 << 10) - 13) + "·";
    assertThat(fits.getBytes(UTF_8)).hasSize(16 << 10);
    assertThat(read(Dialect.CARILLON_V1, Payload.text(fits))).containsExactly("refresh 16371");
    assertThat(read(Dialect.CARILLON_V1, Payload.text(fits.replace("·R", "·RR"))))
        .containsExactly("invalid Control message exceeds 4096 byte limit");
    assertThat(read(Dialect.CARILLON_V1, Payload.text(fits + "x")))
        .containsExactly("invalid Control message exceeds 16384 byte limit");
    assertThat(read(Dialect.ROCKET_MULTIPLEX, Payload.text(fits)))
        .containsExactly("invalid Control message exceeds 512 byte limit");
    assertThat(read(Dialect.CARILLON_V1, Payload.text("·REFRESH·" + "x".repeat(1 << 20))))
        .containsExactly("invalid Control message exceeds 16384 byte limit");
    assertThat(read(Dialect.CARILLON_V1, Payload.text("·REFRESH·a·b·"), Payload.text("·REFRESH·")))
        .containsExactly("invalid Control Message Invalid", "invalid Control Message Invalid");
  }

  /** Whatever comes, there is one call for it, or none for an answer that nobody waits for. */
  @ParameterizedTest
  @EnumSource
  void anyBytesGiveAtMostOneCall(Dialect dialect) {
    Random random = new Random(7);
    Recorded found = new Recorded();
    MultiplexReader reader = new MultiplexReader(dialect, 0, found);
    String[] pieces = {
      "·",
      "·",
      "SUBSCRIBE",
      "UNSUBSCRIBE",
      "OK",
      "ERR",
      "INVALID",
      "PING",
      "REFRESH",
      "/a",
      "/b?c=d",
      "#1",
      "^7",
      "|3",
      "1000",
      "4000",
      "99999",
      "x",
      "",
      "é",
      "\u0000",
      "😀"
    };
    for (int run = 0; run < RUNS; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(9); i > 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      byte[] bytes = text.toString().getBytes(UTF_8);
      boolean binary = random.nextInt(4) == 0;
      if (binary && bytes.length > 0) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      found.calls.clear();

      reader.read(binary ? Payload.binary(bytes) : Payload.textOf(bytes));

      assertThat(found.calls.size()).as(text.toString()).isLessThanOrEqualTo(1);
      if (found.calls.isEmpty()) {
        assertThat(text.toString()).startsWith("·OK·PING");
      }
    }
  }

  private static final class Recorded implements MultiplexReader.Sink {
    private final List<String> calls = new ArrayList<>();

    private static String shown(String text) {
      return text.isEmpty() ? "''" : text;
    }

    @Override
    public void onData(String address, Payload payload) {
      calls.add("data " + address + " " + (payload.isText() ? shown(payload.text()) : "bytes"));
    }

    @Override
    public void onRequest(String address, long id, Payload payload) {
      calls.add("request " + address + " " + id + " " + payload);
    }

    @Override
    public void onRequestFailed(String address, long id, String reason) {
      calls.add("failed " + address + " " + id + " " + reason);
    }

    @Override
    public void onSubscribe(String address, String subprotocols, String position) {
      calls.add("subscribe " + address + " " + shown(subprotocols) + " " + shown(position));
    }

    @Override
    public void onUnsubscribe(String address, LeaveStatus status) {
      String reason =
          status.kind() == LeaveStatus.Kind.CLOSED
              ? " " + shown(status.closeStatus().reason())
              : "";
      calls.add("unsubscribe " + address + " " + status + reason);
    }

    @Override
    public void onEndHeard(String address) {
      calls.add("heard " + address);
    }

    @Override
    public void onPing(String token) {
      calls.add("ping " + token);
    }

    @Override
    public void onRefresh(String token) {
      calls.add("refresh " + token.length());
    }

    @Override
    public void onInvalid(String reason) {
      calls.add("invalid " + reason);
    }
  }
}
