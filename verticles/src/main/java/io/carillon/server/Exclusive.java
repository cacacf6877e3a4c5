package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.core.shareddata.SharedData;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Has actions of the same name run one at a time in the whole cluster.
 *
 * <p>Those of a node stand in line; the first of each node looks again and again whether an entry
 * of a shared map is free. The cluster-wide lock of Vert.x is not used: with Hazelcast it belongs
 * to a thread of the worker pool, which gets it a second time while it is held, and nobody hears
 * when its release is done.
 */
final class Exclusive {
  private static final int UNAVAILABLE = 503;

  /** How long one waits behind those of its node, and again behind those of others. */
  private static final long WAIT_MILLIS = 1_000;

  private static final long AGAIN_MILLIS = 10;

  /** A node that dies in possession holds the others up for so long. */
  private static final long HELD_MILLIS = 5_000;

  private final Vertx vertx;
  private final SharedData shared;

  Exclusive(Vertx vertx) {
    this.vertx = vertx;
    this.shared = vertx.sharedData();
  }

  /**
   * Runs an action when it is its turn.
   *
   * @param action takes less than five seconds
   * @return what the action returns; fails with 503 when its turn does not come
   */
  <T> Future<T> run(String name, Supplier<Future<T>> action) {
    return shared
        .getLocalLockWithTimeout(Addresses.EXCLUSIVE + "/" + name, WAIT_MILLIS)
        .recover(late -> busy())
        .compose(
            line ->
                shared
                    .<String, String>getAsyncMap(Addresses.EXCLUSIVE)
                    .compose(held -> run(held, name, action))
                    .onComplete(done -> line.release()));
  }

  private <T> Future<T> run(
      AsyncMap<String, String> held, String name, Supplier<Future<T>> action) {
    String mine = UUID.randomUUID().toString();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
    return take(held, name, mine, deadline)
        .compose(
            taken ->
                Future.<Void>succeededFuture()
                    .compose(now -> action.get()) // which may throw
                    .eventually(() -> held.removeIfPresent(name, mine)));
  }

  private Future<Void> take(
      AsyncMap<String, String> held, String name, String mine, long deadlineNanos) {
    return held.putIfAbsent(name, mine, HELD_MILLIS)
        .compose(
            other -> {
              if (other == null) {
                return Future.succeededFuture();
              }
              return System.nanoTime() - deadlineNanos > 0
                  ? busy()
                  : vertx
                      .timer(AGAIN_MILLIS, TimeUnit.MILLISECONDS)
                      .compose(again -> take(held, name, mine, deadlineNanos));
            });
  }

  private static <T> Future<T> busy() {
    return Future.failedFuture(CloseException.http(UNAVAILABLE, "busy"));
  }
}
