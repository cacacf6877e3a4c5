package io.carillon.benchmarks;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A JVM of the benchmarks: a server, a node of a cluster, or the load driver. */
final class Jvm implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final String END = "end of output";

  private final Process process;
  private final BufferedWriter input;
  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Path home;

  private Jvm(Process process, Path home) {
    this.process = process;
    this.home = home;
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "output of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a main class of the benchmarks.
   *
   * @param core the core that it may run on, or null for any
   */
  static Jvm start(
      Path home, @Nullable Integer core, List<String> flags, Class<?> main, List<String> args)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (core != null) {
      command.addAll(List.of("taskset", "-c", core.toString()));
    }
    command.add(home.resolve("bin").resolve("java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(args);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new Jvm(process, home);
  }

  long pid() {
    return process.pid();
  }

  private void read() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("unreadable: " + e);
    } finally {
      lines.add(END);
    }
  }

  /** The rest of the first line that begins so. */
  String await(String prefix, long seconds) throws InterruptedException {
    long deadline = System.nanoTime() + SECONDS.toNanos(seconds);
    while (true) {
      String line = lines.poll(deadline - System.nanoTime(), NANOSECONDS);
      if (line == null || line.equals(END)) {
        throw new IllegalStateException(
            "no answer from process " + pid() + ": expected=" + prefix + ", seconds=" + seconds);
      }
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
    }
  }

  Jvm listening() throws InterruptedException {
    await("listening", START_SECONDS);
    return this;
  }

  /** The one object that a load driver prints; fails when the driver saw a mistake. */
  JsonObject result(long seconds) throws InterruptedException {
    JsonObject report = new JsonObject("{" + await("{", seconds));
    process.waitFor(10, SECONDS);
    if (process.exitValue() != 0) {
      throw new IllegalStateException("messages were lost or altered: " + report.encode());
    }
    return report;
  }

  /** Sends a line to standard input. */
  void tell(String line) throws IOException {
    input.write(line + "\n");
    input.flush();
  }

  /** Live heap after a full collection, in bytes. */
  long liveHeapBytes() throws IOException, InterruptedException {
    tool("GC.run");
    List<String> lines = tool("GC.class_histogram"); // collects once more
    String total = lines.get(lines.size() - 1).trim();
    return Long.parseLong(total.split("\\s+", -1)[2]);
  }

  private List<String> tool(String command) throws IOException, InterruptedException {
    Process tool =
        new ProcessBuilder(
                home.resolve("bin").resolve("jcmd").toString(), Long.toString(pid()), command)
            .redirectErrorStream(true)
            .start();
    List<String> output;
    try (BufferedReader reader = tool.inputReader(StandardCharsets.UTF_8)) {
      output = reader.lines().filter(line -> !line.isBlank()).toList();
    }
    tool.waitFor();
    return output;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it at once, as a crash would. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Asks it to end, and ends it where it does not. */
  @Override
  public void close() {
    process.destroy();
    if (process.onExit().thenApply(done -> true).completeOnTimeout(false, 15, SECONDS).join()) {
      return;
    }
    kill();
  }

  /** The JDK that runs this. */
  static Path ownHome() {
    return new File(System.getProperty("java.home")).toPath();
  }
}
