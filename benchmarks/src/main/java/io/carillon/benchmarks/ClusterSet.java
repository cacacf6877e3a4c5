package io.carillon.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What a second and a third node cost and bring, all of them on this machine. */
final class ClusterSet {
  /** The first port of Hazelcast; another than the default, beside which a server may run. */
  static final int PORT = 25701;

  private static final double SPREAD_LIMIT = 1.15;
  private static final int TOPICS = 100_000;

  /** What Hazelcast reads of the JDK; the manifest of the server's jar says the same. */
  private static final List<String> NODE_FLAGS =
      List.of(
          "-XX:+UseParallelGC",
          "-Xms512m",
          "-Xmx512m",
          "--add-modules=java.se",
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-opens=java.management/sun.management=ALL-UNNAMED",
          "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED");

  private static final double SECONDS_TO_SETTLE = 3;

  private ClusterSet() {}

  static void run(Bench bench, Report report) throws Exception {
    spread(bench, report);
    between(bench, report);
    kill(bench, report);
    topics(bench, report);
  }

  private static String name() {
    return "bench-" + Long.toString(System.nanoTime(), 36);
  }

  // ---- members on two nodes

  private static void spread(Bench bench, Report report) throws Exception {
    String alone = "one node";
    String idle = "one node, beside another";
    String spread = "two nodes";
    String cluster = name();
    int[] ports = {Bench.freePort(), Bench.freePort(), Bench.freePort()};
    try (Jvm single = bench.server(CarillonServer.class, Bench.FLAGS, Integer.toString(ports[0]));
        Jvm first =
            bench.server(CarillonServer.class, NODE_FLAGS, Integer.toString(ports[1]), cluster);
        Jvm second =
            bench.server(CarillonServer.class, NODE_FLAGS, Integer.toString(ports[2]), cluster)) {
      Load.pause(SECONDS_TO_SETTLE);
      String one = "ws://127.0.0.1:" + ports[1] + "/fan/a";
      String other = "ws://127.0.0.1:" + ports[2] + "/fan/a";
      Rounds rounds =
          new Rounds(bench.rounds())
              .with(alone, fan(bench, List.of(single), "ws://127.0.0.1:" + ports[0] + "/fan/a"))
              .with(idle, fan(bench, List.of(first, second), one))
              .with(spread, fan(bench, List.of(first, second), one + "," + other))
              .run("spread");
      List<List<String>> rows = new ArrayList<>();
      for (String contestant : List.of(alone, idle, spread)) {
        double ratio = rounds.ratio(contestant, alone, "server_cpu_us");
        rows.add(
            List.of(
                contestant,
                Report.number(rounds.median(contestant, "server_cpu_us"), 2),
                contestant.equals(spread)
                    ? Report.ratio(ratio, SPREAD_LIMIT)
                    : Report.number(ratio, 2),
                FanOutSet.times(rounds, contestant),
                rounds.counts()));
      }
      report.table(
          "Members on two nodes",
          "1000 subscribers, 128 B, 4 on the way: CPU time of all nodes together for each delivery, "
              + "in microseconds. All nodes share one core, which is busy all the time and limits the "
              + "rate.",
          List.of("members on", "CPU time", "to one node", "p50 / p99 ms", "rounds"),
          rows);
    }
  }

  private static Callable<JsonObject> fan(Bench bench, List<Jvm> nodes, String urls) {
    List<String> args =
        List.of(
            "fanout",
            "--url",
            urls,
            "--subs",
            "1000",
            "--size",
            "128",
            "--window",
            "4",
            "--secs",
            Double.toString(bench.secs()),
            "--warmup",
            Double.toString(bench.secs()));
    return () -> bench.measure(nodes, args);
  }

  // ---- node to node

