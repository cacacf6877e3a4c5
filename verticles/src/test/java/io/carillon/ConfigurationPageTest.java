package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.bridge.BrokerOptions;
import io.carillon.bridge.ClusterOptions;
import io.carillon.config.Settings;
import io.carillon.server.HttpOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md has every key, and none that nobody reads. */
class ConfigurationPageTest {
  private static final Pattern ROW = Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE);

  @Test
  void thePageListsTheKeysThatAreRead() throws IOException {
    Settings settings = new Settings(new JsonObject(), Map.of(), Map.of());
    HttpOptions.from(settings);
    BrokerOptions.from(settings);
    ClusterOptions.from(settings);
    Shutdown.timeout(settings);
    Instances.of(settings, "http.instances", 1, 1);
    settings.objects("verticles", "name");

    assertThat(keysOnThePage()).containsExactlyInAnyOrderElementsOf(keysRead(settings));
  }

  private static List<String> keysOnThePage() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "configuration.md"));
    return ROW.matcher(page)
        .results()
        .map(row -> row.group(1))
        .filter(key -> key.matches("[a-z][A-Za-z.]*") && !key.startsWith("verticles[]"))
        .distinct()
        .toList();
  }

  private static List<String> keysRead(Settings settings) {
    String keys = settings.toString();
    return Arrays.asList(keys.substring(keys.indexOf('[') + 1, keys.lastIndexOf(']')).split(", "));
  }
}
