package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that docs/security.md names are there. */
class SecurityPageTest {
  private static final Pattern NAMED =
      Pattern.compile("`(\\w+(?:Test|IT)|\\w+\\.test\\.js)(?:\\.(\\w+))?`");

  @Test
  void everyTestThatThePageNamesExists() throws IOException {
    Map<String, String> sources = sources();
    String page = Files.readString(Path.of("..", "docs", "security.md"));
    List<String> missing =
        NAMED
            .matcher(page)
            .results()
            .filter(name -> !exists(sources, name.group(1), name.group(2)))
            .map(name -> name.group())
            .toList();

    assertThat(NAMED.matcher(page).results().count()).isGreaterThan(20);
    assertThat(missing).isEmpty();
  }

  private static boolean exists(Map<String, String> sources, String file, String method) {
    String source = sources.get(file);
    return source != null && (method == null || source.contains(" " + method + "("));
  }

  /** By the name of the file, for Java without its ending. */
  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : new String[] {"broker-bridge", "verticles", "examples"}) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test"))) {
        for (Path file : files.filter(path -> isTest(path.toString())).toList()) {
          String name = file.getFileName().toString();
          sources.put(name.replace(".java", ""), Files.readString(file));
        }
      }
    }
    return sources;
  }

  private static boolean isTest(String path) {
    return !path.contains("node_modules") && (path.endsWith(".java") || path.endsWith(".test.js"));
  }
}
