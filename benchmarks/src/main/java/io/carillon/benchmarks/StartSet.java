package io.carillon.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** From the start of the process to the first answer 101, and what an archive of classes brings. */
final class StartSet {
  private static final String UPGRADE =
      """
      GET /echo HTTP/1.1\r
      Host: localhost\r
      Connection: Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
      \r
      """;
  private static final double CALM_SECONDS = 10;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private StartSet() {}

  static void run(Bench bench, Report report) throws Exception {
    Path folder = Files.createTempDirectory("carillon-start");
    Map<String, List<String>> ways = new LinkedHashMap<>();
    ways.put("nothing", List.of());
    Path classes = folder.resolve("classes.jsa");
    train(bench, List.of("-XX:ArchiveClassesAtExit=" + classes));
    ways.put("class-data sharing", List.of("-XX:SharedArchiveFile=" + classes));
    if (bench.feature() >= 25) {
      Path cache = folder.resolve("cache.aot");
      train(bench, List.of("-XX:AOTCacheOutput=" + cache));
      ways.put("AOT cache", List.of("-XX:AOTCache=" + cache));
    }
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int round = 0; round < bench.rounds(); round++) {
      for (Map.Entry<String, List<String>> way : ways.entrySet()) {
        double seconds = start(bench, way.getValue(), CarillonServer.class);
        times.computeIfAbsent(way.getKey(), first -> new ArrayList<>()).add(seconds);
      }
      double seconds = start(bench, List.of(), NettyServer.class);
      times.computeIfAbsent("plain Netty, nothing", first -> new ArrayList<>()).add(seconds);
      Bench.say("start: " + times);
    }
    List<List<String>> rows = new ArrayList<>();
    times.forEach(
        (name, seconds) ->
            rows.add(
                List.of(
                    name,
                    Report.number(
                        Median.of(seconds.stream().mapToDouble(Double::doubleValue).toArray()), 2),
                    Integer.toString(seconds.size()))));
    report.table(
        "Start",
        "Seconds from the start of the process to the first upgrade that is served, on one core. "
            + "Without a cluster.",
        List.of("with", "seconds", "rounds"),
        rows);
  }

  private static void train(Bench bench, List<String> flags) throws Exception {
    start(bench, flags, CarillonServer.class);
  }

  private static double start(Bench bench, List<String> extra, Class<?> main) throws Exception {
    List<String> flags = new ArrayList<>(Bench.FLAGS);
    flags.addAll(extra);
    int port = Bench.freePort();
    Machine.awaitCalm(CALM_SECONDS);
    long begin = System.nanoTime();
    try (Jvm server =
        Jvm.start(bench.home(), bench.serverCore(), flags, main, List.of(Integer.toString(port)))) {
      while (!Objects.equals(upgrade(port), "HTTP/1.1 101")) {
        if (System.nanoTime() - begin > PATIENCE_NANOS) {
          throw new IllegalStateException("no upgrade within 60 s: process=" + server.pid());
        }
        Thread.sleep(2);
      }
      return (System.nanoTime() - begin) / 1e9;
    }
  }

  /** The first bytes of the answer to an upgrade; empty where nobody listens yet. */
  private static String upgrade(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(UPGRADE.getBytes(US_ASCII));
      return new String(socket.getInputStream().readNBytes(12), US_ASCII);
    } catch (IOException notYet) {
      return "";
    }
  }
}
