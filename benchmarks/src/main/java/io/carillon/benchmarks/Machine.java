package io.carillon.benchmarks;

import io.netty.util.Version;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a table has to say of where it was measured. */
final class Machine {
  private static final long CALM_MILLIS = 500;
  private static final double CALM_CORES = 0.2;

  private Machine() {}

  static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  static boolean hasTaskset() {
    return Files.isExecutable(Path.of("/usr/bin/taskset"));
  }

  static List<String> describe(Path home) throws IOException {
    return List.of(
        processor() + ", " + cores() + " cores, " + memory(),
        "Linux " + System.getProperty("os.version"),
        "JDK " + release(home, "JAVA_VERSION") + " (" + release(home, "IMPLEMENTOR") + ")",
        "Vert.x " + vertx() + ", Netty " + netty(),
        "commit " + commit());
  }

  /** The feature version of a JDK. */
  static int feature(Path home) throws IOException {
    return Integer.parseInt(release(home, "JAVA_VERSION").split("[.+-]", 2)[0]);
  }

  /** What the file {@code release} of a JDK says. */
  private static String release(Path home, String key) throws IOException {
    for (String line : Files.readAllLines(home.resolve("release"))) {
      if (line.startsWith(key + "=")) {
        return line.substring(key.length() + 1).replace("\"", "");
      }
    }
    return "unknown";
  }

  /**
   * Waits until other processes leave the machine alone for a moment, or so long at most; the
   * processes of the benchmark itself have to be idle.
   */
  static void awaitCalm(double seconds) throws InterruptedException {
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < deadline) {
      double busy = Proc.busySeconds();
      Thread.sleep(CALM_MILLIS);
      if ((Proc.busySeconds() - busy) * 1e3 / CALM_MILLIS < CALM_CORES) {
        return;
      }
    }
  }

  private static String vertx() throws IOException {
    try (InputStream in = Machine.class.getResourceAsStream("/META-INF/vertx/vertx-version.txt")) {
      return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).trim();
    }
  }

  private static String netty() {
    Version version = Version.identify().get("netty-common");
    return version == null ? "unknown" : version.artifactVersion();
  }

  private static String processor() {
    return Proc.read("/proc/cpuinfo")
        .lines()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).trim())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static String memory() {
    String line = Proc.read("/proc/meminfo").split("\n", 2)[0];
    return Math.round(Long.parseLong(line.replaceAll("\\D", "")) / 1048576.0) + " GiB";
  }

  private static String commit() throws IOException {
    List<String> id = output("git", "rev-parse", "--short", "HEAD");
    if (id.isEmpty()) {
      return "unknown";
    }
    List<String> changes = output("git", "status", "--porcelain", "--", ":!benchmarks/results");
    return id.get(0) + (changes.isEmpty() ? "" : " and changes not committed");
  }

  /** What a command says; nothing when it fails. */
  private static List<String> output(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines = reader.lines().toList();
      return process.onExit().join().exitValue() == 0 ? lines : List.of();
    }
  }
}
