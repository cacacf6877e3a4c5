package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.carillon.bridge.BrokerVerticle;
import io.carillon.bridge.ClusterOptions;
import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.config.Settings;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.carillon.server.HttpOptions;
import io.carillon.server.HttpVerticle;
import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One node of a cluster, in the JVM of the test: what a server consists of, piece by piece.
 *
 * <pre>{@code
 * ClusterNode one = ClusterNode.join(cluster).broker().http();
 * ClusterNode two = ClusterNode.join(cluster).broker();
 * two.serve(routes -> routes.route("/echo").message((ch, payload) -> ch.send(payload)));
 * Client client = one.connect("/echo");
 * }</pre>
 */
final class ClusterNode implements AutoCloseable {
  static final int EVENT_LOOPS = 2;

  /** What Vert.x calls a free port that all who ask for it share. */
  private static final int SHARED_FREE_PORT = -1;

  private static final int FIRST_PORT = 20_000 + (int) (ProcessHandle.current().pid() % 10_000);
  private static final AtomicInteger NAMES = new AtomicInteger();

  final Vertx vertx;
  final Broker broker;
  private final String cluster;
  private final List<Client> clients = new ArrayList<>();
  private List<Placed<HttpVerticle>> http = List.of();
  private int port;

  private ClusterNode(String cluster, Vertx vertx) {
    this.cluster = cluster;
    this.vertx = vertx;
    this.broker = Broker.of(vertx);
  }

  /** A name that no other test uses, so that clusters of different tests do not meet. */
  static String newCluster() {
    return "test-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet();
  }

  /** Joins the cluster of that name; nothing runs there yet. */
  static ClusterNode join(String cluster) throws Exception {
    return join(cluster, new JsonObject());
  }

  /** Joins with further settings of the section {@code cluster}. */
  static ClusterNode join(String cluster, JsonObject settings) throws Exception {
    JsonObject section =
        new JsonObject().put("name", cluster).put("port", FIRST_PORT).put("portCount", 20);
    section.mergeIn(settings);
    ClusterOptions options =
        ClusterOptions.from(settings(new JsonObject().put("cluster", section)));
    VertxOptions vertxOptions = new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS);
    options.configure(vertxOptions);
    return new ClusterNode(
        cluster,
        Vertx.builder()
            .with(vertxOptions)
            .withClusterManager(options.manager())
            .buildClustered()
            .await(30, SECONDS));
  }

  ClusterNode broker() throws Exception {
    vertx.deployVerticle(new BrokerVerticle()).await(30, SECONDS);
    return this;
  }

  /** Listens, with one HTTP verticle for each event loop. */
  ClusterNode http() throws Exception {
    return http(new JsonObject());
  }

  /** As above, with further settings of any section. */
  ClusterNode http(JsonObject further) throws Exception {
    JsonObject section = new JsonObject().put("host", "127.0.0.1").put("stopTimeout", "2s");
    JsonObject file = new JsonObject().put("http", section).mergeIn(further, true);
    HttpOptions options = HttpOptions.from(settings(file));
    http = deploy(() -> new HttpVerticle(options), EVENT_LOOPS);
    for (Placed<HttpVerticle> one : http) {
      port = one.verticle.listen(SHARED_FREE_PORT).await(10, SECONDS);
    }
    return this;
  }

  /** Stops listening, as a shutdown does first. */
  void stopHttp() throws Exception {
    undeploy(http);
  }

  /** Deploys handlers with these routes, one instance for each event loop. */
  List<Placed<Handlers>> serve(Consumer<Routes> routes) throws Exception {
    return serve(routes, EVENT_LOOPS);
  }

  /** Deploys a number of handlers with these routes, each on an event loop of its own. */
  List<Placed<Handlers>> serve(Consumer<Routes> routes, int instances) throws Exception {
    return deploy(() -> new Handlers(routes), instances);
  }

  /**
   * Deploys one behind the other, each on an event loop of its own: Vert.x itself would take the
   * next one, whoever else has taken one meanwhile.
   */
  private <V extends Deployable> List<Placed<V>> deploy(Supplier<V> verticles, int instances)
      throws Exception {
    Set<EventLoop> taken = new HashSet<>();
    List<Placed<V>> all = new ArrayList<>();
    while (all.size() < instances) {
      Placed<V> placed = new Placed<>(verticles.get(), taken);
      placed.id = vertx.deployVerticle(placed).await(30, SECONDS);
      if (placed.started) {
        all.add(placed);
      } else {
        vertx.undeploy(placed.id).await(30, SECONDS);
      }
    }
    return all;
  }

  /** Undeploys all of them at once. */
  void undeploy(List<? extends Placed<?>> deployed) throws Exception {
    Future.join(deployed.stream().map(one -> vertx.undeploy(one.id)).toList()).await(30, SECONDS);
  }

  /** Starts its verticle only if it is the first on its event loop. */
  static final class Placed<V extends Deployable> implements Deployable {
    private final V verticle;
    private final Set<EventLoop> taken;
    private boolean started;
    String id = "";

    private Placed(V verticle, Set<EventLoop> taken) {
      this.verticle = verticle;
      this.taken = taken;
    }

    @Override
    public Future<?> deploy(Context context) throws Exception {
      started = taken.add(((ContextInternal) context).nettyEventLoop());
      return started ? verticle.deploy(context) : Future.succeededFuture();
    }

    @Override
    public Future<?> undeploy(Context context) throws Exception {
      return started ? verticle.undeploy(context) : Future.succeededFuture();
    }
  }

  /** The name of its cluster. */
  String cluster() {
    return cluster;
  }

  /** The name by which the cluster knows it. */
  String id() {
    return Addresses.node(vertx);
  }

  int port() {
    return port;
  }

  /** A client that has joined a topic here. */
  Client connect(String topic, String... headers) throws Exception {
    Client client = Client.join(port, topic, headers);
    clients.add(client);
    return client;
  }

  /** The others lose it at once, and from then on it neither says nor hears anything. */
  void crash() {
    vertx.eventBus().addOutboundInterceptor(said -> {}).addInboundInterceptor(heard -> {});
    loseCluster();
  }

  /** Hazelcast ends under it, and nothing else. */
  void loseCluster() {
    ((HazelcastClusterManager) ((VertxInternal) vertx).clusterManager())
        .getHazelcastInstance()
        .getLifecycleService()
        .terminate();
  }

  @Override
  public void close() throws Exception {
    clients.forEach(Client::vanish);
    vertx.close().await(30, SECONDS);
  }

  private static Settings settings(JsonObject file) {
    return new Settings(file, Map.of(), Map.of());
  }

  /** Handlers as a test declares them. */
  static final class Handlers extends ChannelVerticle {
    private final Consumer<Routes> declaration;

    Handlers(Consumer<Routes> declaration) {
      this.declaration = declaration;
    }

    @Override
    protected void routes(Routes routes) {
      declaration.accept(routes);
    }
  }
}
