package io.carillon.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The server under test and its yardsticks, all running, each on a port of its own. */
final class Contestants implements AutoCloseable {
  static final String CARILLON = "Carillon";
  static final String NETTY = "plain Netty";
  static final String VERTX = "bare Vert.x";

  private final Bench bench;
  private final Map<String, Jvm> servers = new LinkedHashMap<>();
  private final Map<String, Integer> ports = new LinkedHashMap<>();

  Contestants(Bench bench) throws Exception {
    this.bench = bench;
    start(CARILLON, CarillonServer.class);
    start(NETTY, NettyServer.class);
    start(VERTX, VertxLoopServer.class);
  }

  private void start(String name, Class<?> main) throws Exception {
    int port = Bench.freePort();
    servers.put(name, bench.server(main, Bench.FLAGS, Integer.toString(port)));
    ports.put(name, port);
  }

  Iterable<String> names() {
    return servers.keySet();
  }

  /** Runs the load driver against one of them; {@code path} is that of its URL. */
  JsonObject measure(String name, String mode, String path, String... options) throws Exception {
    List<String> args = new ArrayList<>(List.of(mode));
    args.addAll(List.of("--url", "ws://127.0.0.1:" + ports.get(name) + path));
    args.addAll(List.of(options));
    return bench.measure(List.of(Objects.requireNonNull(servers.get(name))), args);
  }

  @Override
  public void close() {
    servers.values().forEach(Jvm::close);
  }
}