  private static void between(Bench bench, Report report) throws Exception {
    String cluster = name();
    List<List<String>> rows = new ArrayList<>();
    try (Jvm from = node(bench, bench.serverCore(), cluster, 1);
        Jvm to = node(bench, bench.loadCore(), cluster, 2)) {
      awaitNodes(from, 2);
      ask(to, "subscribe /bench", 10);
      for (int bytes : List.of(128, 1024)) {
        rows.add(flood(bench, from, to, bytes));
        rows.add(rate(bench, from, to, bytes, 1_000));
        rows.add(rate(bench, from, to, bytes, 10_000));
      }
    }
    report.table(
        "From node to node",
        "Publications of one publisher on one node to one subscriber on the other, each node on a "
            + "core of its own. CPU time of both together. The time is from publish to subscriber; "
            + "messages are published in bursts, one a millisecond. As fast as it goes, the publisher "
            + "waits for the broker to take every 64th: the core of the busier node limits the rate, "
            + "and the time is that in the queue. Nothing was lost or out of order.",
        List.of(
            "size, rate",
            "publications a second",
            "CPU time, microseconds",
            "p50 ms",
            "p99 ms",
            "rounds"),
        rows);
  }

  private static List<String> flood(Bench bench, Jvm from, Jvm to, int bytes) throws Exception {
    return row(
        bench,
        from,
        to,
        bytes + " B, as fast as it goes",
        "flood /bench " + bytes + " " + bench.secs());
  }

  private static List<String> rate(Bench bench, Jvm from, Jvm to, int bytes, int rate)
      throws Exception {
    return row(
        bench,
        from,
        to,
        bytes + " B, " + rate + "/s",
        "rate /bench " + bytes + " " + rate + " " + bench.secs());
  }

  private static List<String> row(Bench bench, Jvm from, Jvm to, String title, String command)
      throws Exception {
    List<Long> pids = List.of(from.pid(), to.pid());
    Rounds rounds =
        new Rounds(bench.rounds())
            .with(
                title,
                () -> {
                  Window window = new Window(pids);
                  ask(from, command, 120);
                  JsonObject measured = new JsonObject();
                  Load.pause(0.2);
                  JsonObject received = new JsonObject(ask(to, "received", 10));
                  JsonObject publisher = received.getJsonObject("1");
                  if (publisher.getLong("lost") + publisher.getLong("disorder") > 0) {
                    throw new IllegalStateException("lost or out of order: " + publisher);
                  }
                  window.end(measured, publisher.getLong("count"));
                  return measured.mergeIn(
                      publisher.put(
                          "rate", publisher.getLong("count") / publisher.getDouble("secs")));
                })
            .run(title);
    return List.of(
        title,
        Report.number(rounds.median(title, "rate"), 0),
        Report.number(rounds.median(title, "server_cpu_us"), 1),
        Report.number(rounds.median(title, "p50_us") / 1e3, 2),
        Report.number(rounds.median(title, "p99_us") / 1e3, 2),
        rounds.counts());
  }

  // ---- kill -9

  private static void kill(Bench bench, Report report) throws Exception {
    List<Double> longest = new ArrayList<>();
    List<Double> last = new ArrayList<>();
    List<Double> before = new ArrayList<>();
    long lost = 0;
    for (int round = 0; round < bench.rounds(); round++) {
      String cluster = name();
      try (Jvm one = node(bench, null, cluster, 1);
          Jvm two = node(bench, null, cluster, 2);
          Jvm victim = node(bench, null, cluster, 3)) {
        for (Jvm node : List.of(one, two, victim)) {
          awaitNodes(node, 3);
        }
        for (Jvm node : List.of(one, two, victim)) {
          ask(node, "subscribe /bench", 10);
        }
        for (Jvm node : List.of(one, two, victim)) {
          node.tell("rate /bench 128 1000 20");
        }
        Load.pause(6); // warm
        long killed = System.nanoTime();
        victim.kill();
        for (Jvm node : List.of(one, two)) {
          node.await("answer ", 60); // of the rate
          JsonObject seen = new JsonObject(ask(node, "received", 10));
          lost += lost(seen);
          JsonArray stalls = seen.getJsonArray("stalls");
          before.add(longest(stalls, killed - SECONDS.toNanos(3), killed));
          longest.add(longest(stalls, killed, Long.MAX_VALUE));
          last.add(last(stalls, killed));
        }
      }
      Bench.say("kill -9: longest stall ms " + longest + ", last ms after it " + last);
    }
    report.table(
        "kill -9 of one of three nodes",
        "Each publishes 1000 messages a second to a topic that each subscribes to. A stall is a "
            + "message among the survivors, or the completion of a publication, that took more than "
            + "100 ms. All nodes share both cores. The time until the kernel says that the connection is "
            + "reset, and Hazelcast's repair of its partitions, limit it.",
        List.of("", "median", "worst"),
        List.of(
            List.of(
                "end of the last stall after the kill, ms",
                Report.number(median(last), 0),
                Report.number(worst(last), 0)),
            List.of(
                "longest stall, ms",
                Report.number(median(longest), 0),
                Report.number(worst(longest), 0)),
            List.of(
                "longest stall in the 3 s before the kill, ms",
                Report.number(median(before), 0),
                Report.number(worst(before), 0)),
            List.of(
                "lost or out of order among survivors",
                Long.toString(lost),
                bench.rounds() + " rounds")));
  }

