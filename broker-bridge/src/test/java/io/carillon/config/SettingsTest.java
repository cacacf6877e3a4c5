package io.carillon.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.codec.Json;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  enum Threading {
    EVENT_LOOP,
    WORKER
  }

  // Where a value comes from.

  @Test
  void environmentThenPortThenPropertyThenFileThenDefault() {
    JsonObject file = Json.parseCommented("{\"http\":{\"port\":3}}");
    Map<String, String> port = Map.of("PORT", "1");
    Map<String, String> both = Map.of("CARILLON_HTTP_PORT", "0", "PORT", "1");
    Map<String, String> system = Map.of("carillon.http.port", "2");

    assertThat(port(new Settings(file, both, system))).isEqualTo(0);
    assertThat(port(new Settings(file, port, system))).isEqualTo(1);
    assertThat(port(new Settings(file, Map.of(), system))).isEqualTo(2);
    assertThat(port(new Settings(file, Map.of(), Map.of()))).isEqualTo(3);
    assertThat(port(settings("{}"))).isEqualTo(8080);
  }

  @Test
  void camelCaseIsWrittenWithUnderscoresInTheEnvironment() {
    Map<String, String> environment = Map.of("CARILLON_LIMITS_MAX_MESSAGE_BYTES", "64KiB");

    assertThat(
            new Settings(new JsonObject(), environment, Map.of())
                .bytes("limits.maxMessageBytes", 1, 1, 1 << 20))
        .isEqualTo(65536);
  }

  @Test
  void emptyVariableAndNullAreAbsent() {
    JsonObject file = Json.parseCommented("{\"http\":{\"port\":null}}");
    Map<String, String> environment = Map.of("CARILLON_HTTP_PORT", "", "PORT", "");

    assertThat(port(new Settings(file, environment, Map.of()))).isEqualTo(8080);
  }

  @Test
  void processEnvironmentAndPropertiesAreReadByOf() {
    System.setProperty("carillon.settingsTest.key", "here");
    try {
      assertThat(Settings.of(new JsonObject()).string("settingsTest.key")).contains("here");
    } finally {
      System.clearProperty("carillon.settingsTest.key");
    }
  }

  @Test
  void hasTellsWhetherAValueWasGiven() {
    assertThat(settings("{\"http\":{\"tls\":{}}}").has("http.tls")).isTrue();
    assertThat(settings("{}").has("http.tls")).isFalse();
  }

  // Bad values.

  @Test
  void errorNamesKeyRuleValueAndPlace() {
    JsonObject file = Json.parseCommented("{\"http\":{\"port\":99999}}");
    refused(
        () -> port(new Settings(file, Map.of(), Map.of())),
        "http.port must be 0 to 65535: http.port=99999 (file)");
    refused(
        () -> port(new Settings(file, Map.of("CARILLON_HTTP_PORT", "-1"), Map.of())),
        "http.port must be 0 to 65535: http.port=-1 (environment CARILLON_HTTP_PORT)");
    refused(
        () -> port(new Settings(file, Map.of("PORT", "http"), Map.of())),
        "http.port must be 0 to 65535: http.port=http (environment PORT)");
    refused(
        () -> port(new Settings(file, Map.of(), Map.of("carillon.http.port", "8080.5"))),
        "http.port must be 0 to 65535: http.port=8080.5 (system property carillon.http.port)");
  }

  @Test
  void valueOfAnotherShapeIsRefused() {
    Settings settings = settings("{\"a\":{\"b\":1},\"list\":[1],\"text\":\"x\"}");

    refused(() -> settings.string("a"), "a must be text: a={\"b\":1} (file)");
    refused(() -> settings.string("list"), "list must be text: list=[1] (file)");
    refused(() -> settings.strings("a"), "a must be an array of texts: a={\"b\":1} (file)");
    refused(() -> settings.strings("list"), "list must be an array of texts: list=[1] (file)");
    refused(() -> settings.object("text"), "text must be a JSON object: text=x (file)");
    refused(
        () -> settings.objects("list", "name"),
        "list must be an array of texts and objects: list=[1] (file)");
    refused(() -> settings.string("text.b"), "text must be an object, for text.b is in it (file)");
  }

  @Test
  void ruleOfTheCallersOwnIsRefusedInTheSameWords() {
    Settings settings = settings("{\"tls\":{\"key\":\"/nowhere\"}}");

    assertThat(settings.refuse("tls.key", "readable"))
        .hasMessage("tls.key must be readable: tls.key=/nowhere (file)");
    assertThat(settings.refuse("tls.cert", "set when tls.key is"))
        .hasMessage("tls.cert must be set when tls.key is: it is not set");
  }

  @Test
  void secretIsNeverShown() {
    Settings settings = settings("{\"a\":\"hunter2\",\"b\":{\"c\":\"hunter2\"}}");

    assertThat(settings.secret("a")).contains("hunter2");
    assertThat(settings.refuse("a", "longer")).hasMessage("a must be longer: a=*** (file)");
    refused(() -> settings.secret("b"), "b must be text: b=*** (file)");
    assertThat(settings).hasToString("Settings[a, b]");
  }

  // Types.

  @Test
  void scalarsAreText() {
    Settings settings = settings("{\"a\":\"x\",\"b\":7,\"c\":true}");

    assertThat(settings.string("a", "")).isEqualTo("x");
    assertThat(settings.string("b", "")).isEqualTo("7");
    assertThat(settings.string("c", "")).isEqualTo("true");
    assertThat(settings.string("d", "default")).isEqualTo("default");
    assertThat(settings.string("d")).isEmpty();
  }

  @Test
  void numbersReachFromMinToMax() {
    Settings settings = settings("{\"a\":1,\"b\":\"9000000000\"}");

    assertThat(settings.integer("a", 0, 1, 1)).isEqualTo(1);
    assertThat(settings.longInteger("b", 0, 0, 9_000_000_000L)).isEqualTo(9_000_000_000L);
    refused(() -> settings.integer("a", 0, 2, 3), "a must be 2 to 3: a=1 (file)");
    refused(() -> settings.integer("b", 0, 0, 3), "b must be 0 to 3: b=9000000000 (file)");
  }

  @Test
  void booleanIsTrueOrFalse() {
    Settings settings = settings("{\"a\":true,\"b\":\"false\",\"c\":\"yes\"}");

    assertThat(settings.bool("a", false)).isTrue();
    assertThat(settings.bool("b", true)).isFalse();
    assertThat(settings.bool("absent", true)).isTrue();
    refused(() -> settings.bool("c", true), "c must be true or false: c=yes (file)");
  }

  @ParameterizedTest
  @CsvSource({
    "500, 500",
    "500ms, 500",
    "30s, 30000",
    "10 m, 600000",
    "2h, 7200000",
    "1d, 86400000"
  })
  void timeIsMillisecondsOrHasAUnit(String text, long millis) {
    assertThat(time(text)).isEqualTo(ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "1.5s", "-1s", "10 M", "10min", "s", "999999999999d", " "})
  void noTimeIsRefused(String text) {
    refused(() -> time(text), "t must be a time such as 500ms, 30s or 10m: t=" + text + " (file)");
  }

  @Test
  void timeReachesFromMinToMax() {
    Settings settings = settings("{\"t\":\"99h\"}");

    refused(
        () -> settings.duration("t", ofSeconds(10), ofMillis(1500), ofHours(1)),
        "t must be 1500ms to 1h: t=99h (file)");
    assertThat(settings.duration("absent", ofSeconds(10), ofMillis(0), ofHours(1)))
        .isEqualTo(ofSeconds(10));
  }

  @ParameterizedTest
  @CsvSource({"512, 512", "512B, 512", "64KiB, 65536", "1 MiB, 1048576", "2GiB, 2147483648"})
  void sizeIsBytesOrHasAUnit(String text, long bytes) {
    assertThat(size(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"big", "1.5MiB", "-1", "1kb", "1MB", "99999999999GiB"})
  void noSizeIsRefused(String text) {
    refused(() -> size(text), "s must be a size such as 512, 64KiB or 1MiB: s=" + text + " (file)");
  }

  @Test
  void sizeReachesFromMinToMax() {
    refused(
        () -> settings("{\"s\":\"2MiB\"}").bytes("s", 1, 100, 1 << 20),
        "s must be 100 to 1MiB: s=2MiB (file)");
  }

  @Test
  void constantIsWrittenInCamelCase() {
    Settings settings = settings("{\"a\":\"eventLoop\",\"b\":\"WORKER\",\"c\":\"virtual\"}");

    assertThat(settings.oneOf("a", Threading.WORKER, Threading.class))
        .isEqualTo(Threading.EVENT_LOOP);
    assertThat(settings.oneOf("b", Threading.EVENT_LOOP, Threading.class))
        .isEqualTo(Threading.WORKER);
    assertThat(settings.oneOf("absent", Threading.WORKER, Threading.class))
        .isEqualTo(Threading.WORKER);
    refused(
        () -> settings.oneOf("c", Threading.WORKER, Threading.class),
        "c must be one of eventLoop, worker: c=virtual (file)");
  }

  @Test
  void pathNeedNotExist() {
    assertThat(settings("{\"p\":\"no/where\"}").path("p")).contains(Path.of("no", "where"));
    assertThat(settings("{}").path("p")).isEmpty();
    refused(() -> settings("{\"p\":\"a\\u0000b\"}").path("p"), "p must be a path: p=a\0b (file)");
  }

  @Test
  void textsAreAnArrayOrSeparatedByCommas() {
    Map<String, String> environment = Map.of("CARILLON_ORIGINS", " a, b ,,c");

    assertThat(settings("{\"origins\":[\"a\",\"b,c\"]}").strings("origins"))
        .containsExactly("a", "b,c");
    assertThat(new Settings(new JsonObject(), environment, Map.of()).strings("origins"))
        .containsExactly("a", "b", "c");
    assertThat(settings("{}").strings("origins")).isEmpty();
  }

  @Test
  void objectIsJsonInTextOutsideTheFile() {
    Map<String, String> environment = Map.of("CARILLON_CONFIG", "{\"a\":1} // comment");

    assertThat(new Settings(new JsonObject(), environment, Map.of()).object("config"))
        .isEqualTo(new JsonObject().put("a", 1));
    assertThat(settings("{\"config\":{\"a\":1}}").object("config"))
        .isEqualTo(new JsonObject().put("a", 1));
    assertThat(settings("{}").object("config")).isEqualTo(new JsonObject());
  }

  @Test
  void objectsOfAnArrayAreSettingsThemselves() {
    List<Settings> verticles =
        settings("{\"verticles\":[\"a.B\",{\"name\":\"a.C\",\"instances\":0}]}")
            .objects("verticles", "name");

    assertThat(verticles).hasSize(2);
    assertThat(verticles.get(0).string("name")).contains("a.B");
    assertThat(verticles.get(1).string("name")).contains("a.C");
    refused(
        () -> verticles.get(1).integer("instances", 1, 1, 9),
        "verticles[1].instances must be 1 to 9: verticles[1].instances=0 (file)");
  }

  @Test
  void objectsAreTheirShortFormOutsideTheFile() {
    Map<String, String> environment = Map.of("CARILLON_VERTICLES", "a.B,a.C");

    assertThat(new Settings(new JsonObject(), environment, Map.of()).objects("verticles", "name"))
        .extracting(verticle -> verticle.string("name", ""))
        .containsExactly("a.B", "a.C");
  }

  // What nobody has read.

  @Test
  void everyLeafNobodyReadIsAWarning() {
    Settings settings =
        settings(
            """
            {"htpp": {"port": 1}, "http": {"prot": 2, "host": "secret"}, "port": 3,
             "nothingLikeIt": {"a": {"b": 4}}, "empty": {}, "no": null}
            """);
    port(settings);
    settings.string("http.host");

    assertThat(settings.unknownWarnings())
        .containsExactly(
            "unknown key: htpp.port (file); did you mean http.port?",
            "unknown key: http.prot (file); did you mean http.port?",
            "unknown key: port (file); did you mean http.port?",
            "unknown key: nothingLikeIt.a.b (file)",
            "unknown key: empty (file)",
            "unknown key: no (file)");
  }

  @Test
  void variablesAndPropertiesOfOursThatNobodyReadAreWarnings() {
    Settings settings =
        new Settings(
            new JsonObject(),
            Map.of("CARILLON_HTTP_PROT", "1", "CARILLON_HTTP_PORT", "2", "OTHER", "3"),
            Map.of("carillon.htp.port", "4", "carillon.http.port", "5", "other.key", "6"));
    port(settings);

    assertThat(settings.unknownWarnings())
        .containsExactly(
            "unknown key: CARILLON_HTTP_PROT (environment); did you mean CARILLON_HTTP_PORT?",
            "unknown key: carillon.htp.port (system property);"
                + " did you mean carillon.http.port?");
  }

  @Test
  void whatIsInAnObjectOfTheReadersOwnIsNoWarning() {
    Settings settings = settings("{\"config\":{\"a\":{\"b\":1}},\"texts\":[\"a\"],\"http\":{}}");
    settings.object("config");
    settings.strings("texts");
    port(settings);

    assertThat(settings.unknownWarnings()).isEmpty();
  }

  @Test
  void unknownKeyInAnArrayIsAWarning() {
    Settings settings = settings("{\"verticles\":[{\"name\":\"a\",\"instanses\":1}]}");
    Settings verticle = settings.objects("verticles", "name").get(0);
    verticle.string("name");
    verticle.integer("instances", 1, 1, 9);

    assertThat(settings.unknownWarnings())
        .containsExactly(
            "unknown key: verticles[0].instanses (file); did you mean verticles[0].instances?");
  }

  @Test
  void givenFileIsCopied() {
    JsonObject file = new JsonObject().put("a", "before");
    Settings settings = new Settings(file, Map.of(), Map.of());
    file.put("a", "after");

    assertThat(settings.string("a")).contains("before");
  }

  private static Settings settings(String file) {
    return new Settings(Json.parseCommented(file), Map.of(), Map.of());
  }

  private static int port(Settings settings) {
    return settings.integer("http.port", 8080, 0, 65535);
  }

  private static Duration time(String text) {
    return new Settings(new JsonObject().put("t", text), Map.of(), Map.of())
        .duration("t", ofSeconds(10), ofMillis(0), ofHours(1000));
  }

  private static long size(String text) {
    return new Settings(new JsonObject().put("s", text), Map.of(), Map.of())
        .bytes("s", 0, 0, Long.MAX_VALUE);
  }

  private static void refused(ThrowingCallable reading, String message) {
    assertThatThrownBy(reading).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
