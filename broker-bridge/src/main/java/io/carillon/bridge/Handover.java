package io.carillon.bridge;

import io.carillon.broker.Publication;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The way of publications from the threads of their publishers to the event loop of the broker.
 *
 * <p>A publisher does not wait for the other thread while less than {@value #SOON_BYTES} bytes are
 * on the way: a handler that broadcasts is done at once and gets its next message in the same turn
 * of its loop, so that what it publishes shares system calls. Beyond that it waits until the broker
 * has taken its publication, and so as long as other nodes make the broker wait.
 *
 * <p>May be used from any thread; each keeps its order.
 */
final class Handover {
  /** Publishers wait while more than this is on the way to the broker, in bytes. */
  static final int SOON_BYTES = 256 << 10;

  /** What a publication costs beside its payload, so that many small ones are bounded too. */
  static final int OVERHEAD_BYTES = 128;

  private final VertxInternal vertx;
  private final Context context;
  private final Function<Publication, Future<Void>> broker;
  private final AtomicLong onTheWay = new AtomicLong();

  /**
   * @param broker takes a publication on {@code context}; complete once the next one may come
   */
  Handover(Vertx vertx, Context context, Function<Publication, Future<Void>> broker) {
    this.vertx = (VertxInternal) vertx;
    this.context = context;
    this.broker = broker;
  }

  /** Hands a publication over; complete at once while little is on the way. */
  Future<Void> take(Publication publication) {
    long cost = (long) publication.payload().size() + OVERHEAD_BYTES;
    if (onTheWay.addAndGet(cost) <= SOON_BYTES) {
      context.runOnContext(turn -> give(publication, cost));
      return Future.succeededFuture();
    }
    Promise<Void> taken = vertx.getOrCreateContext().promise();
    context.runOnContext(turn -> give(publication, cost).onComplete(taken));
    return taken.future();
  }

  private Future<Void> give(Publication publication, long cost) {
    return broker.apply(publication).onComplete(taken -> onTheWay.addAndGet(-cost));
  }
}
