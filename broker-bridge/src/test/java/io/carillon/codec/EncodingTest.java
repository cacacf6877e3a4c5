package io.carillon.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An encoding of the application's own, in four functions, and the kinds of payloads. */
class EncodingTest {
  /** Whole numbers as decimal digits. */
  static final class Digits implements Encoding {
    @Override
    public String contentType() {
      return "text/x-digits";
    }

    @Override
    public String streamContentType() {
      return "text/x-digits-lines";
    }

    @Override
    public Optional<Payload> encode(Object value) {
      return value instanceof Integer ? Optional.of(Payload.text("" + value)) : Optional.empty();
    }

    @Override
    public <T> Optional<T> decode(Payload payload, Class<T> type) {
      if (payload.text().isEmpty()) {
        throw new IllegalArgumentException("digits are missing");
      }
      return payload.text().matches("[0-9]{1,9}")
          ? Optional.of(type.cast(Integer.valueOf(payload.text())))
          : Optional.empty();
    }
  }

  private static final Codec<Integer> DIGITS = new Digits().codec(Integer.class);

  @Test
  void ownEncodingWritesAndReads() {
    assertThat(DIGITS.encode(7)).isEqualTo(Payload.text("7"));
    assertThat(DIGITS.decode(Payload.text("42"))).isEqualTo(42);
    assertThat(DIGITS.contentType()).isEqualTo("text/x-digits");
  }

  @Test
  void emptyResultIsAFailure() {
    assertThatThrownBy(() -> DIGITS.decode(Payload.text("x")))
        .isInstanceOf(DecodeException.class)
        .hasMessage("not valid text/x-digits for Integer");
    assertThatThrownBy(() -> DIGITS.decode(Payload.text("")))
        .isInstanceOf(DecodeException.class)
        .hasMessage("digits are missing");
    assertThatThrownBy(() -> new Digits().codec(Object.class).encode("x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot be written as text/x-digits: type=java.lang.String");
  }

  @Test
  void whatItWroteIsNotRewritten() {
    assertThat(DIGITS.encode(7).in(Encodings.CBOR)).isEqualTo(Payload.text("7"));
    assertThat(Encodings.CBOR.encode(7).orElseThrow().in(new Digits()).isBinary()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "text/html; charset=UTF-8",
        "TEXT/CSV",
        "application/json",
        "application/problem+json",
        "image/svg+xml",
        "application/octet-stream; charset=\"utf-8\""
      })
  void utf8TypesAreText(String contentType) {
    assertThat(Payload.of(contentType, "ä".getBytes(UTF_8))).isEqualTo(Payload.text("ä"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "application/octet-stream", "image/png", "text/plain;charset=iso-8859-1"})
  void otherTypesAreBinary(String contentType) {
    assertThat(Payload.of(contentType, new byte[] {(byte) 0xff}))
        .isEqualTo(Payload.binary(new byte[] {(byte) 0xff}));
  }

  @Test
  void kindCanBeForced() {
    assertThat(Payload.text("ä").asBinary()).isEqualTo(Payload.binary("ä".getBytes(UTF_8)));
    assertThat(Payload.binary("ä".getBytes(UTF_8)).asText()).isEqualTo(Payload.text("ä"));
    assertThat(Codec.payloadOf(1).asText().isValue()).isFalse();
    assertThatThrownBy(() -> Payload.binary("ä".getBytes(ISO_8859_1)).asText())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("text must be UTF-8: bytes=1");
  }
}
