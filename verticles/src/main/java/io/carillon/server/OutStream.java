package io.carillon.server;

import io.carillon.channel.CloseException;
import io.carillon.channel.MessageStream;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.Utf8Validator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A message that is written bit by bit: keeps its chunks until the connection takes them, and cuts
 * them into frames.
 *
 * <p>It stands in the {@link Outbox} of its connection from its opening to its last frame. While it
 * is the first there, the connection asks it for frames, and is told when there are new ones. One
 * that has begun and cannot be finished stays the first, so that nothing follows half a message.
 *
 * <p>What {@link MessageStream} says comes from any thread and hops to the event loop of the
 * connection, which owns everything but the number of bytes and the handlers.
 */
final class OutStream implements MessageStream {
  /** Least that goes into a frame that is not the last one, in bytes. */
  static final int SOFT_BYTES = 4 << 10;

  /** Most that goes into a frame, in bytes: a ping waits for no more. */
  private static final int MOST_FRAME_BYTES = 64 << 10;

  private static final int QUEUE_BYTES = 64 << 10;

  private enum State {
    /** More may be written. */
    OPEN,
    /** Everything was written, not everything sent. */
    ENDING,
    /** Everything was handed to the socket. */
    DONE,
    /** It cannot be finished. */
    CUT
  }

  private final SessionChannel channel;
  private final ContextInternal context;
  private final boolean text;

  // any thread
  private final AtomicLong kept = new AtomicLong();
  private volatile int most = QUEUE_BYTES;
  private volatile boolean full;
  private volatile @Nullable Handler<Void> drained;
  private volatile @Nullable Handler<Throwable> failed;

  // the event loop
  private final Queue<byte[]> chunks = new ArrayDeque<>();
  private final Queue<Promise<Void>> waiting = new ArrayDeque<>();
  private State state = State.OPEN;
  private @Nullable Outbox box;
  private @Nullable Promise<Void> ended;
  private @Nullable CloseException why;
  private boolean begun;
  private int ready;
  private int offset;
  private int utf8 = Utf8Validator.ACCEPT;
  private long writtenNanos = System.nanoTime();

  /**
   * @param context of who writes
   */
  OutStream(SessionChannel channel, ContextInternal context, boolean text) {
    this.channel = channel;
    this.context = context;
    this.text = text;
  }

  // ---- who writes

  @Override
  public Future<Void> write(Buffer chunk) {
    byte[] bytes = chunk.getBytes();
    Promise<Void> room = context.promise();
    kept.addAndGet(bytes.length);
    channel.loop().run(() -> take(bytes, room));
    return room.future();
  }

  @Override
  public Future<Void> end() {
    Promise<Void> sent = context.promise();
    channel.loop().run(() -> finish(sent));
    return sent.future();
  }

  /** At once, so that what is done next finds a message that is whole. */
  @Override
  public Future<Void> end(Buffer last) {
    write(last); // what becomes of it, the end says too
    return end();
  }

  @Override
  public void abort() {
    channel.loop().run(() -> giveUp(CloseStatus.INTERNAL_SERVER_ERROR));
  }

  @Override
  public MessageStream setWriteQueueMaxSize(int bytes) {
    most = Math.max(2 * SOFT_BYTES, bytes); // else what is gathered for a frame would fill it
    return this;
  }

  @Override
  public boolean writeQueueFull() {
    if (kept.get() < most) {
      return false;
    }
    full = true; // and looked at again, for it may have been emptied before this was seen
    return kept.get() >= most;
  }

  @Override
  public MessageStream drainHandler(@Nullable Handler<Void> handler) {
    drained = handler;
    if (handler != null && !writeQueueFull()) {
      context.runOnContext(handler); // it became so before anybody wanted to hear of it
    }
    return this;
  }

