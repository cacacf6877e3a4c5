package io.carillon.benchmarks;

import io.netty.buffer.ByteBuf;

/** Numbers as hexadecimal digits of a fixed count, which are text and need no parser. */
final class Hex {
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private Hex() {}

  static void put(byte[] to, int at, int digits, long value) {
    long left = value;
    for (int i = digits - 1; i >= 0; i--, left >>>= 4) {
      to[at + i] = DIGITS[(int) left & 15];
    }
  }

  /** Reads that many digits; -1 if one of them is none. */
  static long get(ByteBuf from, int at, int digits) {
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int c = from.getByte(at + i);
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
