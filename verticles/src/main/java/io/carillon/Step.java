package io.carillon;

import io.carillon.server.HttpVerticle;
import io.vertx.core.Context;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a verticle, in a chain of deployments.
 *
 * <p>Vert.x stops the verticles that one verticle has deployed all at once, and only then that
 * verticle. To be stopped one behind the other, each is therefore deployed by the one that must
 * outlive it: out of {@link #context()}. To wait for one that is not in the chain there is {@link
 * #stopped()}.
 */
final class Step<V extends Deployable> implements Deployable {
  /** How often an instance is put to another event loop before one that is taken will do. */
  private static final int MOST_ATTEMPTS = 256;

  /** The event loop has its share already; the next attempt is given another one. */
  private static final class Taken extends RuntimeException {
    private static final long serialVersionUID = 1;

    Taken() {
      super("event loop is taken", null, false, false);
    }
  }

  private final Supplier<V> supplier;
  private final Predicate<Thread> free;
  private @Nullable V verticle;
  private final Promise<Context> deployed = Promise.promise();
  private final Promise<Void> stopped = Promise.promise();

  private Step(Supplier<V> supplier, Predicate<Thread> free) {
    this.supplier = supplier;
    this.free = free;
  }

  /**
   * Deploys what {@code verticles} makes, as a part of the deployment that {@code parent} belongs
   * to; returns the instances. Those on event loops are spread evenly: Vert.x gives each the next
   * loop, but so does it to everything else that asks for one meanwhile.
   */
  static <V extends Deployable> Future<List<Step<V>>> deploy(
      Vertx vertx, Context parent, Supplier<V> verticles, DeploymentOptions options) {
    int instances = options.getInstances();
    DeploymentOptions one = new DeploymentOptions(options).setInstances(1);
    int loops = HttpVerticle.eventLoops(vertx);
    Map<Thread, Integer> taken = new ConcurrentHashMap<>();
    int share = (instances + loops - 1) / loops;
    Predicate<Thread> free =
        options.getThreadingModel() == ThreadingModel.EVENT_LOOP && instances > 1
            ? thread -> taken.merge(thread, 1, Integer::sum) <= share
            : thread -> true;
    List<Step<V>> steps = new ArrayList<>();
    Future<Void> all = Future.succeededFuture();
    for (int i = 0; i < instances; i++) {
      all =
          all.compose(before -> deployOne(vertx, parent, verticles, one, free, MOST_ATTEMPTS))
              .map(
                  step -> {
                    steps.add(step);
                    return null;
                  });
    }
    return all.map(done -> List.copyOf(steps));
  }

  private static <V extends Deployable> Future<Step<V>> deployOne(
      Vertx vertx,
      Context parent,
      Supplier<V> verticles,
      DeploymentOptions options,
      Predicate<Thread> free,
      int attempts) {
    Step<V> step = new Step<>(verticles, attempts > 1 ? free : any -> true);
    Promise<String> result = Promise.promise();
    parent.runOnContext(
        go ->
            Future.succeededFuture()
                .compose(now -> vertx.deployVerticle(step, options))
                .onComplete(result));
    return result
        .future()
        .map(id -> step)
        .recover(
            failure ->
                failure instanceof Taken
                    ? deployOne(vertx, parent, verticles, options, free, attempts - 1)
                    : Future.failedFuture(failure));
  }

  @Override
  public Future<?> deploy(Context context) throws Exception {
    if (!free.test(Thread.currentThread())) {
      return Future.failedFuture(new Taken());
    }
    V made = supplier.get();
    verticle = made;
    deployed.complete(context);
    return made.deploy(context);
  }

  @Override
  public Future<?> undeploy(Context context) throws Exception {
    Future<?> end;
    try {
      end = verticle().undeploy(context);
    } catch (Exception e) {
      stopped.complete();
      throw e;
    }
    return end.onComplete(done -> stopped.complete());
  }

  /** The instance, which must have been deployed. */
  V verticle() {
    return Objects.requireNonNull(verticle);
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
