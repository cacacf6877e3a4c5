package io.carillon.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Records and other values of one type in one of the server's own encodings. */
final class ValueCodec<T> implements Codec<T> {
  private final Encodings encoding;
  private final String name;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  ValueCodec(Encodings encoding, Class<T> type) {
    this.encoding = encoding;
    this.name = type.getSimpleName();
    this.reader = encoding.mapper().readerFor(type);
    this.writer = encoding.mapper().writerFor(type);
  }

  @Override
  public String contentType() {
    return encoding.contentType();
  }

  @Override
  public Payload encode(T value) {
    return encoding.write(writer, value);
  }

  @Override
  @SuppressWarnings("unchecked") // the reader makes values of this type
  public T decode(Payload payload) {
    @Nullable Object value;
    try {
      value = encoding.format().read(reader, payload.bytes());
    } catch (IOException e) {
      throw EncodingCodec.invalid(rule(e));
    }
    if (value == null) {
      throw EncodingCodec.invalid("null is no " + name);
    }
    return (T) value;
  }

  /** A constructor that refuses speaks to the client; the parser's words may repeat the payload. */
  private String rule(IOException e) {
    return e instanceof ValueInstantiationException
            && e.getCause() instanceof IllegalArgumentException refused
            && !(refused.getCause() instanceof JsonProcessingException)
            && refused.getMessage() != null
        ? refused.getMessage()
        : "not valid " + encoding.title() + " for " + name;
  }
}
