package io.carillon.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The time that is measured: how long it was, and the CPU time that the server, the load and
 * everything else on the machine took in it. By the last one a round is told that was disturbed.
 */
final class Window {
  private final List<Long> servers;
  private final List<Long> beside;
  private final long self = ProcessHandle.current().pid();
  private final long startNanos = System.nanoTime();
  private final double busy = Proc.busySeconds();
  private final double stolen = Proc.stolenSeconds();
  private final double serverCpu;
  private final double serverUser;
  private final double selfCpu = Proc.cpuSeconds(self);
  private final double besideCpu;

  /** Begins now. */
  Window(List<Long> servers) {
    this(servers, List.of());
  }

  /** The same with processes that belong to the load as this one does. */
  Window(List<Long> servers, List<Long> beside) {
    this.servers = servers;
    this.beside = beside;
    this.besideCpu = Proc.cpuSeconds(beside);
    this.serverCpu = Proc.cpuSeconds(servers);
    this.serverUser = Proc.userSeconds(servers);
  }

  /** Ends now; {@code units} were done in it. */
  void end(JsonObject report, long units) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    double server = Proc.cpuSeconds(servers) - serverCpu;
    double user = Proc.userSeconds(servers) - serverUser;
    double own = Proc.cpuSeconds(self) - selfCpu;
    double load = own + Proc.cpuSeconds(beside) - besideCpu;
    double others = Math.max(0, Proc.busySeconds() - busy - server - load);
    double each = Math.max(units, 1);
    report
        .put("secs", seconds)
        .put("units", units)
        .put("units_per_s", units / seconds)
        .put("server_cpu_us", server * 1e6 / each)
        .put("server_user_us", user * 1e6 / each)
        .put("server_busy", server / seconds)
        .put("load_cpu_us", own * 1e6 / each)
        .put("load_busy", own / seconds)
        .put("others_busy", others / seconds)
        .put("stolen", (Proc.stolenSeconds() - stolen) / seconds);
  }
}
