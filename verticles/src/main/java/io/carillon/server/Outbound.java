package io.carillon.server;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Overflow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way out of one connection: counts what is queued, and applies the overflow policy of a
 * message's route where it does not fit.
 *
 * <p>A client that keeps up costs nothing here: its frames go straight to the socket, and are
 * flushed once for all that is written in one turn. Netty's queue cannot give anything back, so
 * what may still be dropped waits in an {@link Outbox} above it, once more than {@value
 * #QUICK_BYTES} bytes are queued. Owned by the event loop of the connection.
 */
final class Outbound {
  /**
   * What may be queued beyond the limit, in bytes, so that the client hears why it gets no more.
   */
  private static final int CONTROL_BYTES = 64 << 10;

  /** How much is handed to the socket at once where what waits may still be dropped, in bytes. */
  private static final int QUICK_BYTES = 64 << 10;

  /** Small messages of one turn share a buffer of so many bytes. */
  private static final int SHARED_BYTES = 4 << 10;

  /** A message of more than so many bytes has a buffer of its own. */
  private static final int MOST_SHARED_BYTES = 1 << 10;

  private final ChannelHandlerContext ctx;
  private final Loop loop;

  /**
   * Nothing stands between this and the socket that would look at what is written, such as TLS:
   * frames go past the pipeline, which saves some 5 % of each.
   */
  private final boolean direct;

  private @Nullable Outbox outbox;

  /** The last in the socket's queue, as long as more may be appended to it. */
  private @Nullable ByteBuf last;

  private int appended;
  private boolean touched;
  private boolean active;
  private boolean emptying;
  private boolean streamless;

  Outbound(ChannelHandlerContext ctx, Loop loop) {
    this.ctx = ctx;
    this.loop = loop;
    this.direct = ctx.pipeline().firstContext() == ctx;
  }

  private int max() {
    return loop.limits().maxOutboundBytes();
  }

  /** Queues a message of a channel, and takes over one reference to it. */
  Queued write(ByteBuf frame, SessionChannel channel, String key) {
    if (outbox == null && fitsQuickly(frame)) {
      return write(frame);
    }
    Overflow policy = channel.settings().overflow();
    if (outbox != null || policy != Overflow.CLOSE) {
      return writeAbove(frame, channel, key, policy);
    }
    return fits(frame, max()) ? write(frame) : tooSlow(frame);
  }

  /**
   * Whether no more than a little is queued. A burst that is written in one turn is sent on the
   * way, so that it does not look like a client that does not read.
   */
  private boolean fitsQuickly(ByteBuf frame) {
    int limit = Math.min(QUICK_BYTES, max());
    if (fits(frame, limit)) {
      return true;
    }
    flushNow();
    return fits(frame, limit);
  }

  private Queued tooSlow(ByteBuf frame) {
    loop.counters().count(Counters.Limit.MAX_OUTBOUND_BYTES);
    frame.release();
    return Queued.NO;
  }

  private Queued write(ByteBuf frame) {
    active = true;
    hand(frame);
    touch();
    return Queued.YES;
  }

  /**
   * Queues a small message for this client alone in the buffer of another one that goes out with
   * it, which saves an allocation and a place in the queue of the socket: clients that send many
   * messages at once get many answers at once.
   *
   * @return false where there is no such other, or no room: then it takes a buffer of its own
   */
  boolean append(byte[] prefix, Payload payload) {
    int bytes = Frames.bytes(prefix, payload);
    if (!touched || !direct || outbox != null || bytes > MOST_SHARED_BYTES) {
      return false;
    }
    ByteBuf buffer = last;
    boolean fits = queued() + bytes <= Math.min(QUICK_BYTES, max());
    if (buffer == null && appended == 0 && fits) {
      ByteBuf made = ctx.alloc().directBuffer(SHARED_BYTES);
      write(Frames.append(made, prefix, payload));
      last = made;
      return true;
    }
    if (buffer == null || !fits || buffer.writableBytes() < bytes) {
      return false;
    }
    Frames.append(buffer, prefix, payload);
    appended += bytes;
    return true;
  }

  /**
   * Whether there is room for a frame; a single one may be larger than the limit when nothing else
   * is queued.
   */
  private boolean fits(ByteBuf frame, long limit) {
    long queued = queued();
    return queued == 0 || queued + frame.readableBytes() <= limit;
  }

  /** What was appended is not known to the socket's queue, and counts until that is empty. */
  private long queued() {
    long handed = handed();
    return handed == 0 ? 0 : handed + appended;
  }

  private long handed() {
    ChannelOutboundBuffer queue = ctx.channel().unsafe().outboundBuffer();
    return queue == null ? Integer.MAX_VALUE : queue.totalPendingWriteBytes();
  }

  // ---- what may still be dropped

  private Queued writeAbove(ByteBuf frame, SessionChannel channel, String key, Overflow policy) {
    Outbox box = outbox == null ? newOutbox() : outbox;
    long room = max() - queued();
    boolean fits = box.bytes() + Outbox.cost(frame) <= room;
    if (!fits && policy == Overflow.CLOSE) {
      return tooSlow(frame);
    }
    if (!fits && policy == Overflow.LATEST_PER_KEY && box.dropLatest(channel, key)) {
      loop.counters().onDropped(1);
    }
    if (!fits && policy != Overflow.DROP_NEWEST) {
      loop.counters().onDropped(box.trim(channel, room - Outbox.cost(frame)));
      fits = box.bytes() + Outbox.cost(frame) <= room;
    }
    if (!fits) {
      loop.counters().onDropped(1);
      frame.release();
      return Queued.DROPPED;
    }
    box.add(frame, channel, key);
    return Queued.YES;
  }

  private Outbox newOutbox() {
    Outbox made = new Outbox();
    outbox = made;
    emptyLater();
    return made;
  }

  /** Takes over what was kept before there was a connection to write to. */
  void adopt(Outbox kept) {
    outbox = kept;
    empty();
  }

  /** Goes on once the socket has taken everything that was handed to it. */
  private void emptyLater() {
    if (!emptying) {
      emptying = true;
      last = null;
      ctx.write(Unpooled.EMPTY_BUFFER)
          .addListener(
              taken -> {
                emptying = false;
                if (taken.isSuccess()) {
                  ctx.executor().execute(this::empty); // what is counted here still counts now
                }
              });
      touch();
    }
  }

  /** Hands on what waits, as far as the socket takes it and it is here. */
  void empty() {
    Outbox box = outbox;
    if (box == null || !ctx.channel().isActive()) {
      return;
    }
    boolean more = true;
    while (more && outbox == box && queued() < QUICK_BYTES) {
      OutStream stream = box.stream();
      if (stream != null) {
        more = handOn(box, stream);
      } else if (box.isEmpty()) {
        outbox = null;
      } else {
        write(box.poll());
      }
    }
    if (outbox == box && queued() > 0) {
      emptyLater();
    }
  }

  /**
   * Hands on the next frame of a message that is written bit by bit; false while there is none.
   * Only one of them is ever with the socket, since it cannot be taken back when the client closes.
   */
  private boolean handOn(Outbox box, OutStream stream) {
    if (stream.isOver()) {
      box.poll();
      return true;
    }
    if (queued() > 0) {
      flushNow();
      return queued() == 0;
    }
    ByteBuf frame = stream.next(ctx.alloc());
    if (frame == null) {
      return stream.isOver();
    }
    active = true;
    hand(frame);
    flushNow();
    stream.onSent();
    return true;
  }

  // ---- messages that are written bit by bit

  /** Queues one; false when there is no room even for that. */
  boolean write(OutStream stream) {
    Outbox box = outbox;
    long queued = queued() + (box == null ? 0 : box.bytes());
    if (streamless || (queued > 0 && queued + Outbox.OVERHEAD_BYTES > max())) {
      loop.counters().count(Counters.Limit.MAX_OUTBOUND_BYTES);
      return false;
    }
    (box == null ? newOutbox() : box).add(stream);
    return true;
  }

  /** The client closes: nothing more of such a message is sent, nor anything behind it. */
  void cutStreams() {
    streamless = true;
    if (outbox != null) {
      outbox.cutStreams(SessionChannel.closed());
    }
  }

  /** Looks after a message that everything else waits for. */
  void sweep(long nowNanos) {
    OutStream stream = outbox == null ? null : outbox.stream();
    if (stream != null) {
      stream.sweep(nowNanos);
    }
  }

  // ---- what is said beside messages

  /**
   * Queues what is said about a topic, for which {@value #CONTROL_BYTES} bytes more are allowed
   * than for messages; takes over one reference. False when there is no room even for that.
   */
  boolean writeControl(ByteBuf frame) {
    Outbox box = outbox;
    long most = (long) max() + CONTROL_BYTES - (box == null ? 0 : box.bytes());
    if (!fitsQuickly(frame) && !fits(frame, most)) {
      frame.release();
      return false;
    }
    if (box == null) {
      write(frame);
    } else {
      box.add(frame, null, Session.NO_KEY);
    }
    return true;
  }

  /** Answers a ping, unless the client pings without reading. */
  void writePong(byte[] payload) {
    writeNow(Frames.control(ctx.alloc(), Frames.PONG, payload));
  }

  /** Sends a control frame ahead of what waits, if there is room; takes over one reference. */
  Queued writeNow(ByteBuf frame) {
    if (fits(frame, max())) {
      return write(frame);
    }
    frame.release();
    return Queued.DROPPED;
  }

  /** Pings at once; done when the socket has taken it. */
  ChannelFuture ping() {
    last = null;
    return ctx.writeAndFlush(Frames.control(ctx.alloc(), Frames.PING, new byte[0]));
  }

  /** Sends a close frame behind everything that is queued, and is whole. */
  void close(CloseStatus status) {
    Outbox box = outbox;
    outbox = null;
    if (box != null) {
      writeAll(box);
      box.release();
    }
    hand(Frames.close(ctx.alloc(), status));
    flushNow();
  }

  /** Up to half a message, behind which nothing may come but control frames. */
  private void writeAll(Outbox box) {
    while (!box.isEmpty()) {
      OutStream stream = box.stream();
      if (stream != null && !writeRest(stream)) {
        return;
      }
      hand(box.poll());
    }
  }

  /** Writes what is left of a message that is whole; false if it is half a message. */
  private boolean writeRest(OutStream stream) {
    if (!stream.isWhole()) {
      stream.fail(SessionChannel.closed());
      return stream.isOver();
    }
    for (ByteBuf frame = stream.next(ctx.alloc());
        frame != null;
        frame = stream.next(ctx.alloc())) {
      hand(frame);
    }
    stream.onSent();
    return true;
  }

  /** Gives up what waits above the socket. */
  void drop() {
    Outbox box = outbox;
    outbox = null;
    if (box != null) {
      box.release();
    }
  }

  // ---- flush

  private void touch() {
    if (!touched) {
      touched = true;
      loop.flusher().add(this);
    }
  }

  /** Sends what was written since the last flush. */
  void flush() {
    touched = false;
    flushNow();
  }

  private void flushNow() {
    last = null;
    if (direct) {
      ctx.channel().unsafe().flush();
    } else {
      ctx.flush();
    }
    if (handed() == 0) {
      appended = 0;
    }
  }

  /** Hands a frame to the socket's queue. */
  private void hand(ByteBuf frame) {
    last = null;
    if (direct) {
      ctx.channel().unsafe().write(frame, ctx.voidPromise());
    } else {
      ctx.write(frame, ctx.voidPromise());
    }
  }

  /** Whether anything was written since this was last asked. */
  boolean wasActive() {
    boolean was = active;
    active = false;
    return was;
  }
}
