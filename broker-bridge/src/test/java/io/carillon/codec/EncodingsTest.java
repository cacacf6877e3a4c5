package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The same rules in every encoding of the server's own. */
class EncodingsTest {
  record Inner(String word) {}

  record Ask(
      String text,
      int times,
      long big,
      boolean loud,
      double size,
      List<String> tags,
      Map<String, Integer> counts,
      Inner inner) {}

  record Bytes(byte[] data) {}

  record Anything(Object value) {}

  record Positive(int number) {
    Positive {
      if (number <= 0) {
        throw new IllegalArgumentException("number must be positive");
      }
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({@JsonSubTypes.Type(Hello.class), @JsonSubTypes.Type(Say.class)})
  sealed interface Event permits Hello, Say {}

  @JsonTypeName("hello")
  record Hello(String name) implements Event {}

  @JsonTypeName("say")
  record Say(String text) implements Event {}

  private static final Ask ASK =
      new Ask(
          "grüße",
          -3,
          Long.MAX_VALUE,
          true,
          1.5,
          List.of("a", "x".repeat(300)),
          Map.of("x", 70_000),
          new Inner(null));

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** Text as CBOR and MessagePack have it when it is short. */
  private static String shortText(int head, String text) {
    return HexFormat.of().toHexDigits((byte) (head + text.length()))
        + HexFormat.of().formatHex(text.getBytes(UTF_8));
  }

  private static void refused(Codec<?> codec, byte[] bytes, String message) {
    assertThatThrownBy(() -> codec.decode(Payload.binary(bytes)))
        .isInstanceOfSatisfying(
            DecodeException.class,
            e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.INVALID))
        .hasMessage(message)
        .hasNoCause();
  }

  @ParameterizedTest
  @EnumSource
  void valueIsTheSameAfterARoundTrip(Encodings encoding) {
    Codec<Ask> codec = encoding.codec(Ask.class);

    Payload payload = codec.encode(ASK);

    assertThat(payload.isText()).isEqualTo(encoding == Encodings.JSON);
    assertThat(codec.decode(payload)).isEqualTo(ASK);
    assertThat(codec.decode(payload.asBinary())).isEqualTo(ASK);
    assertThat(codec.decode(Payload.textOf(payload.bytes()))).as("in text").isEqualTo(ASK);
  }

  @ParameterizedTest
  @EnumSource
  void bytesStayBytes(Encodings encoding) {
    for (int length : new int[] {0, 1, 255, 256, 65_536}) {
      byte[] data = new byte[length];
      new Random(length).nextBytes(data);
      Codec<Bytes> codec = encoding.codec(Bytes.class);

      assertThat(codec.decode(codec.encode(new Bytes(data))).data()).isEqualTo(data);
    }
  }

  @ParameterizedTest
  @EnumSource
  void sealedHierarchyTravelsByName(Encodings encoding) {
    Codec<Event> codec = encoding.codec(Event.class);

    assertThat(codec.decode(codec.encode(new Hello("ann")))).isEqualTo(new Hello("ann"));
    assertThat(codec.decode(encoding.encode(new Say("hi")).orElseThrow())).isEqualTo(new Say("hi"));
  }

  @ParameterizedTest
  @EnumSource
  void subtypeThatIsNotDeclaredIsRefused(Encodings encoding) {
    Codec<Event> codec = encoding.codec(Event.class);
    for (String type :
        List.of("shout", "java.lang.Object", Say.class.getName(), "[Ljava.lang.String;", "")) {
      Payload payload = encoding.encode(Map.of("type", type, "text", "x")).orElseThrow();

      refused(codec, payload.bytes(), "not valid " + encoding.title() + " for Event");
    }
  }

  @ParameterizedTest
  @EnumSource
  void constructorThatRefusesSpeaksToTheClient(Encodings encoding) {
    refused(
        encoding.codec(Positive.class),
        encoding.encode(Map.of("number", 0)).orElseThrow().bytes(),
        "number must be positive");
  }

  @ParameterizedTest
  @EnumSource
  void everyValueThatIsCutShortIsRefused(Encodings encoding) {
    Codec<Ask> codec = encoding.codec(Ask.class);
    byte[] whole = codec.encode(ASK).bytes();

    for (int length = 0; length < whole.length; length++) {
      refused(codec, Arrays.copyOf(whole, length), "not valid " + encoding.title() + " for Ask");
    }
  }

  @ParameterizedTest
  @EnumSource
  void anythingBehindTheValueIsRefused(Encodings encoding) {
    Codec<Inner> codec = encoding.codec(Inner.class);
    byte[] whole = codec.encode(new Inner("x")).bytes();

    refused(
        codec,
        Buffer.buffer(whole).appendBytes(whole).getBytes(),
        "not valid " + encoding.title() + " for Inner");
  }

