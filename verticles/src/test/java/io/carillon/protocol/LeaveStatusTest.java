package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.protocol.LeaveStatus.Kind;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaveStatusTest {
  @Test
  void validCloseFrameKeepsCodeAndReason() {
    LeaveStatus status = LeaveStatus.parse(body(4100, "på gjensyn ✓".getBytes(UTF_8)));
    assertThat(status.kind()).isEqualTo(Kind.CLOSED);
    assertThat(status.closeStatus().code()).isEqualTo(4100);
    assertThat(status.closeStatus().reason()).isEqualTo("på gjensyn ✓");
  }

  @Test
  void closeFrameWithoutAReasonHasAnEmptyOne() {
    assertThat(LeaveStatus.parse(body(1000)).closeStatus().reason()).isEmpty();
  }

  @Test
  void emptyBodyIsNoStatus() {
    assertThat(LeaveStatus.parse(new byte[0])).isEqualTo(LeaveStatus.NO_STATUS);
  }

  @Test
  void bodyOfOneByteIsABadFrame() {
    assertThat(LeaveStatus.parse(new byte[] {3}).kind()).isEqualTo(Kind.BAD_FRAME);
  }

  @Test
  void longestReasonIsTakenAndALongerBodyIsABadFrame() {
    assertThat(LeaveStatus.parse(body(1000, new byte[123])).kind()).isEqualTo(Kind.CLOSED);
    assertThat(LeaveStatus.parse(body(1000, new byte[124])).kind()).isEqualTo(Kind.BAD_FRAME);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 999, 5000, 65535})
  void codeOutsideTheRangeIsOutOfRange(int code) {
    assertThat(LeaveStatus.parse(body(code)).kind()).isEqualTo(Kind.OUT_OF_RANGE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999})
  void codeThatNeverGoesOnTheWireIsIllegal(int code) {
    assertThat(LeaveStatus.parse(body(code)).kind()).isEqualTo(Kind.ILLEGAL_STATUS);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999})
  void codeThatAClientMaySendIsKept(int code) {
    LeaveStatus status = LeaveStatus.parse(body(code));
    assertThat(status.kind()).isEqualTo(Kind.CLOSED);
    assertThat(status.closeStatus().code()).isEqualTo(code);
  }

  @Test
  void reasonThatIsNotUtf8IsAnError() {
    byte[] cut = {'a', (byte) 0xe2, (byte) 0x82};
    byte[] surrogate = {(byte) 0xed, (byte) 0xa0, (byte) 0x80};
    assertThat(LeaveStatus.parse(body(1000, cut)).kind()).isEqualTo(Kind.UTF8_ERROR);
    assertThat(LeaveStatus.parse(body(1000, surrogate)).kind()).isEqualTo(Kind.UTF8_ERROR);
  }

  @ParameterizedTest
  @CsvSource({
    "OUT_OF_RANGE, 1006",
    "ILLEGAL_STATUS, 1006",
    "NO_STATUS, 1006",
    "BAD_FRAME, 1002",
    "UTF8_ERROR, 1002",
    "NEVER_JOINED, 1001",
  })
  void kindStandsForAPlainStatus(Kind kind, int code) {
    assertThat(LeaveStatus.of(kind).closeStatus().code()).isEqualTo(code);
  }

  @Test
  void kindAndStatusFitTogether() {
    assertThatThrownBy(() -> LeaveStatus.of(Kind.CLOSED))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("leave status needs a close status: kind=closed");
    assertThatThrownBy(() -> new LeaveStatus(Kind.BAD_FRAME, CloseStatus.OK))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "leave status must be what its kind stands for: kind=bad_frame, code=1000,"
                + " expected=1002");
  }

  @Test
  void replyEchoesTheCodeWithoutTheReason() {
    CloseStatus reply = LeaveStatus.parse(body(4100, new byte[] {'x'})).reply();
    assertThat(reply.code()).isEqualTo(4100);
    assertThat(reply.reason()).isEmpty();
  }

  @Test
  void replyToAnEmptyFrameIsEmptyAndToABadOne1002() {
    assertThat(LeaveStatus.NO_STATUS.reply()).isEqualTo(CloseStatus.NO_STATUS_CODE);
    for (Kind kind : new Kind[] {Kind.OUT_OF_RANGE, Kind.ILLEGAL_STATUS, Kind.BAD_FRAME}) {
      assertThat(LeaveStatus.of(kind).reply()).isEqualTo(CloseStatus.PROTOCOL_ERROR);
    }
    assertThat(LeaveStatus.of(Kind.UTF8_ERROR).reply()).isEqualTo(CloseStatus.PROTOCOL_ERROR);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void wireNameLeadsBackToTheKind(Kind kind) {
    assertThat(kind.wireName()).isEqualTo(kind.wireName().toLowerCase(java.util.Locale.ROOT));
    assertThat(Kind.ofWireName(kind.wireName())).isEqualTo(kind);
  }

  @Test
  void unknownWireNameIsRefused() {
    assertThatThrownBy(() -> Kind.ofWireName("CLOSED"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown leave status: kind=CLOSED");
  }

  @Test
  void toStringHidesTheReason() {
    assertThat(LeaveStatus.of(CloseStatus.of(4100, "secret"))).hasToString("closed 4100");
    assertThat(LeaveStatus.NO_STATUS).hasToString("no_status 1006");
  }

  @Test
  void anyBodyGivesAStatus() {
    Random random = new Random(3);
    for (int round = 0; round < 10_000; round++) {
      byte[] body = new byte[random.nextInt(130)];
      random.nextBytes(body);
      if (body.length > 1 && random.nextBoolean()) {
        body[0] = (byte) (random.nextBoolean() ? 3 : 15);
      }
      assertThat(LeaveStatus.parse(body).reply()).isNotNull();
    }
  }

  private static byte[] body(int code, byte... reason) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(code >> 8);
    body.write(code);
    body.writeBytes(reason);
    return body.toByteArray();
  }
}
