package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import io.vertx.core.json.JsonObject;
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
      table(report, rows);
      typed(bench, contestants, report);
    }
  }

  private static void table(Report report, List<List<String>> rows) {
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

  /** The same bytes as text and as a record, to the same handler verticle. */
  private static void typed(Bench bench, Contestants contestants, Report report) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    for (int depth : List.of(1, 16)) {
      String text = "text";
      String record = "record";
      Rounds rounds =
          new Rounds(bench.rounds())
              .with(text, () -> echo(bench, contestants, CARILLON, "/echo", depth, "chat"))
              .with(record, () -> echo(bench, contestants, CARILLON, "/typed", depth, "chat"))
              .run("typed echo " + depth);
      rows.add(
          List.of(
              Integer.toString(depth),
              Report.number(rounds.median(text, "server_cpu_us"), 2),
              Report.number(rounds.median(record, "server_cpu_us"), 2),
              Report.number(rounds.ratio(record, text, "server_cpu_us"), 2),
              rounds.counts()));
    }
    report.table(
        "Echo of a record",
        "The same, of a chat message of 128 B in JSON, as raw text and as a record with four members;"
            + " server CPU time for each echo, in microseconds.",
        List.of("on the way", "text", "record", "record to text", "rounds"),
        rows);
  }

  private static JsonObject echo(
      Bench bench, Contestants contestants, String name, String path, int depth, String shape)
      throws Exception {
    return contestants.measure(
        name,
        "echo",
        path,
        "--conns",
        "100",
        "--size",
        "128",
        "--shape",
        shape,
        "--depth",
        Integer.toString(depth),
        "--secs",
        Double.toString(bench.secs()),
        "--warmup",
        Double.toString(bench.secs()));
  }

  private static List<String> row(Bench bench, Contestants contestants, int depth)
      throws Exception {
    Rounds rounds = new Rounds(bench.rounds());
    for (String name : contestants.names()) {
      rounds.with(name, () -> echo(bench, contestants, name, "/echo", depth, "text"));
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