  @ParameterizedTest
  @EnumSource
  void valuesOfAnotherTypeAreRefused(Encodings encoding) {
    Map<String, Object> good = new LinkedHashMap<>(Map.of("times", 1, "big", 1, "size", 1.0));
    good.put("loud", true);
    Codec<Ask> codec = encoding.codec(Ask.class);
    codec.decode(encoding.encode(good).orElseThrow());
    Map<String, List<Object>> wrong =
        Map.of(
            "times", List.of("1", 1.5, true, List.of(1), 1L << 31, -(1L << 31) - 1),
            "big", List.of(new BigInteger("9223372036854775808"), "x", 1e300),
            "loud", List.of(1, "true"),
            "size", List.of("0", true),
            "text", List.of(7, 1.5, false, Map.of()),
            "tags", List.of("a", Map.of()),
            "counts", List.of(Map.of("x", "y"), List.of()),
            "inner", List.of("word", 1));
    wrong.forEach(
        (member, values) -> {
          for (Object value : values) {
            Map<String, Object> bad = new LinkedHashMap<>(good);
            bad.put(member, value);
            refused(
                codec,
                encoding.encode(bad).orElseThrow().bytes(),
                "not valid " + encoding.title() + " for Ask");
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void nullIsNoValue(Encodings encoding) {
    byte[] nothing = encoding.encode(new Anything[1]).orElseThrow().bytes();

    assertThat(encoding.codec(Anything[].class).decode(Payload.binary(nothing))).hasSize(1);
    byte[] bare =
        switch (encoding) {
          case CBOR -> hex("f6");
          case MESSAGE_PACK -> hex("c0");
          default -> "null".getBytes(UTF_8);
        };
    refused(encoding.codec(Ask.class), bare, "null is no Ask");
  }

  @Test
  void doubledMembersAreRefused() {
    refused(
        Encodings.CBOR.codec(Anything.class),
        hex("a2" + (shortText(0x60, "a") + "01").repeat(2)),
        "not valid CBOR for Anything");
    refused(
        Encodings.MESSAGE_PACK.codec(Anything.class),
        hex("82" + (shortText(0xa0, "a") + "01").repeat(2)),
        "not valid MessagePack for Anything");
    refused(
        Encodings.MESSAGE_PACK.codec(Anything.class),
        hex("82 01 01" + shortText(0xa0, "1") + "01"),
        "not valid MessagePack for Anything");
  }

  static Stream<Arguments> deep() {
    byte[] json = "[".repeat(10_000).getBytes(UTF_8);
    byte[] cbor = new byte[10_000];
    byte[] messagePack = new byte[10_000];
    Arrays.fill(cbor, (byte) 0x81);
    Arrays.fill(messagePack, (byte) 0x91);
    return Stream.of(
        Arguments.of(Encodings.JSON, json),
        Arguments.of(Encodings.JSON_BINARY, json),
        Arguments.of(Encodings.CBOR, cbor),
        Arguments.of(Encodings.MESSAGE_PACK, messagePack));
  }

  @ParameterizedTest
  @MethodSource("deep")
  void deepNestingIsRefused(Encodings encoding, byte[] bytes) {
    refused(encoding.codec(List.class), bytes, "not valid " + encoding.title() + " for List");
  }

  /** 1 GiB in text, bytes, arrays, maps, numbers and extensions, of which nothing follows. */
  static Stream<Arguments> long1GiB() {
    return Stream.of(
            "7a40000000", "5a40000000", "9a40000000", "ba40000000", "c25a40000000", "7f7a40000000")
        .map(head -> Arguments.of(Encodings.CBOR, head))
        .flatMap(
            one ->
                Stream.of(
                    one,
                    Arguments.of(Encodings.CBOR, "a1" + shortText(0x60, "value") + one.get()[1])));
  }

  static Stream<Arguments> longMessagePack() {
    return Stream.of("db40000000", "c640000000", "dd40000000", "df40000000", "c94000000005")
        .flatMap(
            head ->
                Stream.of(
                    Arguments.of(Encodings.MESSAGE_PACK, head),
                    Arguments.of(Encodings.MESSAGE_PACK, "81" + shortText(0xa0, "value") + head),
                    Arguments.of(Encodings.MESSAGE_PACK, "81" + head)));
  }

  @ParameterizedTest
  @MethodSource({"long1GiB", "longMessagePack"})
  void declaredLengthTakesNoMemory(Encodings encoding, String bytes) {
    Codec<Anything> codec = encoding.codec(Anything.class);
    refused(codec, hex(bytes), "not valid " + encoding.title() + " for Anything");

    long before = allocated();
    refused(codec, hex(bytes), "not valid " + encoding.title() + " for Anything");

    assertThat(allocated() - before).isLessThan(4 << 20);
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  @Test
  void malformedBytesAreRefused() {
    for (String bytes :
        List.of("c1", "d500", "d6ffffffff", "c70005", "a2fffe", "81c001", "8191ff01", "d9")) {
      refused(
          Encodings.MESSAGE_PACK.codec(Object.class),
          hex(bytes),
          "not valid MessagePack for Object");
    }
    for (String bytes : List.of("ff", "1c", "62fffe", "7f7f", "5f61ff", "f8")) {
      refused(Encodings.CBOR.codec(Object.class), hex(bytes), "not valid CBOR for Object");
    }
  }

  @ParameterizedTest
  @EnumSource
  void noiseIsRefusedOrRead(Encodings encoding) {
    Codec<Ask> codec = encoding.codec(Ask.class);
    byte[] good = codec.encode(ASK).bytes();
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        noise[random.nextInt(noise.length)] = (byte) random.nextInt();
      }
      try {
        codec.decode(Payload.binary(noise));
      } catch (DecodeException refused) {
        assertThat(refused.kind()).isEqualTo(DecodeException.Kind.INVALID);
      }
    }
  }

  @Test
  void messagePackHasTheFormsOfItsSpecification() {
    Map<Object, String> forms = new LinkedHashMap<>();
    forms.put(0, "00");
    forms.put(127, "7f");
    forms.put(128, "d10080");
    forms.put(-32, "e0");
    forms.put(-33, "d0df");
    forms.put(-128, "d080");
    forms.put(32767, "d17fff");
    forms.put(32768, "d200008000");
    forms.put(1L << 31, "d30000000080000000");
    forms.put(new BigInteger("18446744073709551615"), "cfffffffffffffffff");
    forms.put(1.5, "cb3ff8000000000000");
    forms.put(1.5f, "ca3fc00000");
    forms.put(new BigDecimal("0.1"), "cb3fb999999999999a");
    forms.put(true, "c3");
    forms.put("", "a0");
    forms.put("x".repeat(31), "bf" + "78".repeat(31));
    forms.put("x".repeat(32), "d920" + "78".repeat(32));
    forms.put("x".repeat(256), "da0100" + "78".repeat(256));
    forms.put("x".repeat(65_536), "db00010000" + "78".repeat(65_536));
    forms.put(List.of(), "90");
    forms.put(List.of(1, List.of(2), Map.of("a", List.of())), "93 01 9102 81a16190");
    forms.put(java.util.Collections.nCopies(16, 1), "dc0010" + "01".repeat(16));
    forms.put(java.util.Collections.nCopies(65_536, 1), "dd00010000" + "01".repeat(65_536));
    forms.forEach(
        (value, bytes) -> {
          Payload payload = Encodings.MESSAGE_PACK.encode(value).orElseThrow();
          assertThat(payload.bytes()).isEqualTo(hex(bytes));
          assertThat(Encodings.MESSAGE_PACK.codec(Object.class).decode(payload)).isNotNull();
        });
    assertThatThrownBy(() -> Encodings.MESSAGE_PACK.encode(BigInteger.ONE.shiftLeft(64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot be written as MessagePack: type=java.math.BigInteger");
    assertThatThrownBy(() -> Encodings.MESSAGE_PACK.encode(new BigDecimal("1e400")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource
  void valueIsRewrittenInEveryOtherEncoding(Encodings encoding) {
    Payload payload = encoding.encode(ASK).orElseThrow();
    for (Encodings other : Encodings.values()) {
      Payload rewritten = payload.in(other);

      assertThat(other.codec(Ask.class).decode(rewritten)).isEqualTo(ASK);
      assertThat(rewritten.isText()).isEqualTo(other == Encodings.JSON);
      Payload back = Payload.ofKind(rewritten.kind(), rewritten.bytes()).in(encoding);
      assertThat(encoding.codec(Ask.class).decode(back)).isEqualTo(ASK);
      assertThat(back.isText()).isEqualTo(payload.isText());
    }
    assertThat(payload.in(encoding)).isSameAs(payload);
  }

  @Test
  void whatIsNoValueIsNotRewritten() {
    Payload text = Payload.text("{}");

    assertThat(text.in(Encodings.CBOR)).isSameAs(text);
    assertThat(Payload.ofKind(text.kind(), text.bytes())).isEqualTo(text);
    assertThat(Payload.ofKind((byte) 'z', new byte[1])).isEqualTo(Payload.binary(new byte[1]));
  }

  @ParameterizedTest
  @EnumSource
  void jsonOfVertxIsAValue(Encodings encoding) {
    JsonObject json = new JsonObject().put("a", new JsonArray().add(1).add("x"));

    Payload payload = Codec.payloadOf(json, encoding);

    assertThat(payload.in(Encodings.JSON)).isEqualTo(Payload.text("{\"a\":[1,\"x\"]}"));
    assertThat(Codec.payloadOf(json.getJsonArray("a"), encoding).in(Encodings.JSON))
        .isEqualTo(Payload.text("[1,\"x\"]"));
  }

  @ParameterizedTest
  @EnumSource
  void valueWithoutEndIsTheSendersMistake(Encodings encoding) {
    Map<String, Object> self = new LinkedHashMap<>();
    self.put("self", self);

    assertThatThrownBy(() -> encoding.encode(self))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cannot be written as " + encoding.title() + ": type=java.util.LinkedHashMap");
  }
}
