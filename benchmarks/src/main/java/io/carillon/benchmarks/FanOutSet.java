package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import java.util.ArrayList;
import java.util.List;

/** One publisher, many subscribers: CPU time for each delivered message. */
final class FanOutSet {
  private record Case(int subscribers, int bytes, int window, double vertxLimit) {}

  private static final double NETTY_LIMIT = 1.10;
  private static final List<Case> CASES =
      List.of(
          new Case(1000, 128, 4, 0.35),
          new Case(100, 1024, 16, 0.15),
          new Case(5000, 128, 2, 0.60));

  private FanOutSet() {}

  static void run(Bench bench, Report report) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    try (Contestants contestants = new Contestants(bench)) {
      for (Case one : CASES) {
        rows.add(row(bench, contestants, one));
      }
    }
    report.table(
        "Fan-out",
        "Server CPU time for each delivery, in microseconds; one topic, all on one node.",
        List.of(
            "subscribers, size, on the way",
            CARILLON,
            NETTY,
            "Vert.x writeTextMessage",
            "to Netty",
            "to Vert.x",
            "p50 / p99 ms",
            "Netty's",
            "rounds"),
        rows);
  }

  private static List<String> row(Bench bench, Contestants contestants, Case one) throws Exception {
    String title = one.subscribers() + ", " + one.bytes() + " B, " + one.window();
    Rounds rounds = new Rounds(bench.rounds());
    for (String name : contestants.names()) {
      rounds.with(
          name,
          () ->
              contestants.measure(
                  name,
                  "fanout",
                  "/fan/a",
                  "--subs",
                  Integer.toString(one.subscribers()),
                  "--size",
                  Integer.toString(one.bytes()),
                  "--window",
                  Integer.toString(one.window()),
                  "--secs",
                  Double.toString(bench.secs()),
                  "--warmup",
                  Double.toString(bench.secs())));
    }
    rounds.run(title);
    return List.of(
        title,
        Report.number(rounds.median(CARILLON, "server_cpu_us"), 2),
        Report.number(rounds.median(NETTY, "server_cpu_us"), 2),
        Report.number(rounds.median(VERTX, "server_cpu_us"), 2),
        Report.ratio(rounds.ratio(CARILLON, NETTY, "server_cpu_us"), NETTY_LIMIT),
        Report.ratio(rounds.ratio(CARILLON, VERTX, "server_cpu_us"), one.vertxLimit()),
        times(rounds, CARILLON),
        times(rounds, NETTY),
        rounds.counts());
  }

  static String times(Rounds rounds, String name) {
    return Report.number(rounds.median(name, "p50_us") / 1e3, 1)
        + " / "
        + Report.number(rounds.median(name, "p99_us") / 1e3, 1);
  }
}
