package io.carillon.route;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/** Counts the channels that a handler instance has heard of and that have not left. */
final class KnownChannels {
  private int count;
  private @Nullable Promise<Void> none;

  void add() {
    count++;
  }

  void remove() {
    count--;
    if (count == 0 && none != null) {
      none.tryComplete();
    }
  }

  /** Completes when the last one has left, or when the time is up. */
  Future<Void> none(Vertx vertx, long millis) {
    if (count == 0) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    none = promise;
    long timer = vertx.setTimer(millis, late -> promise.tryComplete());
    return promise.future().andThen(done -> vertx.cancelTimer(timer));
  }
}
