package io.carillon.benchmarks;

import io.carillon.Main;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * The server under test, started as any other is: {@code /echo} sends back through a handler,
 * {@code /typed} does so with records, every path behind {@code /fan} is a topic whose members get
 * what any of them sends.
 */
public final class CarillonServer {
  private CarillonServer() {}

  /** {@code /echo}, and {@code /typed} for records. */
  public static final class Echo extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes.route("/echo").message((ch, payload) -> ch.send(payload));
      routes.route("/typed", Said.class, Said.class).message((ch, said) -> ch.send(said));
    }
  }

  /** {@code /fan/..}. */
  public static final class Broadcast extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes.route("/fan/:topic").message((ch, payload) -> ch.broadcast(payload));
    }
  }

  /**
   * Listens on the port given first. One more argument is the name of the cluster to join; three
   * more are the files of a certificate and its key, in PEM, to speak TLS, and {@code jdk} or
   * {@code openssl}.
   */
  public static void main(String[] args) {
    JsonObject http = new JsonObject().put("host", "127.0.0.1").put("port", port(args));
    if (args.length == 4) {
      http.put(
          "tls",
          new JsonObject().put("certificate", args[1]).put("key", args[2]).put("engine", args[3]));
    }
    JsonObject config =
        new JsonObject()
            .put("http", http)
            .put(
                "verticles",
                new JsonArray().add(Echo.class.getName()).add(Broadcast.class.getName()));
    if (args.length != 2) {
      Main.main(new String[] {"-conf", config.encode()});
    } else {
      config.put("cluster", new JsonObject().put("name", args[1]).put("port", ClusterSet.PORT));
      Main.main(new String[] {"-cluster", "-conf", config.encode()});
    }
    System.out.println("listening");
  }

  private static int port(String[] args) {
    return Integer.parseInt(args[0]);
  }
}
