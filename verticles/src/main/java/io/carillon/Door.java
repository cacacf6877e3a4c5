package io.carillon;

import io.carillon.server.HttpVerticle;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;

/**
 * The last verticle that is deployed: opens the port, now that there is somebody behind it.
 *
 * <p>It is also the first that is told to stop, together with HTTP, and stops when HTTP has: until
 * then every handler is there for the leave of every client, and the broker for what they say.
 */
final class Door extends VerticleBase {
  /** What Vert.x calls a free port that all who ask for it share; 0 gives each its own. */
  private static final int SHARED_FREE_PORT = -1;

  private final List<Step<HttpVerticle>> http;
  private final int wanted;
  private volatile int port;

  /**
   * A door before all the instances given.
   *
   * @param wanted the port; 0 for any free one
   */
  Door(List<Step<HttpVerticle>> http, int wanted) {
    this.http = http;
    this.wanted = wanted == 0 ? SHARED_FREE_PORT : wanted;
  }

  @Override
  public Future<?> start() {
    return Future.all(http.stream().map(step -> step.verticle().listen(wanted)).toList())
        .onSuccess(open -> port = open.resultAt(0));
  }

  @Override
  public Future<?> stop() {
    return Future.join(http.stream().map(Step::stopped).toList());
  }

  /** The port that was opened; 0 before. */
  int port() {
    return port;
  }
}