  private static long lost(JsonObject seen) {
    long sum = 0;
    for (String survivor : List.of("1", "2")) {
      JsonObject from = seen.getJsonObject(survivor);
      sum += from.getLong("lost") + from.getLong("disorder");
    }
    return sum;
  }

  private static double longest(JsonArray stalls, long after, long before) {
    return stalls.stream()
        .map(JsonObject.class::cast)
        .filter(stall -> stall.getLong("until") > after && stall.getLong("until") < before)
        .filter(ClusterSet::survived)
        .mapToDouble(stall -> (stall.getLong("until") - stall.getLong("since")) / 1e6)
        .max()
        .orElse(0);
  }

  private static double last(JsonArray stalls, long after) {
    return stalls.stream()
        .map(JsonObject.class::cast)
        .filter(stall -> stall.getLong("until") > after && survived(stall))
        .mapToDouble(stall -> (stall.getLong("until") - after) / 1e6)
        .max()
        .orElse(0);
  }

  private static boolean survived(JsonObject stall) {
    return !stall.getString("who").endsWith(" 3");
  }

  private static double median(List<Double> values) {
    return Median.of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static double worst(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  // ---- memory of topics

  private static void topics(Bench bench, Report report) throws Exception {
    String cluster = name();
    List<List<String>> rows = new ArrayList<>();
    try (Jvm one = node(bench, null, cluster, 1);
        Jvm two = node(bench, null, cluster, 2)) {
      awaitNodes(one, 2);
      awaitNodes(two, 2);
      long[] before = {one.liveHeapBytes(), two.liveHeapBytes()};
      ask(one, "topics " + TOPICS, 300);
      ask(two, "topics " + TOPICS, 300);
      Load.pause(1);
      long[] after = {one.liveHeapBytes(), two.liveHeapBytes()};
      for (int i = 0; i < before.length; i++) {
        rows.add(
            List.of(
                "node " + (i + 1),
                Report.number(before[i] / 1048576.0, 1),
                Report.number(after[i] / 1048576.0, 1),
                Report.number((after[i] - before[i]) / (double) TOPICS, 0)));
      }
    }
    report.table(
        "Memory of topics",
        TOPICS
            + " topics on each of two nodes, different ones, each wanted by one address as an HTTP "
            + "verticle does it: live heap after a full collection. What one topic takes is limited by "
            + "its text, its entry in the map of the node and its subscriber.",
        List.of("", "MiB before", "MiB with them", "bytes for each"),
        rows);
  }

  // ---- nodes

  private static Jvm node(Bench bench, @Nullable Integer core, String cluster, int number)
      throws Exception {
    return Jvm.start(
            bench.home(),
            core,
            NODE_FLAGS,
            BrokerNode.class,
            List.of(cluster, Integer.toString(number)))
        .listening();
  }

  private static void awaitNodes(Jvm node, int count) throws Exception {
    for (int i = 0; i < 100; i++) {
      if (ask(node, "nodes", 10).equals(Integer.toString(count))) {
        Load.pause(SECONDS_TO_SETTLE); // until they have greeted each other
        return;
      }
      Load.pause(0.2);
    }
    throw new IllegalStateException("the nodes did not find each other: expected=" + count);
  }

  private static String ask(Jvm node, String command, long seconds) throws Exception {
    node.tell(command);
    String answer = node.await("answer ", seconds);
    if (answer.startsWith("failed")) {
      throw new IllegalStateException("command failed: " + command + ": " + answer);
    }
    return answer;
  }
}
