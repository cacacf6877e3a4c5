package io.carillon.benchmarks;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs sets of measurements and writes a dated table.
 *
 * <p>The server is pinned to one core and the load to another, where there are two; every figure is
 * CPU time of the server process for each message, and every comparison is made within a round: the
 * contestants take turns, the ratio is taken in the round, and the median of the rounds counts.
 */
public final class Bench {
  private static final String USAGE =
      """
      usage: bench SET.. [--key value ..]

      fanout   1000 subscribers, 128 B, 4 on the way; 100, 1 KiB, 16; 5000, 128 B, 2
      topics   200 topics of 50 members, 500 messages/s: latency
      echo     100 connections, 128 B, 1 and 16 on the way, through a handler
      connect  CPU time of an accepted connection; memory of an idle one
      flood    what floods of others do to the latency of clients that behave
      start    time to the first served upgrade
      cluster  two nodes against one; node to node; kill -9; memory of topics
      parts    route lookup, frames, codecs, the fan-out of one event loop, the bus: with JMH
      all      all of them

      --rounds N      measured rounds of each case (default 5)
      --secs S        length of a measurement (default 5)
      --java HOME     another JDK for servers and nodes
      --results DIR   where the table is written (default benchmarks/results)
      --note TEXT     one more line at the head of the table
      """;

  private static final Map<String, Set> SETS = new LinkedHashMap<>();

  static {
    SETS.put("fanout", FanOutSet::run);
    SETS.put("topics", TopicsSet::run);
    SETS.put("echo", EchoSet::run);
    SETS.put("connect", ConnectSet::run);
    SETS.put("flood", FloodSet::run);
    SETS.put("start", StartSet::run);
    SETS.put("cluster", ClusterSet::run);
    SETS.put("parts", PartsSet::run);
  }

  /** One set of measurements. */
  interface Set {
    void run(Bench bench, Report report) throws Exception;
  }

  /** What both sides are started with, unless a set says otherwise. */
  static final List<String> FLAGS = List.of("-XX:+UseParallelGC", "-Xms512m", "-Xmx512m");

  private static final List<String> LOAD_FLAGS =
      List.of("-XX:+UseParallelGC", "-Xms256m", "-Xmx256m");

  private final int rounds;
  private final double secs;
  private final Path home;
  private final String note;
  private final @Nullable Integer serverCore;
  private final @Nullable Integer loadCore;

  private Bench(Options options) throws IOException {
    rounds = options.integer("rounds", 5, 1, 100);
    secs = options.number("secs", 5, 0.5, 60);
    home = Path.of(options.text("java", Jvm.ownHome().toString()));
    note = options.text("note", "");
    boolean two = Machine.cores() >= 2 && Machine.hasTaskset();
    serverCore = two ? 1 : null;
    loadCore = two ? 0 : null;
  }

  /** Runs the sets that the arguments name. */
  public static void main(String[] args) throws Exception {
    Bench bench;
    Path results;
    List<String> sets;
    try {
      Options options = new Options(args);
      bench = new Bench(options);
      results = Path.of(options.text("results", "benchmarks/results"));
      sets = sets(options.words());
      options.done();
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage() + "\n\n" + USAGE);
      System.exit(2);
      return;
    }
    Report report = new Report(bench.feature(), bench.settings());
    for (String set : sets) {
      System.err.println("== " + set);
      Objects.requireNonNull(SETS.get(set)).run(bench, report);
    }
    Files.createDirectories(results);
    Path file = results.resolve(report.fileName(sets));
    Files.writeString(file, report.markdown());
    System.out.println(report.markdown());
    System.err.println("written: " + file);
    System.exit(0);
  }

  private static List<String> sets(List<String> words) {
    List<String> names = words.contains("all") ? List.copyOf(SETS.keySet()) : words;
    if (names.isEmpty() || !SETS.keySet().containsAll(names)) {
      throw new IllegalArgumentException("sets are " + SETS.keySet() + ": " + names);
    }
    return names;
  }

  private List<String> settings() throws IOException {
    List<String> settings = new ArrayList<>(Machine.describe(home));
    settings.add(
        serverCore == null
            ? "nothing is pinned"
            : "server on core " + serverCore + ", load on core " + loadCore);
    settings.add(rounds + " rounds at least, " + secs + " s each after as long a warm-up, medians");
    settings.add(
        "a round in which other processes took more than 0.2 of a core is disturbed; it is made again,"
            + " and where it counts all the same, the last column says so");
    if (!note.isEmpty()) {
      settings.add(note);
    }
    settings.add("server: " + String.join(" ", FLAGS) + " where a set does not say otherwise");
    return settings;
  }

  int rounds() {
    return rounds;
  }

  double secs() {
    return secs;
  }

  Path home() {
    return home;
  }

  /** The feature version of that JDK. */
  int feature() throws IOException {
    return Machine.feature(home);
  }

  @Nullable Integer serverCore() {
    return serverCore;
  }

  @Nullable Integer loadCore() {
    return loadCore;
  }

  /** Starts a server on the server's core, and waits until it listens. */
  Jvm server(Class<?> main, List<String> flags, String... args)
      throws IOException, InterruptedException {
    return Jvm.start(home, serverCore, flags, main, List.of(args)).listening();
  }

  /** Starts the load driver on its core. */
  Jvm load(List<Jvm> servers, List<String> args) throws IOException {
    List<String> all = new ArrayList<>(args);
    all.add("--pid");
    all.add(String.join(",", servers.stream().map(one -> Long.toString(one.pid())).toList()));
    return Jvm.start(Jvm.ownHome(), loadCore, LOAD_FLAGS, Load.class, all);
  }

  /** Runs the load driver to its end. */
  JsonObject measure(List<Jvm> servers, List<String> args) throws Exception {
    try (Jvm load = load(servers, args)) {
      return load.result(300);
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  static void say(String text) {
    System.err.println("   " + text);
  }
}
