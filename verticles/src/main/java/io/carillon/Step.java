package io.carillon;

import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * One instance of a verticle, in a chain of deployments.
 *
 * <p>Vert.x stops the verticles that one verticle has deployed all at once, and only then that
 * verticle. To be stopped one behind the other, each is therefore deployed by the one that must
 * outlive it: out of {@link #context()}. To wait for one that is not in the chain there is {@link
 * #stopped()}.
 */
final class Step<V extends Deployable> implements Deployable {
  private final V verticle;
  private final Promise<Context> deployed = Promise.promise();
  private final Promise<Void> stopped = Promise.promise();

  private Step(V verticle) {
    this.verticle = verticle;
  }

  /**
   * Deploys what {@code verticles} makes, as a part of the deployment that {@code parent} belongs
   * to; returns the instances.
   */
  static <V extends Deployable> Future<List<Step<V>>> deploy(
      Vertx vertx, Context parent, Supplier<V> verticles, DeploymentOptions options) {
    List<Step<V>> steps = Collections.synchronizedList(new ArrayList<>());
    Promise<String> result = Promise.promise();
    parent.runOnContext(
        go ->
            Future.succeededFuture()
                .compose(
                    now ->
                        vertx.deployVerticle(
                            () -> {
                              Step<V> step = new Step<>(verticles.get());
                              steps.add(step);
                              return step;
                            },
                            options))
                .onComplete(result));
    return result.future().map(id -> List.copyOf(steps));
  }

  @Override
  public Future<?> deploy(Context context) throws Exception {
    deployed.complete(context);
    return verticle.deploy(context);
  }

  @Override
  public Future<?> undeploy(Context context) throws Exception {
    Future<?> end;
    try {
      end = verticle.undeploy(context);
    } catch (Exception e) {
      stopped.complete();
      throw e;
    }
    return end.onComplete(done -> stopped.complete());
  }

  V verticle() {
    return verticle;
  }

  /** The context of the instance, which must have been deployed. */
  Context context() {
    return deployed.future().result();
  }

  /** Completes when the instance has been stopped, well or not. */
  Future<Void> stopped() {
    return stopped.future();
  }
}
