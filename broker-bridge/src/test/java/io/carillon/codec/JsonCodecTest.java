package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCodecTest {
  enum Colour {
    RED,
    GREEN
  }

  record Inner(String word) {}

  record Ask(
      String text,
      int times,
      boolean loud,
      double size,
      Colour colour,
      List<String> tags,
      Map<String, Integer> counts,
      Inner inner) {}

  record Positive(int number) {
    Positive {
      if (number <= 0) {
        throw new IllegalArgumentException("number must be positive");
      }
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Hello.class, name = "hello"),
    @JsonSubTypes.Type(value = Say.class, name = "say")
  })
  sealed interface Event permits Hello, Say {}

  record Hello(String name) implements Event {}

  record Say(String text) implements Event {}

  private static final Codec<Ask> ASK = Codec.of(Ask.class);

  private static Ask decode(String json) {
    return ASK.decode(Payload.text(json));
  }

  private static void refused(String json) {
    refused(ASK, Payload.text(json), "not valid JSON for Ask");
  }

  private static void refused(Codec<?> codec, Payload payload, String message) {
    assertThatThrownBy(() -> codec.decode(payload))
        .isInstanceOfSatisfying(
            DecodeException.class,
            e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.INVALID))
        .hasMessage(message)
        .hasNoCause();
  }

  @Test
  void recordIsTheSameAfterARoundTrip() {
    Ask ask =
        new Ask(
            "grüße",
            3,
            true,
            1.5,
            Colour.GREEN,
            List.of("a", "b"),
            Map.of("x", 1),
            new Inner("word"));

    Payload payload = ASK.encode(ask);

    assertThat(payload.isText()).isTrue();
    assertThat(ASK.decode(payload)).isEqualTo(ask);
    assertThat(ASK.decode(Payload.binary(payload.bytes())))
        .as("from a binary message")
        .isEqualTo(ask);
  }

  @Test
  void orderOfMembersAndSpacesDoNotMatter() {
    Ask ask = decode(" {\n\"size\" : 2 , \"loud\":false,\"times\":1,\"text\":\"x\"}\t");

    assertThat(ask.text()).isEqualTo("x");
    assertThat(ask.size()).isEqualTo(2.0);
    assertThat(ask.tags()).isNull();
  }

  @Test
  void unknownMembersArePassedOver() {
    assertThat(decode("{\"times\":1,\"loud\":true,\"size\":0,\"new\":{\"deep\":[1,{}]}}").times())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "x",
        "\"text\"",
        "7",
        "true",
        "[]",
        "{",
        "{\"text\":}",
        "{\"text\":\"x\",}",
        "{text:\"x\"}",
        "{'text':'x'}",
        "{\"text\":\"x\"} // comment",
        "{\"loud\":true,\"size\":0}",
        "{\"times\":null,\"loud\":true,\"size\":0}",
        "{\"times\":\"1\",\"loud\":true,\"size\":0}",
        "{\"times\":1.5,\"loud\":true,\"size\":0}",
        "{\"times\":1e400,\"loud\":true,\"size\":0}",
        "{\"times\":2147483648,\"loud\":true,\"size\":0}",
        "{\"times\":true,\"loud\":true,\"size\":0}",
        "{\"times\":[1],\"loud\":true,\"size\":0}",
        "{\"times\":{},\"loud\":true,\"size\":0}",
        "{\"times\":1,\"loud\":1,\"size\":0}",
        "{\"times\":1,\"loud\":\"true\",\"size\":0}",
        "{\"times\":1,\"loud\":true,\"size\":\"0\"}",
        "{\"times\":1,\"loud\":true,\"size\":NaN}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"text\":{}}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"text\":7}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"text\":true}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"colour\":\"BLUE\"}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"colour\":0}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"colour\":\"\"}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"tags\":\"a\"}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"inner\":\"\"}",
        "{\"times\":1,\"loud\":true,\"size\":0,\"inner\":\"word\"}",
      })
  void valueOfAnotherTypeIsRefused(String json) {
    refused(json);
  }

  @Test
  void doubledMemberIsRefused() {
    refused("{\"times\":1,\"times\":1,\"loud\":true,\"size\":0}");
    refused("{\"times\":1,\"loud\":true,\"size\":0,\"inner\":{\"word\":\"a\",\"word\":\"b\"}}");
    refused("{\"times\":1,\"loud\":true,\"size\":0,\"unknown\":{\"a\":1,\"a\":2}}");
  }

  @Test
  void anythingBehindTheValueIsRefused() {
    String good = "{\"times\":1,\"loud\":true,\"size\":0}";

    assertThat(decode(good)).isNotNull();
    refused(good + "{}");
    refused(good + " 1");
    refused(good + "]");
    refused(good + "\0");
  }

  @Test
  void nullIsNoValue() {
    refused(ASK, Payload.text("null"), "null is no Ask");
  }

  @Test
  void deepNestingIsRefusedWhereverItIs() {
    refused("[".repeat(50_000));
    refused("{\"unknown\":" + "{\"a\":".repeat(50_000) + "1" + "}".repeat(50_000) + "}");
  }

  @Test
  void longNumbersAreRefused() {
    refused("{\"times\":1,\"loud\":true,\"size\":" + "1".repeat(100_000) + "}");
  }

  @Test
  void binaryThatIsNotUtf8IsRefused() {
    refused(
        ASK,
        Payload.binary(
            new byte[] {'{', '"', 't', 'e', 'x', 't', '"', ':', '"', (byte) 0xff, '"', '}'}),
        "not valid JSON for Ask");
  }

  @Test
  void constructorThatRefusesSpeaksToTheClient() {
    refused(Codec.of(Positive.class), Payload.text("{\"number\":-1}"), "number must be positive");
  }

  @Test
  void subtypesAreThoseThatTheTypeNames() {
    Codec<Event> events = Codec.of(Event.class);

    assertThat(events.decode(Payload.text("{\"type\":\"hello\",\"name\":\"ann\"}")))
        .isEqualTo(new Hello("ann"));
    assertThat(events.decode(Payload.text("{\"text\":\"hi\",\"type\":\"say\"}")))
        .isEqualTo(new Say("hi"));
    assertThat(events.encode(new Say("hi")))
        .isEqualTo(Payload.text("{\"type\":\"say\",\"text\":\"hi\"}"));
    refused(events, Payload.text("{\"type\":\"shout\"}"), "not valid JSON for Event");
    refused(events, Payload.text("{\"name\":\"ann\"}"), "not valid JSON for Event");
    refused(events, Payload.text("{\"type\":\"java.lang.Object\"}"), "not valid JSON for Event");
  }

  @Test
  void subtypeIsNamedInBroadcastsToo() {
    assertThat(Codec.payloadOf(new Hello("ann")))
        .isEqualTo(Payload.text("{\"type\":\"hello\",\"name\":\"ann\"}"));
  }

  @Test
  void valueThatCannotBeWrittenIsTheSendersMistake() {
    Map<String, Object> self = new java.util.HashMap<>();
    self.put("self", self);

    assertThatThrownBy(() -> Codec.payloadOf(self))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot be written as JSON: type=java.util.HashMap");
  }

  @Test
  void utf16IsNotTakenForText() {
    // Text is UTF-8; what a binary message holds may be told by its first bytes.
    assertThat(Codec.of(Inner.class).decode(Payload.binary("{\"word\":\"x\"}".getBytes(UTF_8))))
        .isEqualTo(new Inner("x"));
    assertThat(Codec.of(Inner.class).decode(Payload.binary("{\"word\":\"x\"}".getBytes(UTF_16))))
        .isEqualTo(new Inner("x"));
  }
}
