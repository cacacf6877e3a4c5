package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.function.Function;

/** The codecs that come with the server. */
final class Codecs {
  private Codecs() {}

  private static final Codec<Payload> RAW =
      new Raw<>("application/octet-stream", payload -> payload, payload -> payload);

  private static final Codec<String> TEXT =
      new Raw<>(
          "text/plain;charset=utf-8",
          Payload::text,
          payload -> {
            if (payload.isBinary()) {
              throw new DecodeException(DecodeException.Kind.WRONG_KIND, "only text is taken here");
            }
            return payload.text();
          });

  private static final Codec<byte[]> BYTES =
      new Raw<>("application/octet-stream", Payload::binary, Codecs::onlyBinary);

  private static final Codec<Buffer> BUFFER =
      new Raw<>(
          "application/octet-stream",
          Payload::binary,
          payload -> Buffer.buffer(onlyBinary(payload)));

  private static final Map<Class<?>, Codec<?>> BUILT_IN =
      Map.of(Payload.class, RAW, String.class, TEXT, byte[].class, BYTES, Buffer.class, BUFFER);

  @SuppressWarnings("unchecked") // the map pairs each class with a codec of that class
  static <T> Codec<T> of(Class<T> type) {
    Codec<?> builtIn = BUILT_IN.get(type);
    return builtIn != null ? (Codec<T>) builtIn : Encodings.JSON.codec(type);
  }

  static boolean isRaw(Class<?> type) {
    return BUILT_IN.containsKey(type);
  }

  static Payload payloadOf(Object message, Encoding values) {
    if (message instanceof Payload payload) {
      return payload;
    }
    if (message instanceof String text) {
      return Payload.text(text);
    }
    if (message instanceof IntoPayload own) {
      return own.toPayload();
    }
    if (message instanceof byte[] bytes) {
      return Payload.binary(bytes);
    }
    if (message instanceof Buffer buffer) {
      return Payload.binary(buffer);
    }
    if (message instanceof JsonObject json) {
      return json(json.encode(), values);
    }
    if (message instanceof JsonArray json) {
      return json(json.encode(), values);
    }
    return values
        .encode(message)
        .orElseThrow(() -> EncodingCodec.cannotWrite(values.contentType(), message, null));
  }

  private static Payload json(String text, Encoding values) {
    return Payload.written(Encodings.JSON, text.getBytes(UTF_8)).in(values);
  }

  private static byte[] onlyBinary(Payload payload) {
    if (payload.isText()) {
      throw new DecodeException(DecodeException.Kind.WRONG_KIND, "only binary is taken here");
    }
    return payload.bytes();
  }

  private record Raw<T>(
      String contentType, Function<T, Payload> encoder, Function<Payload, T> decoder)
      implements Codec<T> {
    @Override
    public Payload encode(T value) {
      return encoder.apply(value);
    }

    @Override
    public T decode(Payload payload) {
      return decoder.apply(payload);
    }
  }
}
