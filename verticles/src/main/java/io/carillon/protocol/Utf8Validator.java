package io.carillon.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks text while it arrives, as strictly as RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF.
 *
 * <p>What is known between two calls is one int, kept by the caller:
 *
 * <pre>
 *   bits 31..24   23..16          15..8           7..0
 *        0        lowest value    highest value   continuation bytes
 *                 of the next byte                still to come
 * </pre>
 *
 * <p>{@link #ACCEPT} between characters, {@link #REJECT} for good after the first wrong byte. A
 * whole text is valid when the last state is {@link #ACCEPT}. Nothing is allocated.
 */
public final class Utf8Validator {
  /** The state before the first byte and after each whole character. */
  public static final int ACCEPT = 0;

  /** The state after a wrong byte; no byte leads out of it. */
  public static final int REJECT = -1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long NOT_ASCII = 0x8080808080808080L;

  private Utf8Validator() {}

  /**
   * The state after {@code bytes} from index {@code from} up to, not including, {@code to}.
   *
   * @param state {@link #ACCEPT} at first, then what the call before returned
   * @throws IndexOutOfBoundsException if the indexes are not within {@code bytes}
   */
  public static int check(int state, byte[] bytes, int from, int to) {
    int now = state;
    int i = from;
    while (i < to && now != REJECT) {
      if (now == ACCEPT) {
        i = skipAscii(bytes, i, to);
        if (i == to) {
          return ACCEPT;
        }
      }
      now = check(now, bytes[i++]);
    }
    return now;
  }

  /** The state after one more byte. */
  public static int check(int state, byte next) {
    int value = next & 0xff;
    if (state == ACCEPT) {
      return first(value);
    }
    if (state == REJECT || value < (state >> 16 & 0xff) || value > (state >> 8 & 0xff)) {
      return REJECT;
    }
    int left = (state & 0xff) - 1;
    return left == 0 ? ACCEPT : expect(left, 0x80, 0xbf);
  }

  private static int skipAscii(byte[] bytes, int from, int to) {
    int i = from;
    while (i <= to - Long.BYTES && ((long) LONG.get(bytes, i) & NOT_ASCII) == 0) {
      i += Long.BYTES;
    }
    while (i < to && bytes[i] >= 0) {
      i++;
    }
    return i;
  }

  // The table "Well-Formed UTF-8 Byte Sequences" of the Unicode standard, 3-7.
  private static int first(int value) {
    if (value < 0x80) {
      return ACCEPT;
    }
    if (value < 0xc2 || value > 0xf4) {
      return REJECT;
    }
    if (value < 0xe0) {
      return expect(1, 0x80, 0xbf);
    }
    return switch (value) {
      case 0xe0 -> expect(2, 0xa0, 0xbf);
      case 0xed -> expect(2, 0x80, 0x9f);
      case 0xf0 -> expect(3, 0x90, 0xbf);
      case 0xf4 -> expect(3, 0x80, 0x8f);
      default -> expect(value < 0xf0 ? 2 : 3, 0x80, 0xbf);
    };
  }

  private static int expect(int bytes, int lowest, int highest) {
    return lowest << 16 | highest << 8 | bytes;
  }
}
