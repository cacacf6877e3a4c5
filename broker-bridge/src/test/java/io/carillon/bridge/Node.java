package io.carillon.bridge;

import io.carillon.broker.Broker;
import io.carillon.config.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One node of a cluster in this JVM, with nothing on it but a broker. */
final class Node implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final int FIRST_PORT = 20_000 + (int) (ProcessHandle.current().pid() % 20_000);

  final Vertx vertx;
  final Broker broker;

  private Node(Vertx vertx) {
    this.vertx = vertx;
    this.broker = Broker.of(vertx);
  }

  /** A name that no other test uses, so that clusters of different tests do not meet. */
  static String newCluster() {
    return "test-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet();
  }

  /** Joins the cluster of that name and starts a broker. */
  static Node start(String cluster) throws Exception {
    Vertx vertx = vertx(cluster);
    vertx.deployVerticle(new BrokerVerticle()).await(30, TimeUnit.SECONDS);
    return new Node(vertx);
  }

  /** Joins the cluster of that name, and no more. */
  static Vertx vertx(String cluster) throws Exception {
    ClusterOptions options = ClusterOptions.from(settings(cluster));
    VertxOptions vertxOptions = new VertxOptions().setEventLoopPoolSize(2);
    options.configure(vertxOptions);
    return Vertx.builder()
        .with(vertxOptions)
        .withClusterManager(options.manager())
        .buildClustered()
        .await(30, TimeUnit.SECONDS);
  }

  private static Settings settings(String cluster) {
    JsonObject section =
        new JsonObject().put("name", cluster).put("port", FIRST_PORT).put("portCount", 20);
    return new Settings(new JsonObject().put("cluster", section), Map.of(), Map.of());
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
