package io.carillon;

import io.carillon.bridge.BrokerOptions;
import io.carillon.bridge.BrokerVerticle;
import io.carillon.bridge.ClusterOptions;
import io.carillon.broker.Announced;
import io.carillon.config.Settings;
import io.carillon.route.Announcement;
import io.carillon.server.HttpOptions;
import io.carillon.server.HttpVerticle;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole server on one node: the broker, HTTP, and the verticles that the configuration names.
 *
 * <pre>{@code
 * Vertx vertx = Vertx.vertx();
 * MainVerticle server = new MainVerticle();
 * JsonObject config = new JsonObject("{'http': {'port': 0}, 'verticles': ['com.acme.Chat']}");
 * vertx.deployVerticle(server, new DeploymentOptions().setConfig(config)).await();
 * URI uri = URI.create("ws://localhost:" + server.port() + "/chat/lobby");
 * }</pre>
 *
 * <p>Deploy one instance for each Vert.x. Its configuration is the JSON file of a server started
 * from the command line; environment and system properties outrank it here too. Handlers may also
 * be deployed afterwards, by whoever has the Vert.x.
 *
 * <p>They start in this order: broker, HTTP, the verticles as they are listed; then the port is
 * opened, so that the first client finds all of them. They stop the other way round: HTTP, which
 * lets every client leave, the verticles, the broker. A value that is not allowed, a class that is
 * not there, routes that overlap, a port that is taken: any of them fails the deployment with one
 * line that says what to mend, and what had been started is stopped.
 */
public final class MainVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(MainVerticle.class);

  private final @Nullable Settings given;
  private volatile @Nullable Door door;

  /** A server that reads its own configuration, the environment and the system properties. */
  public MainVerticle() {
    this.given = null;
  }

  /** A server with these settings, whatever the environment says. */
  MainVerticle(Settings settings) {
    this.given = settings;
  }

  @Override
  public Future<?> start() {
    Settings settings = given == null ? Settings.of(file()) : given;
    int eventLoops = HttpVerticle.eventLoops(vertx);
    Shutdown.timeout(settings); // of Main; known here too
    ClusterOptions.from(settings); // as well
    BrokerOptions broker = BrokerOptions.from(settings);
    HttpOptions http = HttpOptions.from(settings);
    int instances = Instances.of(settings, "http.instances", eventLoops, eventLoops);
    List<VerticleEntry> verticles = new ArrayList<>();
    for (Settings entry : settings.objects("verticles", "name")) {
      verticles.add(VerticleEntry.from(entry, eventLoops));
    }
    settings.unknownWarnings().forEach(LOG::warn);
    return deploy(broker, http, instances, verticles);
  }

  /**
   * The port that the server listens on, which is another than the one configured if that was 0.
   *
   * @throws IllegalStateException before the deployment has succeeded
   */
  public int port() {
    Door opened = door;
    if (opened == null) {
      throw new IllegalStateException("the server has not been deployed yet");
    }
    return opened.port();
  }

  /** The configuration; an empty one where it was deployed without. */
  private JsonObject file() {
    @Nullable JsonObject config = config();
    return config == null ? new JsonObject() : config;
  }

  private Future<?> deploy(
      BrokerOptions broker, HttpOptions http, int instances, List<VerticleEntry> verticles) {
    DeploymentOptions one = new DeploymentOptions();
    DeploymentOptions all = new DeploymentOptions().setInstances(instances).setConfig(file());
    return Step.deploy(vertx, context, () -> new BrokerVerticle(broker), one)
        .compose(
            brokers ->
                Step.deploy(vertx, context, () -> new HttpVerticle(http), all)
                    .compose(
                        https ->
                            deployAll(brokers.get(0).context(), verticles)
                                .compose(last -> open(last, https, http))));
  }

  /** Deploys one behind the other, each as a part of the one before; returns the last context. */
  private Future<Context> deployAll(Context parent, List<VerticleEntry> verticles) {
    Future<Context> last = Future.succeededFuture(parent);
    for (VerticleEntry entry : verticles) {
      last = last.compose(before -> deploy(before, entry));
    }
    return last;
  }

  private Future<Context> deploy(Context parent, VerticleEntry entry) {
    return Step.<Deployable>deploy(vertx, parent, entry::create, entry.options())
        .map(steps -> steps.get(0).context())
        .recover(failure -> Future.failedFuture(StartFailure.of(entry.type(), failure)));
  }

  private Future<Void> open(Context parent, List<Step<HttpVerticle>> https, HttpOptions http) {
    Door opening = new Door(https, http.port());
    Announcement.targetsWithoutRoutes(Announced.in(vertx).values()).forEach(LOG::warn);
    return Step.deploy(vertx, parent, () -> opening, new DeploymentOptions())
        .recover(failure -> Future.failedFuture(StartFailure.of(http, failure)))
        .map(
            open -> {
              door = opening;
              LOG.info("Carillon listens: {}", url(http, opening.port()));
              return null;
            });
  }

  /** What to type into a browser on this machine. */
  private static String url(HttpOptions http, int port) {
    boolean anywhere = http.host().equals("0.0.0.0") || http.host().equals("::");
    String host = anywhere ? "localhost" : http.host();
    String literal = host.contains(":") ? "[" + host + "]" : host;
    return (http.tls().isPresent() ? "https://" : "http://") + literal + ":" + port + "/";
  }
}
