package io.carillon.examples;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.carillon.MainVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** A server inside the test's JVM, on a port that was free: started as an application would. */
final class Node implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final MainVerticle server = new MainVerticle();

  private Node() {}

  /** Serves these verticles. */
  static Node of(Class<?>... verticles) throws Exception {
    JsonArray names = new JsonArray();
    for (Class<?> verticle : verticles) {
      names.add(verticle.getName());
    }
    return of(new JsonObject().put("verticles", names));
  }

  /** Serves what {@code config} names. */
  static Node of(JsonObject config) throws Exception {
    Node node = new Node();
    JsonObject http = config.getJsonObject("http", new JsonObject());
    config.put("http", http.put("host", "localhost").put("port", 0));
    DeploymentOptions options = new DeploymentOptions().setConfig(config);
    node.vertx.deployVerticle(node.server, options).await(20, SECONDS);
    return node;
  }

  int port() {
    return server.port();
  }

  /** A client that has joined {@code topic}. */
  Client join(String topic) throws Exception {
    return Client.join(port(), topic);
  }

  @Override
  public void close() throws Exception {
    vertx.close().await(20, SECONDS);
  }
}
