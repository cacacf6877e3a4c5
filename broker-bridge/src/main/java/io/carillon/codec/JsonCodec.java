package io.carillon.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;

/**
 * Records and other values as JSON in text messages; reads binary messages as well.
 *
 * <p>Unknown members are passed over, so that an older server understands a newer client; a missing
 * or null primitive, a doubled member, a value of another type and anything behind the value are
 * refused. Which class is made is decided by the declared type alone, never by the payload, but for
 * the subtypes that the type itself names.
 */
final class JsonCodec<T> implements Codec<T> {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private final String name;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  JsonCodec(Class<T> type) {
    JavaType javaType = MAPPER.constructType(type);
    this.name = type.getSimpleName();
    this.reader = MAPPER.readerFor(javaType);
    this.writer = MAPPER.writerFor(javaType);
  }

  static Payload encodeAny(Object value) {
    return write(MAPPER.writer(), value);
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public Payload encode(T value) {
    return write(writer, value);
  }

  @Override
  public T decode(Payload payload) {
    T value;
    try {
      value = reader.readValue(payload.bytes());
    } catch (IOException e) {
      // The parser's own words may repeat the payload, so they stay here.
      throw new DecodeException(DecodeException.Kind.INVALID, "not valid JSON for " + name);
    }
    if (value == null) {
      throw new DecodeException(DecodeException.Kind.INVALID, "null is no " + name);
    }
    return value;
  }

  private static Payload write(ObjectWriter writer, Object value) {
    try {
      return Payload.textOf(writer.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "cannot be written as JSON: type=" + value.getClass().getName(), e);
    }
  }
}
