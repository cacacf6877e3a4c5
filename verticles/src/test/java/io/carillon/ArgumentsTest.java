package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static final String JSON = "{'a': 1,} // comment".replace('\'', '"');

  @Test
  void confIsAFileWithComments(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("conf.json"), JSON);

    assertThat(arguments("-conf", file.toString()).conf()).isEqualTo(new JsonObject().put("a", 1));
  }

  @Test
  void confIsJson() {
    assertThat(arguments("-conf", JSON).conf()).isEqualTo(new JsonObject().put("a", 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-conf", "--conf", "-CONF"})
  void optionIsTakenOutOfTheLaunchersArguments(String option) {
    assertThat(arguments("-cluster", option, JSON, "-cluster-port", "1").forLauncher())
        .containsExactly("-cluster", "-cluster-port", "1");
    assertThat(arguments(option + "=" + JSON, "-cluster").forLauncher())
        .containsExactly("-cluster");
    assertThat(arguments(option + "=" + JSON).conf().getInteger("a")).isEqualTo(1);
  }

  @Test
  void valueThatLooksLikeAnOptionStaysAValue() {
    assertThat(arguments("-cluster-host", "-conf", JSON).forLauncher())
        .containsExactly("-cluster-host", "-conf", JSON);
  }

  @Test
  void optionWithoutItsValueIsLeftToTheLauncher() {
    assertThat(arguments("-conf").forLauncher()).containsExactly("-conf");
  }

  @Test
  void withoutConfAndWithoutADefaultThereIsNothing() {
    assertThat(arguments().conf()).isEqualTo(new JsonObject());
  }

  @Test
  void fileThatIsNotThereIsRefused() {
    assertThatThrownBy(() -> arguments("-conf", "no/such.json").check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-conf must be a file or JSON: no such file=no/such.json");
  }

  @Test
  void folderIsRefused(@TempDir Path folder) {
    assertThatThrownBy(() -> arguments("-conf", folder.toString()).check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-conf cannot be read: file=" + folder + ", IOException");
  }

  @Test
  void whatIsNotJsonIsRefusedWithItsPlace(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("conf.json"), "{\n  secret\n}");

    assertThatThrownBy(() -> arguments("-conf", file.toString()).check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-conf: not valid JSON: line=2, column=3, unexpected character, file=" + file);
    assertThatThrownBy(() -> arguments("-conf", "{").check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-conf: not valid JSON: line=1, column=2, unexpected end");
  }

  @Test
  void nativeTransportIsPreferredUnlessToldOtherwise() {
    assertThat(arguments().vertxOptions().getBoolean("preferNativeTransport")).isTrue();
    assertThat(
            arguments("-options", "{\"preferNativeTransport\":false}")
                .vertxOptions()
                .getBoolean("preferNativeTransport"))
        .isFalse();
  }

  @Test
  void optionsOfVertxAreTried() {
    assertThatThrownBy(() -> arguments("-options", "{\"eventLoopPoolSize\":0}").check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("-options: eventLoopPoolSize must be > 0");
    assertThatThrownBy(
            () -> arguments("--deployment-options={\"threadingModel\":\"NONE\"}").check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("-deployment-options: ");
  }

  @Test
  void verticleOnTheCommandLineIsRefused() {
    assertThatThrownBy(() -> arguments("-instances", "1", "com.acme.Chat").check())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "verticles are named in the configuration (verticles), not on the command line:"
                + " com.acme.Chat");
  }

  private static Arguments arguments(String... args) {
    return Arguments.of(args);
  }
}
