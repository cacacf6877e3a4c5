package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.carillon.bridge.BrokerVerticle;
import io.carillon.config.Settings;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server for one test: a broker, an HTTP verticle for each of two event loops on one port of its
 * own, and the handlers that the test deploys.
 *
 * <pre>{@code
 * TestServer server = TestServer.start();
 * server.serve(routes -> routes.route("/echo").message((ch, payload) -> ch.send(payload)));
 * RawClient client = server.connect("/echo");
 * }</pre>
 */
final class TestServer implements AutoCloseable {
  static final int EVENT_LOOPS = 2;

  /** What Vert.x calls a free port that all who ask for it share. */
  private static final int SHARED_FREE_PORT = -1;

  private final Vertx vertx;
  private final HttpOptions options;
  private final List<HttpVerticle> https = new ArrayList<>();
  private final List<AutoCloseable> clients = new ArrayList<>();
  private @Nullable Future<Void> httpStopped;
  private String http = "";
  private String broker = "";
  private int port;

  private TestServer(HttpOptions options, boolean nativeTransport) {
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setPreferNativeTransport(nativeTransport));
    this.options = options;
  }

  /** A server with default settings, which does not wait long for stuck handlers when it stops. */
  static TestServer start() throws Exception {
    return start("{}");
  }

  /** A server with some settings, as in a configuration file but with single quotes. */
  static TestServer start(String config) throws Exception {
    return prepare(config).run();
  }

  /** Starts everything but handlers. */
  TestServer run() throws Exception {
    deployBroker();
    deployHttp();
    listen();
    return this;
  }

  /** A server of which nothing runs yet. */
  static TestServer prepare(String config) {
    return prepare(config, true);
  }

  static TestServer prepare(String config, boolean nativeTransport) {
    JsonObject file =
        new JsonObject(
            "{\"http\":{\"host\":\"127.0.0.1\",\"stopTimeout\":\"2s\"},"
                + "\"limits\":{\"closeTimeout\":\"5s\"}}");
    file.mergeIn(new JsonObject(config.replace('\'', '"')), true);
    return new TestServer(
        HttpOptions.from(new Settings(file, Map.of(), Map.of())), nativeTransport);
  }

  void deployBroker() throws Exception {
    broker = await(vertx.deployVerticle(new BrokerVerticle()));
  }

  void undeployBroker() throws Exception {
    undeploy(broker);
  }

  void deployHttp() throws Exception {
    https.clear();
    httpStopped = null;
    http =
        await(
            vertx.deployVerticle(
                () -> {
                  HttpVerticle one = new HttpVerticle(options);
                  https.add(one);
                  return one;
                },
                new DeploymentOptions().setInstances(EVENT_LOOPS)));
  }

  void listen() throws Exception {
    for (HttpVerticle one : https) {
      port = await(one.listen(SHARED_FREE_PORT));
    }
  }

  /** Stops the HTTP verticles, as a shutdown does first. */
  Future<Void> undeployHttp() {
    Future<Void> stopped = httpStopped;
    if (stopped == null) {
      stopped = http.isEmpty() ? Future.succeededFuture() : vertx.undeploy(http);
      httpStopped = stopped;
    }
    return stopped;
  }

  /** Deploys handlers with these routes, one instance for each event loop. */
  String serve(Consumer<Routes> routes) throws Exception {
    return deploy(() -> new Handlers(routes), new DeploymentOptions().setInstances(EVENT_LOOPS));
  }

  String deploy(Supplier<Deployable> verticle, DeploymentOptions how) throws Exception {
    return await(vertx.deployVerticle(verticle, how));
  }

  void undeploy(String id) throws Exception {
    await(vertx.undeploy(id));
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.await(10, SECONDS);
  }

  Vertx vertx() {
    return vertx;
  }

  int port() {
    return port;
  }

  /** A connection on which nothing has been said. */
  RawClient open() throws IOException {
    return kept(RawClient.open(port));
  }

  /** A client that was upgraded. */
  RawClient connect(String uri) throws IOException {
    return open().upgrade(uri);
  }

  /** As many clients that, taken together, every event loop has some of them. */
  List<RawClient> connectSome(int count, String uri) throws IOException {
    List<RawClient> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(connect(uri));
    }
    return some;
  }

  /** The JDK's client. */
  JdkClient jdk(String uri) throws Exception {
    return kept(JdkClient.connect(port, uri));
  }

  <C extends AutoCloseable> C kept(C client) {
    clients.add(client);
    return client;
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable client : clients) {
      client.close();
    }
    undeployHttp().otherwiseEmpty().await(10, SECONDS);
    vertx.close().await(20, SECONDS);
  }

  /** A verticle with the routes of a test. */
  static final class Handlers extends ChannelVerticle {
    private final Consumer<Routes> routes;

    Handlers(Consumer<Routes> routes) {
      this.routes = routes;
    }

    @Override
    protected void routes(Routes declared) {
      routes.accept(declared);
    }
  }
}
