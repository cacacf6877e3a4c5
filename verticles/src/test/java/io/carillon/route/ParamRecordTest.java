package io.carillon.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParamRecordTest {
  enum Level {
    LOW,
    HIGH
  }

  static final class Seat {
    private final String text;

    private Seat(String text) {
      this.text = text;
    }

    static Seat of(String text) {
      if (text.length() != 2) {
        throw new IllegalArgumentException("secret");
      }
      return new Seat(text);
    }
  }

  record Range(int from, Optional<Integer> to) {}

  record Ask(
      UUID room,
      int age,
      long big,
      Optional<Boolean> loud,
      List<Integer> tag,
      Level level,
      Range range,
      Optional<Range> other,
      Map<String, String> more) {}

  private static final String ROOM = "00000000-0000-0001-0000-000000000002";
  private static final String PATTERN = "/rooms/:room?age&big&loud?&tag?&**";

  private static <P> P read(
      Class<P> type, String pattern, String uri, Map<String, String> headers) {
    UriPattern parsed = UriPattern.parse(pattern);
    Topic topic = Topic.of(uri);
    Match.Found match = (Match.Found) parsed.match(topic);
    Handshake handshake =
        Handshake.of("GET", uri, false, "127.0.0.1", List.of(Map.entry("X-Level", "high")));
    return ParamRecord.of(type, parsed, headers).read(topic, match.params(), handshake);
  }

  private static Ask ask(String query) {
    return read(Ask.class, PATTERN, "/rooms/" + ROOM + query, Map.of("level", "x-level"));
  }

  @Test
  void everyPlaceIsRead() {
    Ask ask =
        ask(
            "?age=-7&big=9223372036854775807&loud&tag=1&range.from=1&x=y%2Fz&tag=2&range%5Bto%5D=3");

    assertThat(ask)
        .isEqualTo(
            new Ask(
                UUID.fromString(ROOM),
                -7,
                Long.MAX_VALUE,
                Optional.of(true),
                List.of(1, 2),
                Level.HIGH,
                new Range(1, Optional.of(3)),
                Optional.empty(),
                Map.of("range.from", "1", "range[to]", "3", "x", "y/z")));
  }

  @Test
  void nestedValuesMayBeLeftOutWhereTheyAreOptional() {
    assertThat(ask("?age=1&big=1&range.from=1").other()).isEmpty();
    assertThat(ask("?age=1&big=1&range.from=1&other.from=5").other())
        .contains(new Range(5, Optional.empty()));
    assertThatThrownBy(() -> ask("?age=1&big=1&range.from=1&other.to=5"))
        .hasMessage("query parameter missing: other.from");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "i | 2147483648 | a whole number of 32 bits",
        "i | '' | a whole number of 32 bits",
        "i | %2B1 | a whole number of 32 bits",
        "i | 1_000 | a whole number of 32 bits",
        "i | %D9%A3 | a whole number of 32 bits",
        "l | 9223372036854775808 | a whole number of 64 bits",
        "l | 99999999999999999999999999999 | a whole number of 64 bits",
        "d | NaN | a number",
        "d | 1e999 | a number",
        "d | 0x1p3 | a number",
        "d | 1d | a number",
        "b | yes | true or false",
        "uuid | 1-1-1-1-1 | a UUID",
        "uuid | %2F | a UUID",
        "level | medium  | one of low, high",
        "seat | abc | a valid Seat",
        "day | 2026-02-30 | a valid LocalDate",
      })
  void valueThatIsNotValidIsNamedAndNotRepeated(String name, String value, String rule) {
    String good = "i=1&l=1&d=1.5&b=true&uuid=" + ROOM + "&level=low&seat=ab&day=2026-02-28";
    Many many = read(Many.class, Many.PATTERN, "/?" + good, Many.NAMES);
    assertThat(many.seat().text).isEqualTo("ab");
    assertThat(many.day()).isEqualTo(LocalDate.of(2026, 2, 28));
    String bad = "/?" + good.replaceFirst("\\b" + name + "=[^&]*", name + "=" + value);

    assertThatThrownBy(() -> read(Many.class, Many.PATTERN, bad, Many.NAMES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("query parameter must be " + rule + ": name=" + name);
  }

  record Many(
      int i, Long l, double d, boolean b, UUID uuid, Level level, Seat seat, LocalDate day) {
    static final String PATTERN = "/?**";
    static final Map<String, String> NAMES = Map.of();
  }

  record Rest(String file, List<String> path) {}

  @Test
  void restIsSegmentsInWhichAnEscapedSlashIsALetter() {
    String pattern = "/files/:file/:path**";

    assertThat(read(Rest.class, pattern, "/files/a%2Fb/c%2Fd/e", Map.of()))
        .isEqualTo(new Rest("a/b", List.of("c/d", "e")));
    assertThat(read(Rest.class, pattern, "/files/a", Map.of())).isEqualTo(new Rest("a", List.of()));
  }

  record Self(Optional<Self> self) {}

  record Typo(int agee) {}

  record Bare(int age) {}

  record Thing(java.util.Random thread) {}

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Self | parameters must be a record that does not hold itself: type=SELF",
        "Typo | component is no parameter of the pattern: name=agee, pattern=/a?age?&thread",
        "Bare | optional parameter needs an Optional or a List: name=age, pattern=/a?age?&thread",
        "Thing | a parameter cannot be made from text: type=java.util.Random",
      })
  void recordThatCannotBeReadIsRefusedAtTheDeclaration(String name, String text) throws Exception {
    Class<?> type = Class.forName(ParamRecordTest.class.getName() + "$" + name);

    assertThatThrownBy(() -> ParamRecord.of(type, UriPattern.parse("/a?age?&thread"), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(text.replace("SELF", type.getName()));
  }

  @Test
  void headerOfAComponentThatIsNotThereIsRefused() {
    assertThatThrownBy(
            () -> ParamRecord.of(Bare.class, UriPattern.parse("/a?age"), Map.of("x", "X-Y")))
        .hasMessage("no such component: names=[x], type=" + Bare.class.getName());
  }
}