  @Override
  public MessageStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    failed = handler;
    return this;
  }

  // ---- in

  private void take(byte[] bytes, Promise<Void> room) {
    if (state != State.OPEN) {
      kept.addAndGet(-bytes.length);
      room.fail(refusal());
      return;
    }
    writtenNanos = System.nanoTime();
    Outbox in = box;
    long queued = in == null ? ready : in.bytes();
    chunks.add(bytes);
    ready += bytes.length;
    waiting.add(room);
    if (in != null) {
      in.charge(bytes.length);
    }
    if (text && !isText(bytes)) {
      giveUp(CloseStatus.INTERNAL_SERVER_ERROR.withReason("text is not UTF-8"));
    } else if (ready > bytes.length
        && queued + bytes.length > channel.loop().limits().maxOutboundBytes()) {
      channel.loop().counters().count(Counters.Limit.MAX_OUTBOUND_BYTES);
      giveUp(SessionChannel.SLOW);
    } else {
      channel.session().sendOn();
      makeRoom();
    }
  }

  private boolean isText(byte[] bytes) {
    utf8 = Utf8Validator.check(utf8, bytes, 0, bytes.length);
    return utf8 != Utf8Validator.REJECT;
  }

  private void finish(Promise<Void> sent) {
    if (state != State.OPEN) {
      sent.fail(refusal());
    } else if (utf8 != Utf8Validator.ACCEPT) {
      giveUp(CloseStatus.INTERNAL_SERVER_ERROR.withReason("text is not UTF-8"));
      sent.fail(refusal());
    } else {
      state = State.ENDING;
      ended = sent;
      channel.session().sendOn();
    }
  }

  private Throwable refusal() {
    return why == null ? new IllegalStateException("the message has ended") : why;
  }

  // ---- out

  /** It has its place among what goes to the client. */
  void queued(Outbox in) {
    box = in;
    in.charge(ready);
  }

  /** The next frame; null while there is none. {@link #onSent} is to be called behind it. */
  @Nullable ByteBuf next(ByteBufAllocator allocator) {
    if (state == State.OPEN && !begun && !channel.isOpen()) {
      fail(SessionChannel.closed());
    }
    boolean last = state == State.ENDING;
    if (!last && (state != State.OPEN || ready < SOFT_BYTES)) {
      return null;
    }
    int count = Math.min(ready, MOST_FRAME_BYTES);
    last &= count == ready;
    ByteBuf frame = frame(allocator, count, last);
    begun = true;
    Objects.requireNonNull(box).charge(-count);
    kept.addAndGet(-count);
    if (last) {
      state = State.DONE;
    }
    return frame;
  }

  /** The frame is with the socket: whoever writes may go on, which may bring the next one. */
  void onSent() {
    channel.onProgress();
    makeRoom();
    Promise<Void> end = ended;
    if (state == State.DONE && end != null) {
      end.tryComplete();
    }
  }

  private ByteBuf frame(ByteBufAllocator allocator, int count, boolean last) {
    byte[] prefix = begun ? PlainSession.NO_PREFIX : channel.carrier().prefix();
    int opcode = begun ? Frames.CONTINUATION : text ? Frames.TEXT : Frames.BINARY;
    int first = last ? Frames.FIN | opcode : opcode;
    ByteBuf frame = Frames.begin(allocator, first, prefix.length + count).writeBytes(prefix);
    for (int left = count; left > 0; ) {
      byte[] chunk = Objects.requireNonNull(chunks.peek());
      int taken = Math.min(left, chunk.length - offset);
      frame.writeBytes(chunk, offset, taken);
      offset += taken;
      left -= taken;
      if (offset == chunk.length) {
        chunks.remove();
        offset = 0;
      }
    }
    ready -= count;
    return frame;
  }

  /** Lets a writer that has filled it go on once half of what may be kept is free. */
  private void makeRoom() {
    long now = kept.get();
    if (now >= most) {
      full = true;
    }
    boolean wasFull = full;
    if (wasFull && now > most / 2) {
      return;
    }
    full = false;
    for (Promise<Void> room = waiting.poll(); room != null; room = waiting.poll()) {
      room.tryComplete();
    }
    Handler<Void> waits = drained;
    if (wasFull && waits != null) {
      context.emit(null, waits);
    }
  }

  /** Whether it needs no place any more. */
  boolean isOver() {
    return state == State.DONE || (state == State.CUT && !begun);
  }

  /** Whether all of it is here, and it may be finished ahead of a close. */
  boolean isWhole() {
    return state == State.ENDING;
  }

  // ---- what cannot be finished

  /** Nothing more of it is sent; whoever writes hears why. */
  void fail(CloseException failure) {
    if (state == State.DONE || state == State.CUT) {
      return;
    }
    state = State.CUT;
    why = failure;
    Outbox in = box;
    if (in != null) {
      in.charge(-ready);
    }
    kept.addAndGet(-ready);
    ready = 0;
    chunks.clear();
    for (Promise<Void> room = waiting.poll(); room != null; room = waiting.poll()) {
      room.tryFail(failure);
    }
    Promise<Void> end = ended;
    if (end != null) {
      end.tryFail(failure);
    }
    Handler<Throwable> hears = failed;
    if (hears != null) {
      context.emit(failure, hears);
    }
  }

  /** The same from this side: where it has begun, the client can get nothing more. */
  private void giveUp(CloseStatus status) {
    if (state == State.DONE || state == State.CUT) {
      return;
    }
    fail(new CloseException(status));
    if (begun) {
      channel.session().end(status);
    } else if (status.equals(SessionChannel.SLOW)) {
      channel.end(status);
    }
    channel.session().sendOn();
  }

  /** Gives it up if its writer lets everything behind it wait for too long. */
  void sweep(long nowNanos) {
    if (state == State.OPEN
        && ready < SOFT_BYTES
        && nowNanos - writtenNanos > channel.handlerTimeout().toNanos()) {
      channel.loop().counters().count(Counters.Limit.HANDLER_TIMEOUT);
      giveUp(CloseStatus.INTERNAL_SERVER_ERROR.withReason("handler timed out"));
    }
  }
}
