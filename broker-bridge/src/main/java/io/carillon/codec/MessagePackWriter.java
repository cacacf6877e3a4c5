package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Writes one value out of Jackson's tokens as MessagePack, each in its shortest form; see {@link
 * MessagePackReader} for the bytes. Numbers that do not fit into 64 bits are refused.
 */
final class MessagePackWriter {
  private final List<Integer> sizes;
  private final JsonParser in;
  private final Buffer out = Buffer.buffer();
  private int next;

  private MessagePackWriter(TokenBuffer tokens) throws IOException {
    this.sizes = sizes(tokens);
    this.in = tokens.asParser();
  }

  static byte[] write(TokenBuffer tokens) throws IOException {
    MessagePackWriter writer = new MessagePackWriter(tokens);
    writer.in.nextToken();
    writer.value();
    return writer.out.getBytes();
  }

  /** The sizes of all maps and arrays, in the order in which these begin. */
  private static List<Integer> sizes(TokenBuffer tokens) throws IOException {
    List<Integer> sizes = new ArrayList<>();
    Deque<Integer> open = new ArrayDeque<>();
    JsonParser parser = tokens.asParser();
    for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
      if (token.isStructEnd()) {
        open.pop();
      } else if (token != JsonToken.FIELD_NAME) {
        if (!open.isEmpty()) {
          sizes.set(open.peek(), sizes.get(open.peek()) + 1);
        }
        if (token.isStructStart()) {
          open.push(sizes.size());
          sizes.add(0);
        }
      }
    }
    return sizes;
  }

  /** Writes the value at the parser's current token. */
  private void value() throws IOException {
    switch (in.currentToken()) {
      case START_OBJECT -> map();
      case START_ARRAY -> array();
      case VALUE_NULL -> out.appendByte((byte) 0xc0);
      case VALUE_FALSE -> out.appendByte((byte) 0xc2);
      case VALUE_TRUE -> out.appendByte((byte) 0xc3);
      case VALUE_STRING -> text(in.getText());
      case VALUE_NUMBER_INT -> whole();
      case VALUE_NUMBER_FLOAT -> fraction();
      case VALUE_EMBEDDED_OBJECT -> embedded(in.getEmbeddedObject());
      default -> throw new IOException("not a value: token=" + in.currentToken());
    }
  }

  private void map() throws IOException {
    head(sizes.get(next++), 0x80, 16, 0xde);
    while (in.nextToken() != JsonToken.END_OBJECT) {
      text(in.currentName());
      in.nextToken();
      value();
    }
  }

  private void array() throws IOException {
    head(sizes.get(next++), 0x90, 16, 0xdc);
    while (in.nextToken() != JsonToken.END_ARRAY) {
      value();
    }
  }

  /** A size that is part of the first byte, or follows it in 16 or 32 bits. */
  private void head(int size, int fixed, int fixedSizes, int named) {
    if (size < fixedSizes) {
      out.appendByte((byte) (fixed | size));
    } else if (size <= 0xffff) {
      out.appendByte((byte) named).appendUnsignedShort(size);
    } else {
      out.appendByte((byte) (named + 1)).appendInt(size);
    }
  }

  private void text(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length >= 32 && bytes.length <= 0xff) {
      out.appendByte((byte) 0xd9).appendUnsignedByte((short) bytes.length);
    } else {
      head(bytes.length, 0xa0, 32, 0xda);
    }
    out.appendBytes(bytes);
  }

  private void whole() throws IOException {
    if (in.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      whole(in.getLongValue());
      return;
    }
    BigInteger value = in.getBigIntegerValue();
    if (value.bitLength() <= 63) {
      whole(value.longValue());
    } else if (value.signum() > 0 && value.bitLength() == 64) {
      out.appendByte((byte) 0xcf).appendLong(value.longValue());
    } else {
      throw new IOException("number does not fit: bits=" + value.bitLength() + ", max=64");
    }
  }

  private void whole(long value) {
    if (value >= -32 && value < 128) {
      out.appendByte((byte) value);
    } else if (value == (byte) value) {
      out.appendByte((byte) 0xd0).appendByte((byte) value);
    } else if (value == (short) value) {
      out.appendByte((byte) 0xd1).appendShort((short) value);
    } else if (value == (int) value) {
      out.appendByte((byte) 0xd2).appendInt((int) value);
    } else {
      out.appendByte((byte) 0xd3).appendLong(value);
    }
  }

  private void fraction() throws IOException {
    if (in.getNumberType() == JsonParser.NumberType.FLOAT) {
      out.appendByte((byte) 0xca).appendFloat(in.getFloatValue());
      return;
    }
    double value = in.getDoubleValue();
    if (in.getNumberType() == JsonParser.NumberType.BIG_DECIMAL
        && (Double.isInfinite(value)
            || BigDecimal.valueOf(value).compareTo(in.getDecimalValue()) != 0)) {
      throw new IOException("number does not fit: type=BigDecimal, max=64 bits");
    }
    out.appendByte((byte) 0xcb).appendDouble(value);
  }

  private void embedded(Object value) throws IOException {
    if (!(value instanceof byte[] bytes)) {
      throw new IOException("not a value: type=" + value.getClass().getName());
    }
    int size = bytes.length;
    if (size <= 0xff) {
      out.appendByte((byte) 0xc4).appendUnsignedByte((short) size);
    } else if (size <= 0xffff) {
      out.appendByte((byte) 0xc5).appendUnsignedShort(size);
    } else {
      out.appendByte((byte) 0xc6).appendInt(size);
    }
    out.appendBytes(bytes);
  }
}
