package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CodecTest {
  private static final Payload TEXT = Payload.text("{\"a\":1}");
  private static final Payload BINARY = Payload.binary("{\"a\":1}".getBytes(UTF_8));

  record A(int a) {}

  static Stream<Arguments> types() {
    return Stream.of(
        Arguments.of(String.class, "{\"a\":1}", TEXT, "text/plain;charset=utf-8"),
        Arguments.of(byte[].class, BINARY.bytes(), BINARY, "application/octet-stream"),
        Arguments.of(Buffer.class, Buffer.buffer("{\"a\":1}"), BINARY, "application/octet-stream"),
        Arguments.of(Payload.class, TEXT, TEXT, "application/octet-stream"),
        Arguments.of(Payload.class, BINARY, BINARY, "application/octet-stream"),
        Arguments.of(A.class, new A(1), TEXT, "application/json"));
  }

  @ParameterizedTest
  @MethodSource("types")
  <T> void valueIsTheSameAfterARoundTrip(Class<T> type, T value, Payload payload, String media) {
    Codec<T> codec = Codec.of(type);

    assertThat(codec.encode(value)).isEqualTo(payload);
    assertThat(codec.decode(payload)).isEqualTo(value);
    assertThat(codec.contentType()).isEqualTo(media);
  }

  @Test
  void rawTextTakesTextOnly() {
    assertThatThrownBy(() -> Codec.of(String.class).decode(BINARY))
        .isInstanceOfSatisfying(
            DecodeException.class,
            e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.WRONG_KIND))
        .hasMessage("only text is taken here");
  }

  @ParameterizedTest
  @MethodSource("binaryTypes")
  void rawBinaryTakesBinaryOnly(Class<?> type) {
    assertThatThrownBy(() -> Codec.of(type).decode(TEXT))
        .isInstanceOfSatisfying(
            DecodeException.class,
            e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.WRONG_KIND))
        .hasMessage("only binary is taken here");
  }

  static Stream<Class<?>> binaryTypes() {
    return Stream.of(byte[].class, Buffer.class);
  }

  @Test
  void kindOfAMessageOfAnyTypeFollowsTheType() {
    IntoPayload own = () -> Payload.binary(new byte[] {9});

    assertThat(Codec.payloadOf("x")).isEqualTo(Payload.text("x"));
    assertThat(Codec.payloadOf(new byte[] {1})).isEqualTo(Payload.binary(new byte[] {1}));
    assertThat(Codec.payloadOf(Buffer.buffer("x"))).isEqualTo(Payload.binary(new byte[] {'x'}));
    assertThat(Codec.payloadOf(TEXT)).isSameAs(TEXT);
    assertThat(Codec.payloadOf(own)).isEqualTo(Payload.binary(new byte[] {9}));
    assertThat(Codec.payloadOf(new A(2))).isEqualTo(Payload.text("{\"a\":2}"));
    assertThat(Codec.payloadOf(List.of(1, 2))).isEqualTo(Payload.text("[1,2]"));
    assertThat(Codec.payloadOf(new JsonObject().put("a", 1))).isEqualTo(TEXT);
    assertThat(Codec.payloadOf(new JsonArray().add(1))).isEqualTo(Payload.text("[1]"));
    assertThat(Codec.payloadOf(true)).isEqualTo(Payload.text("true"));
  }
}
