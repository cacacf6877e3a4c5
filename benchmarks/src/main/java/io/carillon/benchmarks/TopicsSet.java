package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Many topics at a fixed rate: how long a message takes. */
final class TopicsSet {
  private static final double LIMIT = 2;
  private static final int FEW = 10;
  private static final int MANY = 10_000;
  private static final int CHURN = 10_000;

  private TopicsSet() {}

  static void run(Bench bench, Report report) throws Exception {
    latency(bench, report);
    members(bench, report);
  }

  private static void latency(Bench bench, Report report) throws Exception {
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

  // ---- joins and leaves

  private static void members(Bench bench, Report report) throws Exception {
    int port = Bench.freePort();
    String url = "ws://127.0.0.1:" + port;
    try (Jvm server = bench.server(CarillonServer.class, Bench.FLAGS, Integer.toString(port));
        Jvm few = hold(bench, server, url + "/fan/few", FEW);
        Jvm many = hold(bench, server, url + "/fan/many", MANY)) {
      String small = FEW + " members";
      String large = MANY + " members";
      Rounds rounds =
          new Rounds(bench.rounds())
              .with(small, () -> churn(bench, server, url, "/fan/few"))
              .with(large, () -> churn(bench, server, url, "/fan/many"))
              .run("joins and leaves");
      List<List<String>> rows = new ArrayList<>();
      for (String name : List.of(small, large)) {
        rows.add(
            List.of(
                name,
                Report.number(rounds.median(name, "units_per_s"), 0),
                Report.number(rounds.median(name, "agreed_per_s"), 0),
                Report.number(rounds.median(name, "server_cpu_us"), 1),
                Report.number(rounds.ratio(name, small, "server_cpu_us"), 2),
                Report.number(rounds.median(name, "server_busy"), 2),
                rounds.counts()));
      }
      report.table(
          "Joins and leaves",
          "20 connections subscribe and unsubscribe (carillon.v1), "
              + CHURN
              + " of each a second, on a topic that has so many other members: server CPU time for a"
              + " join with its leave, in microseconds, from the message of the client to the answer.",
          List.of(
              "topic", "pairs a second", "OK a second", "CPU time", "to few", "cores", "rounds"),
          rows);
      few.tell("done");
      many.tell("done");
    }
  }

  private static Jvm hold(Bench bench, Jvm server, String url, int members) throws Exception {
    Jvm load =
        bench.load(
            List.of(server),
            List.of(
                "connect",
                "--url",
                url,
                "--conns",
                Integer.toString(members),
                "--connecting",
                "16",
                "--hold",
                "600"));
    load.await("open", 120);
    return load;
  }

  private static JsonObject churn(Bench bench, Jvm server, String url, String topic)
      throws Exception {
    return bench.measure(
        List.of(server),
        List.of(
            "flood",
            "--url",
            url + "/.multiplex",
            "--kind",
            "topics",
            "--topic",
            topic,
            "--conns",
            "20",
            "--rate",
            Integer.toString(CHURN),
            "--warmup",
            Double.toString(bench.secs()),
            "--secs",
            Double.toString(bench.secs())));
  }
}
