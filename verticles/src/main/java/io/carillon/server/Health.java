package io.carillon.server;

import io.carillon.broker.Broker;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.ext.healthchecks.HealthChecks;
import io.vertx.ext.healthchecks.Status;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.healthchecks.HealthCheckHandler;
import java.util.function.BooleanSupplier;

/**
 * {@code /health/live} says that the process answers; {@code /health/ready} that clients may be
 * sent here: it listens, the broker runs, the cluster is joined and nothing is stopping. Both
 * answer 200 or 503.
 */
final class Health {
  private Health() {}

  static final String PATH = "/health/";

  /** Longer than the broker is waited for: a check that is late would be a 500. */
  private static final long LATE_MILLIS = 5_000;

  static void mount(Router router, Vertx vertx, BooleanSupplier serving) {
    HealthChecks live = HealthChecks.create(vertx);
    live.register("process", promise -> promise.complete(Status.OK()));
    HealthChecks ready = HealthChecks.create(vertx);
    ready.register(
        "serving", LATE_MILLIS, promise -> promise.complete(status(serving.getAsBoolean())));
    ready.register("cluster", LATE_MILLIS, promise -> promise.complete(status(isJoined(vertx))));
    Broker broker = Broker.of(vertx);
    ready.register(
        "broker",
        LATE_MILLIS,
        promise ->
            broker
                .isRunning()
                .onComplete(
                    running -> promise.tryComplete(status(running)),
                    failure -> promise.tryComplete(status(false))));
    router.get(PATH + "live").handler(HealthCheckHandler.createWithHealthChecks(live));
    router.get(PATH + "ready").handler(HealthCheckHandler.createWithHealthChecks(ready));
  }

  private static boolean isJoined(Vertx vertx) {
    ClusterManager cluster = ((VertxInternal) vertx).clusterManager();
    return cluster == null || cluster.isActive();
  }

  private static Status status(boolean good) {
    return good ? Status.OK() : Status.KO();
  }
}
