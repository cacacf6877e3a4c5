package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class PayloadTest {
  @Test
  void textIsUtf8OnTheWire() {
    Payload payload = Payload.text("grüße 😀");

    assertThat(payload.isText()).isTrue();
    assertThat(payload.isBinary()).isFalse();
    assertThat(payload.text()).isEqualTo("grüße 😀");
    assertThat(payload.bytes()).isEqualTo("grüße 😀".getBytes(UTF_8));
    assertThat(payload.size()).isEqualTo(12);
  }

  @Test
  void textOfTheWireIsReadBack() {
    byte[] utf8 = "grüße".getBytes(UTF_8);
    Payload payload = Payload.textOf(utf8);

    assertThat(payload.isText()).isTrue();
    assertThat(payload.bytes()).isSameAs(utf8);
    assertThat(payload.text()).isEqualTo("grüße");
    assertThat(payload.text()).as("decoded once").isSameAs(payload.text());
  }

  @Test
  void textIsEncodedOnce() {
    Payload payload = Payload.text("hello");

    assertThat(payload.bytes()).isSameAs(payload.bytes());
  }

  @Test
  void loneSurrogateBecomesAQuestionMark() {
    assertThat(Payload.text("a\ud800b").bytes()).isEqualTo("a?b".getBytes(UTF_8));
  }

  @Test
  void binaryIsTheBytesAsTheyAre() {
    byte[] bytes = {0, -1, 7};
    Payload payload = Payload.binary(bytes);

    assertThat(payload.isBinary()).isTrue();
    assertThat(payload.isText()).isFalse();
    assertThat(payload.bytes()).isSameAs(bytes);
    assertThat(payload.size()).isEqualTo(3);
  }

  @Test
  void binaryHasNoText() {
    assertThatThrownBy(() -> Payload.binary(new byte[] {1, 2}).text())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("not a text message: kind=binary, bytes=2");
  }

  @Test
  void bufferIsCopied() {
    Buffer buffer = Buffer.buffer(new byte[] {1, 2});
    Payload payload = Payload.binary(buffer);

    buffer.setByte(0, (byte) 9);

    assertThat(payload.bytes()).containsExactly(1, 2);
  }

  @Test
  void equalityIsByKindAndBytes() {
    assertThat(Payload.text("a"))
        .isEqualTo(Payload.textOf(new byte[] {'a'}))
        .hasSameHashCodeAs(Payload.textOf(new byte[] {'a'}))
        .isNotEqualTo(Payload.binary(new byte[] {'a'}))
        .isNotEqualTo(Payload.text("b"))
        .isNotEqualTo("a");
  }

  @Test
  void contentIsNotShown() {
    assertThat(Payload.text("secret")).hasToString("Payload[text, bytes=6]");
    assertThat(Payload.binary(new byte[3])).hasToString("Payload[binary, bytes=3]");
  }
}
