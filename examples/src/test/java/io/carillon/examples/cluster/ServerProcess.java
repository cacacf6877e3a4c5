package io.carillon.examples.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One node of a cluster in a process of its own: {@code java -jar carillon.jar -cluster -conf
 * conf/cluster.json}, as README says it.
 */
final class ServerProcess implements AutoCloseable {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final String JAR = Path.of("target", "carillon.jar").toAbsolutePath().toString();
  static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private static final Pattern URL = Pattern.compile("Carillon listens: https?://[^/]+:(\\d+)/");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** One line of its output, and when it came. */
  record Line(long nanos, String text) {}

  private final Process process;
  private final String name;
  private final String host;
  private final List<Line> lines = new ArrayList<>();
  private final Thread reader;
  private boolean ended;
  private int port;

  private ServerProcess(String name, String host, Process process) {
    this.name = name;
    this.host = host;
    this.process = process;
    this.reader = new Thread(this::read, "output of " + name);
    reader.setDaemon(true);
    reader.start();
  }

  /** How a node is started. */
  static final class Builder {
    private final String name;
    private final List<String> before = new ArrayList<>();
    private final List<String> jvm = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private String host = "127.0.0.1";
    private List<String> own = List.of();

    /** The name is for the test's own output. */
    Builder(String name, String cluster, int clusterPort) {
      this.name = name;
      environment.put("PORT", "0");
      environment.put("CARILLON_CLUSTER_NAME", cluster);
      environment.put("CARILLON_CLUSTER_PORT", Integer.toString(clusterPort));
    }

    Builder set(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** Another command and environment than README's. */
    Builder as(List<String> command, Map<String, String> variables) {
      own = command;
      environment.clear();
      environment.putAll(variables);
      return this;
    }

    /** An option of the JVM. */
    Builder jvm(String option) {
      jvm.add(option);
      return this;
    }

    /** What stands before {@code java} on the command line. */
    Builder under(String... command) {
      before.addAll(List.of(command));
      return this;
    }

    /** Where its clients reach it. */
    Builder at(String address) {
      host = address;
      return this;
    }

    /** Starts the process, and waits for nothing. */
    ServerProcess launch() throws IOException {
      List<String> command = new ArrayList<>(before);
      command.addAll(own.isEmpty() ? readme() : own);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(ROOT.toFile()).redirectErrorStream(true);
      builder
          .environment()
          .keySet()
          .removeIf(key -> key.equals("PORT") || key.startsWith("CARILLON_"));
      builder.environment().putAll(environment);
      return new ServerProcess(name, host, builder.start());
    }

    private List<String> readme() {
      List<String> command = new ArrayList<>(List.of(JAVA));
      command.addAll(jvm);
      command.addAll(List.of("-jar", JAR, "-cluster", "-conf", "conf/cluster.json"));
      return command;
    }
  }

  /** Waits until it listens. */
  void awaitListening() throws InterruptedException {
    Line line = awaitLine(URL, 0);
    Matcher url = URL.matcher(line.text());
    if (!url.find()) {
      throw new AssertionError(line);
    }
    port = Integer.parseInt(url.group(1));
  }

  String name() {
    return name;
  }

  /** Where a client joins a topic. */
  URI uri(String topic) {
    return URI.create("ws://" + host + ":" + port + topic);
  }

  /** The status of {@code /health/ready}. */
  int ready() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + "/health/ready"))
            .timeout(Duration.ofSeconds(5))
            .build();
    return HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  /** The first line since then that matches, which is awaited. */
  synchronized Line awaitLine(Pattern pattern, long sinceNanos) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    int next = 0;
    while (true) {
      for (; next < lines.size(); next++) {
        Line line = lines.get(next);
        if (line.nanos() - sinceNanos >= 0 && pattern.matcher(line.text()).find()) {
          return line;
        }
      }
      long millis = (deadline - System.nanoTime()) / 1_000_000;
      if (ended || millis <= 0) {
        throw new AssertionError(name + " did not say: " + pattern + "\n" + output());
      }
      wait(millis);
    }
  }

  /** The first line since then that contains {@code text}, which is awaited. */
  Line awaitLine(String text, long sinceNanos) throws InterruptedException {
    return awaitLine(Pattern.compile(Pattern.quote(text)), sinceNanos);
  }

  /** Everything it has said so far. */
  synchronized String output() {
    StringBuilder all = new StringBuilder();
    lines.forEach(line -> all.append(name).append(": ").append(line.text()).append('\n'));
    return all.toString();
  }

  /** The lines that contain {@code text}. */
  synchronized List<String> lines(String text) {
    return lines.stream().map(Line::text).filter(line -> line.contains(text)).toList();
  }

  /** Ends it as a crash does. */
  void kill() {
    process.destroyForcibly();
  }

  /** Sends SIGTERM and returns the exit code. */
  int terminate() throws InterruptedException {
    process.toHandle().destroy(); // Process.destroy() would close its output too
    return exitCode();
  }

  /** What it has ended with, which is awaited together with the rest of its output. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), SECONDS)) {
      throw new AssertionError(name + " still runs\n" + output());
    }
    reader.join();
    return process.exitValue();
  }

  /** Freezes it: its connections stay, and nothing happens on them. */
  void freeze() throws Exception {
    signal("STOP");
  }

  /** Lets it go on. */
  void thaw() throws Exception {
    signal("CONT");
  }

  private void signal(String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("kill -" + signal + " failed");
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      in.lines().forEach(this::add);
    } catch (IOException | UncheckedIOException e) {
      add("reading failed: " + e);
    }
    end();
  }

  private synchronized void add(String line) {
    lines.add(new Line(System.nanoTime(), line));
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }
}
