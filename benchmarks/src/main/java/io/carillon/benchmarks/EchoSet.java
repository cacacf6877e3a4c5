package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import java.util.ArrayList;
import java.util.List;

/** Messages that come back, through a handler verticle: CPU time for each. */
final class EchoSet {
  private static final double VERTX_LIMIT = 1.10;
  private static final double NETTY_LIMIT = 1.30;

  private EchoSet() {}

  static void run(Bench bench, Report report) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    try (Contestants contestants = new Contestants(bench)) {
      for (int depth : List.of(1, 16)) {
        rows.add(row(bench, contestants, depth));
      }
    }
    report.table(
        "Echo",
        "100 connections, 128 B; server CPU time for each echo, in microseconds. Netty flushes once "
            + "per read.",
        List.of(
            "on the way",
            CARILLON,
            NETTY,
            VERTX,
            "to Netty",
            "to Vert.x",
            "p50 / p99 ms",
            "rounds"),
        rows);
  }

  private static List<String> row(Bench bench, Contestants contestants, int depth)
      throws Exception {
    Rounds rounds = new Rounds(bench.rounds());
    for (String name : contestants.names()) {
      rounds.with(
          name,
          () ->
              contestants.measure(
                  name,
                  "echo",
                  "/echo",
                  "--conns",
                  "100",
                  "--size",
                  "128",
                  "--depth",
                  Integer.toString(depth),
                  "--secs",
                  Double.toString(bench.secs()),
                  "--warmup",
                  Double.toString(bench.secs())));
    }
    rounds.run("echo " + depth);
    double netty = rounds.ratio(CARILLON, NETTY, "server_cpu_us");
    double vertx = rounds.ratio(CARILLON, VERTX, "server_cpu_us");
    return List.of(
        Integer.toString(depth),
        Report.number(rounds.median(CARILLON, "server_cpu_us"), 2),
        Report.number(rounds.median(NETTY, "server_cpu_us"), 2),
        Report.number(rounds.median(VERTX, "server_cpu_us"), 2),
        depth > 1 ? Report.ratio(netty, NETTY_LIMIT) : Report.number(netty, 2),
        depth > 1 ? Report.number(vertx, 2) : Report.ratio(vertx, VERTX_LIMIT),
        FanOutSet.times(rounds, CARILLON),
        rounds.counts());
  }
}
