package io.carillon.benchmarks;

import static io.carillon.benchmarks.Contestants.CARILLON;
import static io.carillon.benchmarks.Contestants.NETTY;
import static io.carillon.benchmarks.Contestants.VERTX;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Connections: CPU time of opening one, memory of one that is idle. */
final class ConnectSet {
  private static final int WARM = 40_000;
  private static final int OPENED = 5_000;
  private static final int IDLE = 15_000;
  private static final int IDLE_TLS = 2_000;
  private static final List<String> ENGINES = List.of("jdk", "openssl");

  /** Few at once, so that a handshake of TLS ends in its time where the machine is busy. */
  private static final String CONNECTING = "16";

  private static final double NETTY_LIMIT = 1.5;
  private static final double VERTX_LIMIT = 1.0;
  private static final double HEAP_LIMIT_BYTES = 3_000;
  private static final double RSS_LIMIT = 1.25;

  /** A young generation of fixed, small size: otherwise most of it is garbage of the accepts. */
  private static final List<String> SMALL_YOUNG =
      List.of("-XX:+UseParallelGC", "-Xmn24m", "-Xms64m", "-Xmx512m");

  private ConnectSet() {}

  static void run(Bench bench, Report report) throws Exception {
    opening(bench, report);
    idle(bench, report);
    idleTls(bench, report);
  }

  private static void opening(Bench bench, Report report) throws Exception {
    try (Contestants contestants = new Contestants(bench)) {
      Rounds rounds = new Rounds(bench.rounds());
      for (String name : contestants.names()) {
        contestants.measure(
            name, "connect", "/echo", "--conns", "1", "--warm", Integer.toString(WARM));
        // The driver has to be warm as well: it is a new process each time.
        rounds.with(
            name,
            () ->
                contestants.measure(
                    name,
                    "connect",
                    "/echo",
                    "--conns",
                    Integer.toString(OPENED),
                    "--warm",
                    Integer.toString(OPENED)));
      }
      rounds.run("connect");
      report.table(
          "Opening a connection",
          "Server CPU time for each of "
              + OPENED
              + " connections, in microseconds, after "
              + WARM
              + " that were opened and closed.",
          List.of(CARILLON, NETTY, VERTX, "to Netty", "to Vert.x", "rounds"),
          List.of(
              List.of(
                  Report.number(rounds.median(CARILLON, "server_cpu_us"), 1),
                  Report.number(rounds.median(NETTY, "server_cpu_us"), 1),
                  Report.number(rounds.median(VERTX, "server_cpu_us"), 1),
                  Report.ratio(rounds.ratio(CARILLON, NETTY, "server_cpu_us"), NETTY_LIMIT),
                  Report.ratio(rounds.ratio(CARILLON, VERTX, "server_cpu_us"), VERTX_LIMIT),
                  rounds.counts())));
    }
  }

  // ---- idle

  private static void idle(Bench bench, Report report) throws Exception {
    Map<String, Class<?>> servers = new LinkedHashMap<>();
    servers.put(CARILLON, CarillonServer.class);
    servers.put(NETTY, NettyServer.class);
    servers.put(VERTX, VertxLoopServer.class);
    Rounds rounds = new Rounds(Math.min(3, bench.rounds()));
    servers.forEach((name, main) -> rounds.with(name, () -> idle(bench, main)));
    rounds.runCold("idle");
    List<List<String>> rows = new ArrayList<>();
    for (String name : servers.keySet()) {
      double heap = rounds.median(name, "heap_bytes");
      double rss = rounds.ratio(name, NETTY, "rss_bytes");
      boolean ours = name.equals(CARILLON);
      rows.add(
          List.of(
              name,
              ours && heap > HEAP_LIMIT_BYTES
                  ? "**" + Report.number(heap, 0) + "**"
                  : Report.number(heap, 0),
              Report.number(rounds.median(name, "rss_bytes"), 0),
              ours ? Report.ratio(rss, RSS_LIMIT) : Report.number(rss, 2),
              Report.number(rounds.median(name, "rss_total_mib"), 0),
              rounds.counts()));
    }
    report.table(
        "An idle connection",
        "Bytes for each of "
            + IDLE
            + " that do nothing, on a server that has opened and closed "
            + WARM
            + ": live heap after a full collection, and what the resident memory has grown by. "
            + String.join(" ", SMALL_YOUNG)
            + ". Live heap of Carillon: at most "
            + Report.number(HEAP_LIMIT_BYTES, 0)
            + ".",
        List.of("", "live heap", "RSS", "RSS to Netty", "RSS of the process, MiB", "rounds"),
        rows);
  }

  private static JsonObject idle(Bench bench, Class<?> main) throws Exception {
    return idle(bench, main, "ws", IDLE, WARM, List.of());
  }

  private static JsonObject idle(
      Bench bench, Class<?> main, String scheme, int count, int warm, List<String> more)
      throws Exception {
    int port = Bench.freePort();
    List<String> args = new ArrayList<>(List.of(Integer.toString(port)));
    args.addAll(more);
    String url = scheme + "://127.0.0.1:" + port + "/echo";
    try (Jvm server = bench.server(main, SMALL_YOUNG, args.toArray(String[]::new))) {
      List<Jvm> servers = List.of(server);
      bench.measure(
          servers,
          List.of(
              "connect",
              "--url",
              url,
              "--conns",
              "1",
              "--warm",
              Integer.toString(warm),
              "--connecting",
              CONNECTING));
      long heapBefore = server.liveHeapBytes();
      long rssBefore = Proc.rssBytes(server.pid());
      try (Jvm load =
          bench.load(
              servers,
              List.of(
                  "connect",
                  "--url",
                  url,
                  "--conns",
                  Integer.toString(count),
                  "--connecting",
                  CONNECTING,
                  "--hold",
                  "120"))) {
        load.await("open", 120);
        long rss = Proc.rssBytes(server.pid());
        long heap = server.liveHeapBytes();
        load.tell("done");
        return load.result(60)
            .put("heap_bytes", (heap - heapBefore) / (double) count)
            .put("rss_bytes", (rss - rssBefore) / (double) count)
            .put("rss_total_mib", rss / 1048576.0);
      }
    }
  }

  private static void idleTls(Bench bench, Report report) throws Exception {
    List<String> files = Certificate.make();
    Map<String, Class<?>> servers = new LinkedHashMap<>();
    servers.put(CARILLON, CarillonServer.class);
    servers.put(NETTY, NettyServer.class);
    Rounds rounds = new Rounds(Math.min(3, bench.rounds()));
    for (String engine : ENGINES) {
      List<String> args = new ArrayList<>(files);
      args.add(engine);
      servers.forEach(
          (name, main) ->
              rounds.with(
                  name + ", " + engine, () -> idle(bench, main, "wss", IDLE_TLS, IDLE_TLS, args)));
    }
    rounds.runCold("idle, TLS");
    List<List<String>> rows = new ArrayList<>();
    for (String engine : ENGINES) {
      for (String server : servers.keySet()) {
        String name = server + ", " + engine;
        rows.add(
            List.of(
                name,
                Report.number(rounds.median(name, "heap_bytes"), 0),
                Report.number(rounds.median(name, "rss_bytes"), 0),
                Report.number(rounds.ratio(name, NETTY + ", " + engine, "rss_bytes"), 2),
                rounds.counts()));
      }
    }
    report.table(
        "An idle connection, TLS",
        "The same for "
            + IDLE_TLS
            + " behind as many, TLS 1.3 with the JDK's provider and with OpenSSL.",
        List.of("", "live heap", "RSS", "RSS to Netty", "rounds"),
        rows);
  }
}
