package io.carillon.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MapperBuilder;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's own encodings: one set of rules, three formats. All of them read text and binary
 * messages.
 *
 * <p>Members that a type does not know are passed over, so that an older server understands a newer
 * client; a missing or null primitive, a member twice, a value of another type, anything behind the
 * value, nesting deeper than 1000 and a length that the message does not have are refused, the last
 * without memory being set aside for it. A record's constructor that refuses with an {@link
 * IllegalArgumentException} speaks to the client with its own text. Which class is made is decided
 * by the declared type and by the subtypes that its annotations name, never by a class name in the
 * payload.
 */
public enum Encodings implements Encoding {
  /** JSON in text messages; what holds unless told otherwise. */
  JSON("JSON", "application/json", "application/json-seq", 'j'),
  /** JSON in binary messages, for clients that want no text. */
  JSON_BINARY("JSON", "application/json", "application/json-seq", 'J'),
  /** CBOR (RFC 8949) in binary messages. */
  CBOR("CBOR", "application/cbor", "application/cbor-seq", 'c'),
  /**
   * MessagePack in binary messages. Extension types are refused, and so are numbers beyond 64 bits.
   */
  MESSAGE_PACK("MessagePack", "application/msgpack", "application/msgpack", 'm');

  /** Jackson as we set it up. */
  private static final class Mappers {
    static final ObjectMapper JSON = strict(JsonMapper.builder());
    static final ObjectMapper CBOR = strict(CBORMapper.builder());

    private static <M extends ObjectMapper, B extends MapperBuilder<M, B>> M strict(B builder) {
      return builder
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
    }
  }

  private final String title;
  private final String contentType;
  private final String streamContentType;
  private final byte kind;

  Encodings(String title, String contentType, String streamContentType, char kind) {
    this.title = title;
    this.contentType = contentType;
    this.streamContentType = streamContentType;
    this.kind = (byte) kind;
  }

  /** What errors call it. */
  String title() {
    return title;
  }

  byte kind() {
    return kind;
  }

  boolean isBinary() {
    return this != JSON;
  }

  ObjectMapper mapper() {
    return this == CBOR ? Mappers.CBOR : Mappers.JSON;
  }

  Format format() {
    return this == MESSAGE_PACK ? Format.MESSAGE_PACK : Format.JACKSON;
  }

  static @Nullable Encodings ofKind(byte kind) {
    for (Encodings one : values()) {
      if (one.kind == kind) {
        return one;
      }
    }
    return null;
  }

  /** The encoding with that name in announcements. */
  public static Optional<Encoding> ofWireName(String name) {
    return Arrays.stream(values())
        .filter(one -> one.wireName().equals(name))
        .<Encoding>map(one -> one)
        .findFirst();
  }

  @Override
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String contentType() {
    return contentType;
  }

  @Override
  public String streamContentType() {
    return streamContentType;
  }

  @Override
  public Optional<Payload> encode(Object value) {
    return Optional.of(write(mapper().writer(), value));
  }

  @Override
  public <T> Optional<T> decode(Payload payload, Class<T> type) {
    return Optional.of(codec(type).decode(payload));
  }

  @Override
  public <T> Codec<T> codec(Class<T> type) {
    return new ValueCodec<>(this, type);
  }

  Payload write(ObjectWriter writer, Object value) {
    try {
      return Payload.written(this, format().write(writer, value));
    } catch (IOException e) {
      throw EncodingCodec.cannotWrite(title, value, e);
    }
  }

  /** The value that another of these encodings has written, in this one. */
  Payload rewrite(Encodings other, byte[] bytes) {
    if (mapper() == other.mapper() && format() == other.format()) {
      return Payload.written(this, bytes);
    }
    try (JsonParser parser = other.format().parser(other.mapper(), bytes)) {
      return Payload.written(this, format().copy(mapper(), parser));
    } catch (IOException e) {
      throw new IllegalArgumentException("not valid " + other.title, e);
    }
  }
}
