package io.carillon.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a flood of others does to clients that behave: the latency of 500 messages a second to 50
 * members, without and with each flood. Both loads share a core, the server has the other.
 */
final class FloodSet {
  private static final double LIMIT = 3;
  private static final String QUIET = "undisturbed";

  /** The floods, with the path, the connections and the rate of each. */
  private static final Map<String, List<String>> FLOODS = new LinkedHashMap<>();

  static {
    FLOODS.put("handshakes", List.of("/echo", "1000", "500"));
    FLOODS.put("loris", List.of("/echo", "500", "5000"));
    FLOODS.put("pings", List.of("/echo", "20", "20000"));
    FLOODS.put("fragments", List.of("/echo", "20", "20000"));
    FLOODS.put("topics", List.of("/fan/flood", "20", "1000"));
  }

  private FloodSet() {}

  static void run(Bench bench, Report report) throws Exception {
    int port = Bench.freePort();
    try (Jvm server = bench.server(CarillonServer.class, Bench.FLAGS, Integer.toString(port))) {
      Rounds rounds = new Rounds(bench.rounds()).with(QUIET, () -> behaved(bench, server, port));
      for (String kind : FLOODS.keySet()) {
        rounds.with(kind, () -> flooded(bench, server, port, kind));
      }
      rounds.run("floods");
      List<List<String>> rows = new ArrayList<>();
      rows.add(row(rounds, QUIET, ""));
      FLOODS.forEach((kind, how) -> rows.add(row(rounds, kind, how.get(1) + " / " + how.get(2))));
      report.table(
          "Floods",
          "500 messages a second to 50 members that behave, in milliseconds from the intended time"
              + " of sending; beside it a flood over so many connections, so many times a second.",
          List.of("", "connections / rate", "p50", "p99", "p99 to undisturbed", "rounds"),
          rows);
    }
  }

  private static List<String> row(Rounds rounds, String name, String how) {
    return List.of(
        name,
        how,
        Report.number(rounds.median(name, "p50_us") / 1e3, 2),
        Report.number(rounds.median(name, "p99_us") / 1e3, 2),
        Report.ratio(rounds.ratio(name, QUIET, "p99_us"), LIMIT),
        rounds.counts());
  }

  private static JsonObject behaved(Bench bench, Jvm server, int port, String... more)
      throws Exception {
    String secs = Double.toString(bench.secs());
    String url = "ws://127.0.0.1:" + port + "/fan/";
    List<String> args = new ArrayList<>(List.of("fanout", "--url", url));
    args.addAll(List.of("--topics", "1", "--subs", "50", "--size", "128", "--rate", "500"));
    args.addAll(List.of("--secs", secs, "--warmup", secs));
    args.addAll(List.of(more));
    return bench.measure(List.of(server), args);
  }

  private static JsonObject flooded(Bench bench, Jvm server, int port, String kind)
      throws Exception {
    List<String> how = FLOODS.getOrDefault(kind, List.of());
    try (Jvm flood =
        bench.load(
            List.of(server),
            List.of(
                "flood",
                "--url",
                "ws://127.0.0.1:" + port + how.get(0),
                "--kind",
                kind,
                "--conns",
                how.get(1),
                "--rate",
                how.get(2),
                "--secs",
                "600"))) {
      JsonObject behaved = behaved(bench, server, port, "--beside", Long.toString(flood.pid()));
      if (!flood.isAlive()) {
        throw new IllegalStateException("the flood ended too soon: kind=" + kind);
      }
      return behaved;
    }
  }
}
