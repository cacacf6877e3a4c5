package io.carillon.server;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket connection: frames in, frames out, and how it ends (RFC 6455, sections 5 to 7).
 *
 * <p>Ends come in three ways. The client closes: its code is echoed at once and nothing is sent
 * behind the echo. The server closes: a close frame goes out behind what was queued, and the
 * client's answer is waited for as long as the close time-out says; a violation ends so as well,
 * but nothing is read any more. The connection is lost: nothing can be said. After our last frame
 * the sending side is shut first and the rest read away, because closing a socket with unread bytes
 * in it resets it, and the client would lose the frames on the way to it.
 *
 * <p>Owned by the event loop that accepted the connection, and not written to from any other.
 */
final class WebSocketTransport extends ChannelInboundHandlerAdapter implements FrameParser.Sink {
  private enum State {
    /** Both directions work. */
    OPEN,
    /** Our close frame is out, the client's answer is not here yet. */
    CLOSING,
    /** Nothing more is sent or read; the socket goes as soon as the client's end is seen. */
    ENDED
  }

  /**
   * What may be queued beyond the limit, in bytes, so that the client hears why it gets no more.
   */
  private static final int CONTROL_BYTES = 64 << 10;

  private final Session session;
  private final Flusher flusher;
  private final Limits limits;
  private final FrameParser parser;
  private @Nullable ChannelHandlerContext context;
  private State state = State.OPEN;
  private boolean touched;
  private boolean full;
  private @Nullable ByteBuf unread;
  private long deadlineNanos;
  private long pingedNanos;
  private int unanswered;

  /**
   * @param inflation for what the client compresses; null where that was not agreed
   */
  WebSocketTransport(Session session, int maxMessageBytes, @Nullable Inflation inflation) {
    this.session = session;
    this.flusher = session.loop().flusher();
    this.limits = session.loop().limits();
    this.parser = new FrameParser(this, maxMessageBytes, inflation);
    this.pingedNanos = System.nanoTime();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Whether something may still be sent; a lost connection may not have been heard of yet. */
  boolean isOpen() {
    return state == State.OPEN && context != null && context.channel().isActive();
  }

  // ---- out

  /**
   * Queues a frame, and takes over one reference to it. False when it was not queued: the
   * connection is closing, or the client reads too slowly.
   */
  boolean write(ByteBuf frame) {
    return write(frame, 0);
  }

  /** Queues a frame for which {@value #CONTROL_BYTES} more are allowed than for messages. */
  boolean writeControl(ByteBuf frame) {
    return write(frame, CONTROL_BYTES);
  }

  private boolean write(ByteBuf frame, int beyond) {
    ChannelHandlerContext ctx = context;
    if (state != State.OPEN || ctx == null || overflows(ctx, frame.readableBytes() - beyond)) {
      frame.release();
      return false;
    }
    ctx.write(frame, ctx.voidPromise());
    touch();
    return true;
  }

  private boolean overflows(ChannelHandlerContext ctx, int bytes) {
    ChannelOutboundBuffer queue = ctx.channel().unsafe().outboundBuffer();
    if (queue == null) {
      return true;
    }
    long queued = queue.totalPendingWriteBytes();
    return queued > 0 && queued + bytes > limits.maxOutboundBytes();
  }

  private void touch() {
    if (!touched) {
      touched = true;
      flusher.add(this);
    }
  }

  /** Sends what was written since the last flush. */
  void flush() {
    touched = false;
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.flush();
    }
  }

