package io.carillon.protocol;

import static io.carillon.protocol.Utf8Validator.ACCEPT;
import static io.carillon.protocol.Utf8Validator.REJECT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8ValidatorTest {
  @Test
  void everyCharacterIsAccepted() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (!isSurrogate(c)) {
        byte[] bytes = encoded(c, size(c));
        if (check(bytes) != ACCEPT) {
          throw new AssertionError(Integer.toHexString(c));
        }
      }
    }
  }

  @Test
  void everyOverlongFormIsRejected() {
    for (int size = 2; size <= 4; size++) {
      for (int c = 0; c < smallest(size); c++) {
        if (check(encoded(c, size)) != REJECT) {
          throw new AssertionError(size + " bytes: " + Integer.toHexString(c));
        }
      }
    }
  }

  @Test
  void everySurrogateIsRejected() {
    for (int c = Character.MIN_SURROGATE; c <= Character.MAX_SURROGATE; c++) {
      assertThat(check(encoded(c, 3))).isEqualTo(REJECT);
    }
  }

  @Test
  void everythingAboveTheLastCharacterIsRejected() {
    for (int c = Character.MAX_CODE_POINT + 1; c < 1 << 21; c++) {
      if (check(encoded(c, 4)) != REJECT) {
        throw new AssertionError(Integer.toHexString(c));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "bf",
        "8080",
        "c0",
        "c1",
        "c080",
        "c0af",
        "c1bf",
        "f5",
        "f8",
        "fc",
        "fe",
        "ff",
        "f888808080",
        "f8a0808080",
        "fc8480808080",
        "fc8080808080",
        "feff",
        "c220",
        "e0a020",
        "e28220",
        "f0908020",
        "c2c2",
        "e282e2",
        "f09f98f0",
        "eda080edb080",
        "f4908080",
        "e09fbf",
        "f08fbfbf",
        "c2a980"
      })
  void malformedSequenceIsRejectedHoweverItIsCut(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(check(bytes)).isEqualTo(REJECT);
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertThat(checkInTwo(bytes, cut)).isEqualTo(REJECT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"©", "€", "😀", "\u0080", "\u07ff", "\u0800", "\uffff", "\udbff\udfff"})
  void cutSequenceIsNeitherAcceptedNorRejected(String character) {
    byte[] bytes = character.getBytes(UTF_8);
    for (int cut = 1; cut < bytes.length; cut++) {
      int state = Utf8Validator.check(ACCEPT, bytes, 0, cut);
      assertThat(state).isNotIn(ACCEPT, REJECT);
      assertThat(Utf8Validator.check(state, bytes, cut, bytes.length)).isEqualTo(ACCEPT);
      assertThat(Utf8Validator.check(state, (byte) 'a')).isEqualTo(REJECT);
    }
  }

  @Test
  void wrongByteIsNoticedAtOnce() {
    byte[] bytes = HexFormat.of().parseHex("cebae1bdb9cf83cebcceb5f4908080656469746564");
    assertThat(Utf8Validator.check(ACCEPT, bytes, 0, 12)).isNotEqualTo(REJECT);
    assertThat(Utf8Validator.check(ACCEPT, bytes, 0, 13)).isEqualTo(REJECT);
  }

  @Test
  void textIsAcceptedCutAnywhere() {
    byte[] bytes = "Hello-µ@ßöäüàá-UTF-8!! κόσμε \u0000 😀😀 plain ascii again".getBytes(UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertThat(checkInTwo(bytes, cut)).isEqualTo(ACCEPT);
    }
  }

  @Test
  void oneWrongByteIsFoundAtEachPlaceOfALongText() {
    for (int size = 1; size < 40; size++) {
      for (int at = 0; at < size; at++) {
        byte[] bytes = "a".repeat(size).getBytes(UTF_8);
        bytes[at] = (byte) 0xff;
        assertThat(check(bytes)).isEqualTo(REJECT);
        assertThat(Utf8Validator.check(ACCEPT, bytes, 0, at)).isEqualTo(ACCEPT);
        assertThat(Utf8Validator.check(ACCEPT, bytes, at + 1, size)).isEqualTo(ACCEPT);
      }
    }
  }

  @Test
  void emptyInputChangesNothing() {
    for (int state : new int[] {ACCEPT, REJECT, Utf8Validator.check(ACCEPT, (byte) 0xe2)}) {
      assertThat(Utf8Validator.check(state, new byte[3], 1, 1)).isEqualTo(state);
    }
  }

  @Test
  void nothingLeadsOutOfReject() {
    for (int b = 0; b < 256; b++) {
      assertThat(Utf8Validator.check(REJECT, (byte) b)).isEqualTo(REJECT);
    }
    assertThat(Utf8Validator.check(REJECT, new byte[20], 0, 20)).isEqualTo(REJECT);
  }

  @Test
  void indexesOutsideTheArrayAreRefused() {
    assertThatThrownBy(() -> Utf8Validator.check(ACCEPT, new byte[3], 0, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Utf8Validator.check(ACCEPT, new byte[9], -1, 9))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void agreesWithTheStrictDecoderOfTheJdk() {
    Random random = new Random(11);
    int valid = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] bytes = bytes(random);
      boolean expected = decodes(bytes);
      valid += expected ? 1 : 0;
      if ((checkInPieces(random, bytes) == ACCEPT) != expected) {
        throw new AssertionError(HexFormat.of().formatHex(bytes));
      }
    }
    assertThat(valid).isBetween(5_000, 45_000);
  }

  // Text with at most a few bytes changed, cut out or put in: near the border on both sides.
  private static byte[] bytes(Random random) {
    StringBuilder text = new StringBuilder();
    int size = random.nextInt(24);
    for (int i = 0; i < size; i++) {
      int c = random.nextInt(Character.MAX_CODE_POINT + 1) >> random.nextInt(21);
      text.appendCodePoint(isSurrogate(c) ? 'a' : c);
    }
    byte[] bytes = text.toString().getBytes(UTF_8);
    if (bytes.length == 0 || random.nextInt(3) == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    if (random.nextBoolean()) {
      bytes[at] = (byte) random.nextInt(256);
      return bytes;
    }
    byte[] shorter = new byte[bytes.length - 1];
    System.arraycopy(bytes, 0, shorter, 0, at);
    System.arraycopy(bytes, at + 1, shorter, at, shorter.length - at);
    return shorter;
  }

  private static boolean decodes(byte[] bytes) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static int check(byte[] bytes) {
    return Utf8Validator.check(ACCEPT, bytes, 0, bytes.length);
  }

  private static int checkInTwo(byte[] bytes, int cut) {
    int state = Utf8Validator.check(ACCEPT, bytes, 0, cut);
    return Utf8Validator.check(state, bytes, cut, bytes.length);
  }

  private static int checkInPieces(Random random, byte[] bytes) {
    int state = ACCEPT;
    int from = 0;
    while (from < bytes.length) {
      int to = from + 1 + random.nextInt(bytes.length - from);
      state = Utf8Validator.check(state, bytes, from, to);
      from = to;
    }
    return state;
  }

  private static boolean isSurrogate(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  private static int smallest(int size) {
    return size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  }

  private static int size(int c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }

  // In that many bytes, whether that is the right number or not.
  private static byte[] encoded(int c, int size) {
    byte[] bytes = new byte[size];
    int rest = c;
    for (int i = size - 1; i > 0; i--) {
      bytes[i] = (byte) (0x80 | (rest & 0x3f));
      rest >>= 6;
    }
    bytes[0] = (byte) (size == 1 ? rest : (0xf00 >> size & 0xff) | rest);
    return bytes;
  }
}
