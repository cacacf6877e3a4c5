package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.channel.Frame;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The frame of RFC 6455, section 5.2, and how ours are written: unmasked, header and payload in one
 * buffer, compressed where that was agreed (RFC 7692), and unfragmented but for messages that are
 * written bit by bit.
 *
 * <pre>
 *  bit 0     FIN, last frame of its message
 *  bit 1     reserved; of permessage-deflate: the message is compressed
 *  bits 2-3  reserved
 *  bits 4-7  opcode
 *  bit 8     MASK, set on every frame of a client
 *  bits 9-15 length: up to 125; 126: 16 bits follow; 127: 64 bits follow
 *  then 4 bytes of masking key where MASK is set, then the payload
 * </pre>
 */
final class Frames {
  private Frames() {}

  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  static final int FIN = 0x80;
  static final int RESERVED = 0x70;
  static final int DEFLATED = 0x40;
  static final int OPCODE = 0x0f;
  static final int MASK = 0x80;
  static final int LENGTH = 0x7f;
  static final int LENGTH_16 = 126;
  static final int LENGTH_64 = 127;

  /** Largest payload of a control frame, in bytes (RFC 6455, section 5.5). */
  static final int MAX_CONTROL_BYTES = 125;

  /** Longest header of a frame, in bytes. */
  static final int MAX_HEADER_BYTES = 14;

  private static final int MAX_OWN_HEADER_BYTES = 10;
  private static final int FLUSH_BYTES = 4;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  static boolean isControl(int opcode) {
    return (opcode & 8) != 0;
  }

  static ByteBuf message(ByteBufAllocator allocator, Payload payload) {
    return frame(allocator, payload.isText() ? TEXT : BINARY, payload.bytes());
  }

  /** A message whose payload stands behind a prefix, which is UTF-8 if the payload is text. */
  static ByteBuf message(ByteBufAllocator allocator, byte[] prefix, Payload payload) {
    return append(allocator.directBuffer(bytes(prefix, payload)), prefix, payload);
  }

  /** Writes such a message behind what is in {@code to}. */
  static ByteBuf append(ByteBuf to, byte[] prefix, Payload payload) {
    byte[] bytes = payload.bytes();
    writeHeader(to, FIN | (payload.isText() ? TEXT : BINARY), prefix.length + bytes.length);
    return to.writeBytes(prefix).writeBytes(bytes);
  }

  /** What such a message takes, in bytes. */
  static int bytes(byte[] prefix, Payload payload) {
    int length = prefix.length + payload.size();
    return headerBytes(length) + length;
  }

  /**
   * The same compressed (RFC 7692, section 7.2.1), or null where that would be no shorter.
   *
   * <p>Flushed, a stream ends in the octets 00 00 FF FF, which are not sent.
   */
  static @Nullable ByteBuf deflated(
      ByteBufAllocator allocator, byte[] prefix, Payload payload, Zlib zlib) {
    byte[] bytes = payload.bytes();
    int plain = prefix.length + bytes.length;
    ByteBuf frame = allocator.directBuffer(MAX_OWN_HEADER_BYTES + Math.max(64, plain / 2));
    frame.setIndex(MAX_OWN_HEADER_BYTES, MAX_OWN_HEADER_BYTES);
    zlib.deflate(frame, plain + FLUSH_BYTES, prefix, bytes);
    int length = frame.readableBytes() - FLUSH_BYTES;
    if (length >= plain) {
      frame.release();
      return null;
    }
    int head = MAX_OWN_HEADER_BYTES - headerBytes(length);
    frame.setIndex(head, head);
    writeHeader(frame, FIN | DEFLATED | (payload.isText() ? TEXT : BINARY), length);
    return frame.writerIndex(MAX_OWN_HEADER_BYTES + length);
  }

  /** A ping or a pong. */
  static ByteBuf control(ByteBufAllocator allocator, Frame frame) {
    return frame instanceof Frame.Ping ping
        ? control(allocator, PING, ping.bytes())
        : control(allocator, PONG, ((Frame.Pong) frame).bytes());
  }

  static ByteBuf control(ByteBufAllocator allocator, int opcode, byte[] payload) {
    return frame(allocator, opcode, payload);
  }

  /** A close frame; an empty one for {@link CloseStatus#NO_STATUS_CODE}. */
  static ByteBuf close(ByteBufAllocator allocator, CloseStatus status) {
    if (status.equals(CloseStatus.NO_STATUS_CODE)) {
      return frame(allocator, CLOSE, new byte[0]);
    }
    byte[] reason = status.reason().getBytes(UTF_8);
    byte[] payload = new byte[2 + reason.length];
    payload[0] = (byte) (status.code() >> 8);
    payload[1] = (byte) status.code();
    System.arraycopy(reason, 0, payload, 2, reason.length);
    return frame(allocator, CLOSE, payload);
  }

  private static ByteBuf frame(ByteBufAllocator allocator, int opcode, byte[] payload) {
    return begin(allocator, FIN | opcode, payload.length).writeBytes(payload);
  }

  /**
   * The header of a frame, and room for a payload of that length.
   *
   * @param first the opcode, with {@link #FIN} where this is the last frame of its message
   */
  static ByteBuf begin(ByteBufAllocator allocator, int first, int length) {
    ByteBuf frame = allocator.directBuffer(headerBytes(length) + length);
    writeHeader(frame, first, length);
    return frame;
  }

  private static void writeHeader(ByteBuf frame, int first, int length) {
    frame.writeByte(first);
    if (length < LENGTH_16) {
      frame.writeByte(length);
    } else if (length <= 0xffff) {
      frame.writeByte(LENGTH_16).writeShort(length);
    } else {
      frame.writeByte(LENGTH_64).writeLong(length);
    }
  }

  private static int headerBytes(int length) {
    return length < LENGTH_16 ? 2 : length <= 0xffff ? 4 : 10;
  }

  /**
   * Masks or unmasks (RFC 6455, section 5.3): both are the same.
   *
   * @param key the masking key, first byte highest
   * @param phase how many bytes of the frame came before {@code from}
   */
  static void mask(int key, long phase, byte[] bytes, int from, int to) {
    int turned = Integer.rotateLeft(key, 8 * (int) (phase & 3));
    long wide = (long) turned << 32 | (turned & 0xffffffffL);
    int at = from;
    for (; at + 8 <= to; at += 8) {
      LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ wide);
    }
    for (int shift = 24; at < to; at++, shift = shift == 0 ? 24 : shift - 8) {
      bytes[at] ^= (byte) (turned >>> shift);
    }
  }
}
