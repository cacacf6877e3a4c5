package io.carillon.bridge;

import io.carillon.broker.Addresses;
import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Publication;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way from this broker to that of one other node.
 *
 * <p>Publications of one event-loop turn travel in one message. Messages are numbered, so that the
 * other side can drop what an old connection delivers late. A write completes when the bytes are on
 * the socket; the number of writes under way is limited, because Vert.x queues without a bound for
 * a node that does not read. What waits behind them is bounded in bytes and in time: beyond that
 * publications to this node are dropped and counted, and nobody else notices.
 *
 * <p>Owned by the event loop of the broker.
 */
final class Link {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);

  /** Messages that may be on their way to the socket at one time. */
  private static final int WINDOW = 64;

  /** Bytes that may be on their way to the socket at one time; Vert.x holds a copy of them. */
  private static final int WINDOW_BYTES = 4 << 20;

  /** A batch is closed when it is larger than this, in bytes. */
  private static final int BATCH_BYTES = 64 << 10;

  /** Publishers are held back while more than this is queued, in bytes. */
  private static final int HIGH_WATER_BYTES = 1 << 20;

  /** What waits longer than this is of no use any more. */
  private static final long MAX_WAIT_NANOS = 10_000_000_000L;

  /** After so long without a write the node is stuck, and publishers do not wait for it. */
  private static final long STUCK_NANOS = 500_000_000L;

  /** One message that waits, and since when. */
  private record Waiting(Buffer batch, int publications, long sinceNanos) {}

  private final Vertx vertx;
  private final String self;
  private final String node;
  private final long epoch;
  private final long maxQueuedBytes;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final List<Promise<Void>> heldBack = new ArrayList<>();
  private BitSet interest = new BitSet();
  private boolean known;
  private boolean greeted;
  private boolean greeting;
  private boolean absent;
  private boolean silent;
  private Buffer batch = Buffer.buffer();
  private int batchSize;
  private boolean flushing;
  private long sequence;
  private int underWay;
  private long underWayBytes;
  private long queuedBytes;
  private long dropped;
  private long droppedNanos;
  private boolean dropping;
  private long writtenNanos = System.nanoTime();
  private boolean stuck;
  private boolean writing;
  private long greetedEpoch;
  private @Nullable Promise<Void> empty;

  Link(Vertx vertx, String self, String node, long epoch, long maxQueuedBytes) {
    this.vertx = vertx;
    this.self = self;
    this.node = node;
    this.epoch = epoch;
    this.maxQueuedBytes = maxQueuedBytes;
  }

  String node() {
    return node;
  }

  /** Publications that were dropped because the node did not take them. */
  long dropped() {
    return dropped;
  }

  /** Whether both sides know what the other wants. */
  boolean isGreeted() {
    return greeted;
  }

  /** Whether a greeting is under way; there is one at a time. */
  boolean isGreeting() {
    return greeting;
  }

  void greeting(boolean underWay) {
    greeting = underWay;
  }

  /** Whether it is worth telling the node anything: there is a broker, and it answers. */
  boolean listens() {
    return !absent && !silent;
  }

  /** It did not answer in time: nothing more is asked of it until it has been greeted again. */
  void silent() {
    silent = true;
    greeted = false;
  }

  boolean isSilent() {
    return silent;
  }

  /** Whether there is no broker on that node, as far as is known. */
  void absent(boolean noBroker) {
    absent = noBroker;
  }

  /** Which link of the other side has greeted; a new one means that it had lost us. */
  long greetedEpoch() {
    return greetedEpoch;
  }

  /** The other side has said what it wants. */
  void greeted(BitSet wants, long theirEpoch) {
    greetedEpoch = theirEpoch;
    known = true;
    greeted = true;
    absent = false;
    silent = false;
    interest = wants;
  }

  void wants(Iterable<Integer> buckets, boolean now) {
    buckets.forEach(bucket -> interest.set(bucket, now));
  }

  /** Whether publications on topics of that bucket have to go there. */
  boolean wants(int bucket) {
    return known ? interest.get(bucket) : !absent;
  }

  /** Options of a message to the other broker. */
  DeliveryOptions options(String kind) {
    return new DeliveryOptions()
        .addHeader(Addresses.VERSION, Addresses.CONTRACT_VERSION)
        .addHeader(Addresses.ACTION, kind)
        .addHeader(Addresses.NODE, self)
        .addHeader(Addresses.EPOCH, Long.toString(epoch));
  }

  // ---- publications

  /**
   * Queues a publication.
   *
   * @return complete while little is queued; otherwise when that is so again. A node that takes
   *     nothing at all holds nobody back: what does not fit is dropped
   */
  Future<Void> send(Publication publication) {
    Batch.append(batch, publication);
    return queued();
  }

  /** Queues an ask behind the publications, and drops it as them. */
  void send(long number, Ask ask) {
    Batch.append(batch, number, ask);
    queued();
  }

  /** Queues an answer. */
  void send(long number, Answer answer) {
    Batch.append(batch, number, answer);
    queued();
  }

  private Future<Void> queued() {
    batchSize++;
    if (batch.length() >= BATCH_BYTES) {
      closeBatch();
    } else if (!flushing) {
      flushing = true;
      vertx.getOrCreateContext().runOnContext(turnEnds -> flush());
    }
    if (queuedBytes <= HIGH_WATER_BYTES || stuck) {
      return Future.succeededFuture();
    }
    Promise<Void> later = Promise.promise();
    heldBack.add(later);
    return later.future();
  }

  private void flush() {
    flushing = false;
    closeBatch();
  }

  private void closeBatch() {
    if (batchSize == 0) {
      return;
    }
    // What has to wait is kept without the room that a growing buffer has to spare.
    Buffer kept = hasRoom() ? batch : Buffer.buffer(batch.getBytes());
    Waiting message = new Waiting(kept, batchSize, System.nanoTime());
    batch = Buffer.buffer();
    batchSize = 0;
    if (queuedBytes + message.batch().length() > maxQueuedBytes) {
      drop(message);
      return;
    }
    queuedBytes += message.batch().length();
    waiting.add(message);
    write();
  }

  private boolean hasRoom() {
    return underWay < WINDOW && underWayBytes < WINDOW_BYTES;
  }

  /** A write that fails at once calls this again: what waits must not pile up on the stack. */
  private void write() {
    if (writing) {
      return;
    }
    writing = true;
    for (Waiting next = next(); next != null; next = next()) {
      write(next);
    }
    writing = false;
  }

  private @Nullable Waiting next() {
    return hasRoom() ? waiting.poll() : null;
  }

  private void write(Waiting next) {
    if (underWay++ == 0) {
      writtenNanos = System.nanoTime(); // from here on it is waited for
    }
    underWayBytes += next.batch().length();
    DeliveryOptions options =
        options(Addresses.ACTION_BATCH).addHeader(Addresses.SEQUENCE, Long.toString(++sequence));
    vertx
        .eventBus()
        .<Buffer>sender(Addresses.nodeAddress(node), options)
        .write(next.batch())
        .onComplete(done -> onWritten(next, null), failure -> onWritten(next, failure));
  }

  private void onWritten(Waiting message, @Nullable Throwable failure) {
    underWay--;
    underWayBytes -= message.batch().length();
    queuedBytes -= message.batch().length();
    writtenNanos = System.nanoTime();
    stuck = false;
    if (failure != null && known) {
      drop(message);
    } else if (failure != null) {
      LOG.debug("nobody there yet: node={}", node);
    }
    write();
    releaseHeldBack();
    if (empty != null && underWay == 0) {
      empty.tryComplete();
    }
  }

  /** Completes when everything is written. */
  Future<Void> drained() {
    flush();
    if (underWay == 0) {
      return Future.succeededFuture();
    }
    Promise<Void> promise = Promise.promise();
    empty = promise;
    return promise.future();
  }

  /** Called now and then: drops what has waited too long. */
  void sweep(long nowNanos) {
    for (Waiting oldest = waiting.peek();
        oldest != null && nowNanos - oldest.sinceNanos() > MAX_WAIT_NANOS;
        oldest = waiting.peek()) {
      waiting.remove();
      queuedBytes -= oldest.batch().length();
      drop(oldest);
    }
    if (underWay > 0 && nowNanos - writtenNanos > STUCK_NANOS) {
      stuck = true;
      releaseAll();
    }
    if (dropping && queuedBytes <= HIGH_WATER_BYTES && nowNanos - droppedNanos > MAX_WAIT_NANOS) {
      dropping = false;
      LOG.warn("node takes publications again: node={}, dropped={}", node, dropped);
    }
    releaseHeldBack();
  }

  /** The node is gone, and with it what was queued; what becomes of it is of no interest. */
  void close() {
    known = false;
    dropping = false;
    waiting.clear();
    queuedBytes = 0;
    releaseHeldBack();
  }

  private void releaseHeldBack() {
    if (queuedBytes <= HIGH_WATER_BYTES && !heldBack.isEmpty()) {
      releaseAll();
    }
  }

  private void releaseAll() {
    List<Promise<Void>> all = List.copyOf(heldBack);
    heldBack.clear();
    all.forEach(Promise::tryComplete);
  }

  private void drop(Waiting message) {
    dropped += message.publications();
    droppedNanos = System.nanoTime();
    if (!dropping) {
      dropping = true;
      LOG.warn(
          "node does not take publications, they are dropped: node={}, queued={} bytes, max={} bytes",
          node,
          queuedBytes,
          maxQueuedBytes);
    }
    releaseHeldBack();
  }
}
