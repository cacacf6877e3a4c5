package io.carillon.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Frames of a client. The mask changes and is never 0, so that no server can skip unmasking. */
final class Masked {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static long random = 0x9e3779b97f4a7c15L;

  private Masked() {}

  static ByteBuf text(ByteBufAllocator allocator, byte[] payload) {
    return frame(allocator, 1, payload);
  }

  static ByteBuf close(ByteBufAllocator allocator) {
    return frame(allocator, 8, new byte[] {0x03, (byte) 0xe8});
  }

  static ByteBuf frame(ByteBufAllocator allocator, int opcode, byte[] payload) {
    ByteBuf frame = allocator.directBuffer(payload.length + 14);
    append(frame, opcode, payload);
    return frame;
  }

  static void append(ByteBuf frame, int opcode, byte[] payload) {
    int length = payload.length;
    frame.writeByte(0x80 | opcode);
    if (length < 126) {
      frame.writeByte(0x80 | length);
    } else if (length <= 0xffff) {
      frame.writeByte(0x80 | 126).writeShort(length);
    } else {
      frame.writeByte(0x80 | 127).writeLong(length);
    }
    random = random * 6364136223846793005L + 1442695040888963407L;
    int mask = (int) (random >>> 32) | 1;
    frame.writeInt(mask);
    long wide = (long) mask << 32 | (mask & 0xffffffffL);
    int at = 0;
    for (; at + 8 <= length; at += 8) {
      frame.writeLong((long) LONGS.get(payload, at) ^ wide);
    }
    for (int shift = 24; at < length; at++, shift -= 8) {
      frame.writeByte(payload[at] ^ (mask >>> (shift & 31)));
    }
  }
}
