package io.carillon.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code java -jar carillon.jar}, with nothing else on the command line. */
@Timeout(60)
class FatJarIT {
  private static final Path JAR = Path.of("target", "carillon.jar");
  private static final Pattern URL = Pattern.compile("Carillon listens: (http://[^ ]+/)$");

  @Test
  void jarAloneServesThePageAndSaysNothingOnStandardError() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            JAR.toString());
    builder.environment().keySet().removeIf(name -> name.startsWith("CARILLON_"));
    builder.environment().put("PORT", "0");
    builder.redirectErrorStream(true);
    Process process = builder.start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      URI page = URI.create(firstUrl(output, lines));

      assertThat(get(page).body()).contains("<!DOCTYPE html>");
      assertThat(get(page.resolve("/rooms/lobby")).statusCode()).isEqualTo(426);

      process.toHandle().destroy();
      output.lines().forEach(lines::add);
      assertThat(process.waitFor(20, SECONDS)).isTrue();
      assertThat(process.exitValue()).isIn(0, 143);
      assertThat(lines).hasSize(2).allMatch(line -> line.contains(" INFO "));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void manifestOpensWhatHazelcastAndNettyNeed() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      Attributes manifest = jar.getManifest().getMainAttributes();

      assertThat(manifest.getValue("Main-Class")).isEqualTo("io.carillon.Main");
      assertThat(manifest.getValue("Multi-Release")).isEqualTo("true");
      assertThat(manifest.getValue("Enable-Native-Access")).isEqualTo("ALL-UNNAMED");
      assertThat(manifest.getValue("Add-Exports")).isEqualTo("java.base/jdk.internal.ref");
      assertThat(manifest.getValue("Add-Opens"))
          .isEqualTo(
              "java.base/java.lang java.base/sun.nio.ch java.management/sun.management"
                  + " jdk.management/com.sun.management.internal");
    }
  }

  private static String firstUrl(BufferedReader output, List<String> lines) throws Exception {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      Matcher url = URL.matcher(line);
      if (url.find()) {
        return url.group(1);
      }
    }
    throw new AssertionError("did not start: " + lines);
  }

  private static HttpResponse<String> get(URI uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
