package io.carillon.codec;

import org.jspecify.annotations.Nullable;

/** Values of one type in an encoding of the application's own. */
record EncodingCodec<T>(Encoding encoding, Class<T> type) implements Codec<T> {
  @Override
  public String contentType() {
    return encoding.contentType();
  }

  @Override
  public Payload encode(T value) {
    return encoding.encode(value).orElseThrow(() -> cannotWrite(contentType(), value, null));
  }

  @Override
  public T decode(Payload payload) {
    try {
      return encoding
          .decode(payload, type)
          .orElseThrow(
              () -> invalid("not valid " + contentType() + " for " + type.getSimpleName()));
    } catch (IllegalArgumentException refused) {
      throw invalid(String.valueOf(refused.getMessage()));
    }
  }

  static DecodeException invalid(String rule) {
    return new DecodeException(DecodeException.Kind.INVALID, rule);
  }

  static IllegalArgumentException cannotWrite(
      String encoding, Object value, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "cannot be written as " + encoding + ": type=" + value.getClass().getName(), cause);
  }
}
