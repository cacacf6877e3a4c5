package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads exactly one MessagePack value into Jackson's tokens.
 *
 * <pre>
 *   00-7f  0 to 127            c4-c6  binary, length 8, 16, 32 bits   d0-d3  int 8, 16, 32, 64
 *   80-8f  map, 0 to 15        c7-c9  extension, refused              d4-d8  extension, refused
 *   90-9f  array, 0 to 15      ca cb  float 32, 64                    d9-db  text, length 8, 16, 32
 *   a0-bf  text, 0 to 31       cc-cf  unsigned 8, 16, 32, 64          dc dd  array, 16, 32
 *   c0 null, c1 never, c2 false, c3 true     e0-ff  -32 to -1         de df  map, 16, 32
 * </pre>
 *
 * <p>A length is held against the bytes that are left before anything is made of it. Keys are text
 * or whole numbers, each once in its map.
 */
final class MessagePackReader {
  private static final int MAX_DEPTH = 1000;
  private static final String CUT = "cut short";

  private final ByteBuffer in;
  private final TokenBuffer out = new TokenBuffer(null, false);

  MessagePackReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  TokenBuffer read() throws IOException {
    try {
      value(0);
    } catch (BufferUnderflowException e) {
      throw new IOException(CUT, e);
    }
    if (in.hasRemaining()) {
      throw new IOException("more than one value");
    }
    return out;
  }

  private void value(int depth) throws IOException {
    int first = in.get() & 0xff;
    if (first < 0x80 || first >= 0xe0) {
      out.writeNumber((int) (byte) first);
    } else if (first < 0x90) {
      map(first & 0x0f, depth + 1);
    } else if (first < 0xa0) {
      array(first & 0x0f, depth + 1);
    } else if (first < 0xc0) {
      out.writeString(text(first & 0x1f));
    } else {
      named(first, depth);
    }
  }

  private void named(int first, int depth) throws IOException {
    switch (first) {
      case 0xc0 -> out.writeNull();
      case 0xc2, 0xc3 -> out.writeBoolean(first == 0xc3);
      case 0xc4, 0xc5, 0xc6 -> out.writeBinary(bytes(unsigned(1 << (first - 0xc4))));
      case 0xca -> out.writeNumber(in.getFloat());
      case 0xcb -> out.writeNumber(in.getDouble());
      case 0xcc, 0xcd, 0xce -> whole(unsigned(1 << (first - 0xcc)), out);
      case 0xcf -> unsigned64();
      case 0xd0 -> out.writeNumber((int) in.get());
      case 0xd1 -> out.writeNumber((int) in.getShort());
      case 0xd2 -> out.writeNumber(in.getInt());
      case 0xd3 -> whole(in.getLong(), out);
      case 0xd9, 0xda, 0xdb -> out.writeString(text(unsigned(1 << (first - 0xd9))));
      case 0xdc, 0xdd -> array(unsigned(2 << (first - 0xdc)), depth + 1);
      case 0xde, 0xdf -> map(unsigned(2 << (first - 0xde)), depth + 1);
      default -> throw new IOException("not a type that is taken: byte=" + first);
    }
  }

  private void array(long size, int depth) throws IOException {
    check(size, 1, depth);
    out.writeStartArray();
    for (long i = 0; i < size; i++) {
      value(depth);
    }
    out.writeEndArray();
  }

  private void map(long size, int depth) throws IOException {
    check(size, 2, depth);
    Set<String> keys = new HashSet<>();
    out.writeStartObject();
    for (long i = 0; i < size; i++) {
      String key = key();
      if (!keys.add(key)) {
        throw new IOException("a key is there twice");
      }
      out.writeFieldName(key);
      value(depth);
    }
    out.writeEndObject();
  }

  private void check(long size, int bytesEach, int depth) throws IOException {
    if (size * bytesEach > in.remaining()) {
      throw new IOException(CUT);
    }
    if (depth > MAX_DEPTH) {
      throw new IOException("nested too deep: max=" + MAX_DEPTH);
    }
  }

  private String key() throws IOException {
    int first = in.get() & 0xff;
    if (first >= 0xa0 && first < 0xc0) {
      return text(first & 0x1f);
    }
    if (first < 0x80 || first >= 0xe0) {
      return Integer.toString((byte) first);
    }
    return switch (first) {
      case 0xcc, 0xcd, 0xce -> Long.toString(unsigned(1 << (first - 0xcc)));
      case 0xcf -> Long.toUnsignedString(in.getLong());
      case 0xd0 -> Integer.toString(in.get());
      case 0xd1 -> Integer.toString(in.getShort());
      case 0xd2 -> Integer.toString(in.getInt());
      case 0xd3 -> Long.toString(in.getLong());
      case 0xd9, 0xda, 0xdb -> text(unsigned(1 << (first - 0xd9)));
      default -> throw new IOException("a key must be text or a whole number");
    };
  }

  private static void whole(long value, JsonGenerator to) throws IOException {
    if (value == (int) value) {
      to.writeNumber((int) value);
    } else {
      to.writeNumber(value);
    }
  }

  private void unsigned64() throws IOException {
    long value = in.getLong();
    if (value >= 0) {
      whole(value, out);
    } else {
      out.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  private long unsigned(int bytes) {
    return switch (bytes) {
      case 1 -> in.get() & 0xffL;
      case 2 -> in.getShort() & 0xffffL;
      default -> in.getInt() & 0xffff_ffffL;
    };
  }

  private byte[] bytes(long length) throws IOException {
    if (length > in.remaining()) {
      throw new IOException(CUT);
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return bytes;
  }

  private String text(long length) throws IOException {
    byte[] bytes = bytes(length);
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IOException("text is not UTF-8", e);
    }
  }
}