  // ---- in

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf in)) {
      ReferenceCountUtil.release(message); // what is left of the HTTP request
      return;
    }
    if (state == State.ENDED) {
      in.release();
      return;
    }
    ByteBuf rest = unread;
    if (rest != null) {
      unread = Unpooled.wrappedBuffer(rest, in);
      return;
    }
    read(in);
  }

  private void read(ByteBuf in) {
    try {
      parser.parse(in);
    } catch (Throwable e) {
      in.release();
      throw e;
    }
    if (full && state != State.ENDED && in.isReadable()) {
      unread = in;
    } else {
      in.release();
    }
  }

  /** The session cannot take more messages: what comes stays in the socket. */
  void stopReading() {
    full = true;
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  /** The session has room again. */
  void resumeReading() {
    full = false;
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      read(rest);
    }
    ChannelHandlerContext ctx = context;
    if (!full && ctx != null) {
      pingedNanos = System.nanoTime(); // pongs may lie unread: not the client's fault
      unanswered = 0;
      ctx.channel().config().setAutoRead(true);
    }
  }

  boolean isReading() {
    return !full;
  }

  @Override
  public void onMessage(Payload payload) {
    if (state == State.OPEN) {
      session.onMessage(payload);
    }
  }

  @Override
  public boolean isFull() {
    return full;
  }

  @Override
  public void onPing(byte[] payload) {
    inTurn(() -> pong(payload));
  }

  private void pong(byte[] payload) {
    ChannelHandlerContext ctx = context;
    if (state == State.OPEN && ctx != null) {
      ByteBuf pong = Frames.control(ctx.alloc(), Frames.PONG, payload);
      if (overflows(ctx, pong.readableBytes())) {
        pong.release(); // a client that pings without reading gets no more pongs
      } else {
        ctx.write(pong, ctx.voidPromise());
        touch();
      }
    }
  }

  @Override
  public void onPong() {
    unanswered = 0;
  }

  @Override
  public void onClose(byte[] payload) {
    LeaveStatus status = LeaveStatus.parse(payload);
    inTurn(() -> onClose(status));
  }

  private void onClose(LeaveStatus status) {
    if (state == State.OPEN) {
      if (status.kind() == LeaveStatus.Kind.CLOSED || status.kind() == LeaveStatus.Kind.NO_STATUS) {
        writeClose(status.reply());
        end();
        session.onPeerLeft(status);
      } else {
        session.onViolation(status.reply(), status);
      }
    } else {
      end();
    }
  }

  @Override
  public void onViolation(CloseStatus status) {
    if (state == State.OPEN) {
      session.onViolation(status, LeaveStatus.of(status));
    } else {
      end();
    }
  }

  /**
   * Runs {@code task} behind the messages ahead of it, as long as their handlers are done at once;
   * a handler that takes its time is not waited for.
   */
  private void inTurn(Runnable task) {
    inTurn(task, session.received(), session.handled() - 1);
  }

  private void inTurn(Runnable task, int ahead, int handledBefore) {
    ChannelHandlerContext ctx = context;
    int handled = session.handled();
    if (handled - ahead >= 0 || handled == handledBefore || ctx == null) {
      task.run();
    } else {
      ctx.executor().execute(() -> inTurn(task, ahead, handled));
    }
  }

  // ---- end

  /** Sends a close frame behind what is queued and waits for the client's. */
  void close(CloseStatus status) {
    if (state != State.OPEN) {
      return;
    }
    writeClose(status.sendable());
    if (parser.isEnded()) {
      end();
    } else {
      state = State.CLOSING;
      deadline(limits.closeTimeout().toNanos());
      if (full) {
        resumeReading();
      }
    }
  }

  private void writeClose(CloseStatus status) {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.writeAndFlush(Frames.close(ctx.alloc(), status), ctx.voidPromise());
    }
  }

  /** Nothing more is said or heard: shuts our side and waits for the client's end. */
  private void end() {
    state = State.ENDED;
    parser.end();
    releaseUnread();
    deadline(limits.closeTimeout().toNanos());
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    ctx.channel().config().setAutoRead(true);
    if (ctx.pipeline().get(SslHandler.class) == null
        && ctx.channel() instanceof DuplexChannel socket) {
      // Behind the close frame, wherever that still waits to be written.
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> socket.shutdownOutput());
    } else {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> ctx.close());
    }
  }

  /** Cuts the connection. */
  void abort() {
    state = State.ENDED;
    parser.end();
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.channel().close();
    }
  }

  private void deadline(long nanos) {
    deadlineNanos = System.nanoTime() + nanos;
  }

  /** Called now and then: looks after times. */
  void sweep(long nowNanos) {
    if (state != State.OPEN) {
      if (nowNanos - deadlineNanos > 0) {
        abort();
      }
      return;
    }
    long interval = limits.pingInterval().toNanos();
    if (interval == 0 || full || nowNanos - pingedNanos < interval) {
      return;
    }
    if (unanswered > limits.pingDisconnectCount()) {
      abort();
      return;
    }
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      pingedNanos = nowNanos;
      unanswered++;
      ctx.writeAndFlush(Frames.control(ctx.alloc(), Frames.PING, new byte[0]), ctx.voidPromise());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    state = State.ENDED;
    parser.end();
    releaseUnread();
    session.onGone();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    session.onTransportFailure(cause);
    ctx.close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    ReferenceCountUtil.release(event); // the server's own shutdown comes through the session
  }

  private void releaseUnread() {
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      rest.release();
    }
  }
}
