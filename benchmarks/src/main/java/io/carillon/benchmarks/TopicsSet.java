package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import java.util.List;

/** Many topics at a fixed rate: how long a message takes. */
final class TopicsSet {
  private static final double LIMIT = 2;

  private TopicsSet() {}

  static void run(Bench bench, Report report) throws Exception {
    try (Contestants contestants = new Contestants(bench)) {
      Rounds rounds = new Rounds(bench.rounds());
      for (String name : contestants.names()) {
        rounds.with(
            name,
            () ->
                contestants.measure(
                    name,
                    "fanout",
                    "/fan/",
                    "--topics",
                    "200",
                    "--subs",
                    "50",
                    "--size",
                    "128",
                    "--rate",
                    "500",
                    "--secs",
                    Double.toString(bench.secs()),
                    "--warmup",
                    Double.toString(bench.secs())));
      }
      rounds.run("200 topics");
      report.table(
          "200 topics of 50 members, 500 messages a second",
          "From the intended time of sending to the delivery, in milliseconds.",
          List.of("", CARILLON, NETTY, VERTX, "to Netty", "rounds"),
          List.of(
              List.of(
                  "p99",
                  Report.number(rounds.median(CARILLON, "p99_us") / 1e3, 2),
                  Report.number(rounds.median(NETTY, "p99_us") / 1e3, 2),
                  Report.number(rounds.median(VERTX, "p99_us") / 1e3, 2),
                  Report.ratio(rounds.ratio(CARILLON, NETTY, "p99_us"), LIMIT),
                  rounds.counts()),
              List.of(
                  "p50",
                  Report.number(rounds.median(CARILLON, "p50_us") / 1e3, 2),
                  Report.number(rounds.median(NETTY, "p50_us") / 1e3, 2),
                  Report.number(rounds.median(VERTX, "p50_us") / 1e3, 2),
                  Report.number(rounds.ratio(CARILLON, NETTY, "p50_us"), 2),
                  rounds.counts())));
    }
  }
}
