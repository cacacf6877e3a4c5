package io.carillon.bridge;

import io.carillon.broker.OtherNodes;
import io.carillon.broker.Publication;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The way of publications from the threads of their publishers to the event loop of the broker.
 *
 * <p>A publisher does not wait for the other thread while less than {@value #SOON_BYTES} bytes are
 * on the way: a handler that broadcasts is done at once and gets its next message in the same turn
 * of its loop, so that what it publishes shares system calls. Beyond that it waits until the broker
 * has taken enough, and so as long as other nodes make the broker wait.
 *
 * <p>May be used from any thread; each keeps its order.
 */
final class Handover implements OtherNodes {
  /** Publishers wait while more than this is on the way to the broker, in bytes. */
  static final int SOON_BYTES = 256 << 10;

  /** What a publication costs beside its payload, so that many small ones are bounded too. */
  static final int OVERHEAD_BYTES = 128;

  private final VertxInternal vertx;
  private final Context context;
  private final Function<Publication, Future<Void>> broker;
  private final AtomicLong onTheWay = new AtomicLong();
  private final Queue<Promise<Void>> waiting = new ConcurrentLinkedQueue<>();

  /**
   * @param broker takes a publication on {@code context}; complete once the next one may come
   */
  Handover(Vertx vertx, Context context, Function<Publication, Future<Void>> broker) {
    this.vertx = (VertxInternal) vertx;
    this.context = context;
    this.broker = broker;
  }

  @Override
  public Future<Void> expect(Publication publication) {
    if (onTheWay.addAndGet(cost(publication)) <= SOON_BYTES) {
      return Future.succeededFuture();
    }
    Promise<Void> room = vertx.getOrCreateContext().promise();
    waiting.add(room);
    releaseWhereThereIsRoom(); // which may have come between the two
    return room.future();
  }

  @Override
  public void accept(List<Publication> publications) {
    context.runOnContext(turn -> publications.forEach(this::give));
  }

  private void give(Publication publication) {
    broker.apply(publication).onComplete(taken -> onTaken(publication));
  }

  private void onTaken(Publication publication) {
    onTheWay.addAndGet(-cost(publication));
    releaseWhereThereIsRoom();
  }

  private void releaseWhereThereIsRoom() {
    while (onTheWay.get() <= SOON_BYTES) {
      Promise<Void> first = waiting.poll();
      if (first == null) {
        return;
      }
      first.complete();
    }
  }

  private static long cost(Publication publication) {
    return (long) publication.payload().size() + OVERHEAD_BYTES;
  }
}
