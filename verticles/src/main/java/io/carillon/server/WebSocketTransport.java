package io.carillon.server;

import io.carillon.channel.ChunkQueue;
import io.carillon.channel.Frame;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.Rate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.TimeUnit;
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
final class WebSocketTransport extends ChannelInboundHandlerAdapter implements ChunkParser.Sink {
  private enum State {
    /** Both directions work. */
    OPEN,
    /** A handler has sent a close frame itself: the client is heard until it answers. */
    SHUT,
    /** Our close frame is out, the client's answer is not here yet. */
    CLOSING,
    /** Nothing more is sent or read; the socket goes as soon as the client's end is seen. */
    ENDED
  }

  private final Session session;
  private final FrameParser parser;
  private final @Nullable Pace pace;
  private @Nullable ChannelHandlerContext context;
  private State state = State.OPEN;
  private boolean full;
  private boolean paused;
  private boolean active;
  private @Nullable ByteBuf unread;
  private @Nullable Outbound out;
  private @Nullable Turns turns;
  private long deadlineNanos;
  private long pingedNanos;
  private int unanswered;
  private long idleNanos;
  private @Nullable ChannelFuture ping;

  /**
   * @param inflation for what the client compresses; null where that was not agreed
   * @param rate how much the client may send
   */
  WebSocketTransport(
      Session session, int maxMessageBytes, @Nullable Inflation inflation, Rate rate) {
    this.session = session;
    this.parser =
        session.mayStream()
            ? new ChunkParser(this, maxMessageBytes, inflation)
            : new FrameParser(this, maxMessageBytes, inflation);
    this.pace = rate.isBound() ? new Pace(rate) : null;
    this.pingedNanos = System.nanoTime();
    this.idleNanos = pingedNanos;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    out = new Outbound(ctx, session.loop());
  }

  /** Whether something may still be sent; a lost connection may not have been heard of yet. */
  boolean isOpen() {
    return state == State.OPEN && context != null && context.channel().isActive();
  }

  // ---- out

  /** Queues a message of a channel, and takes over one reference to it. */
  Queued write(ByteBuf frame, SessionChannel channel, String key) {
    Outbound to = out;
    if (state != State.OPEN || to == null) {
      frame.release();
      return Queued.NO;
    }
    return to.write(frame, channel, key);
  }

  /** Queues a message of a client alone, if it fits; see {@link Outbound#append}. */
  boolean append(byte[] prefix, Payload payload) {
    return state == State.OPEN && out != null && out.append(prefix, payload);
  }

  /** Queues what is said about a topic; see {@link Outbound#writeControl}. */
  boolean writeControl(ByteBuf frame) {
    Outbound to = out;
    if (state != State.OPEN || to == null) {
      frame.release();
      return false;
    }
    return to.writeControl(frame);
  }

  /** Queues a message that is written bit by bit; see {@link Outbound#write(OutStream)}. */
  boolean write(OutStream message) {
    return state == State.OPEN && out != null && out.write(message);
  }

  /** Sends a ping, a pong or a close frame of a handler. */
  Queued write(Frame frame) {
    Outbound to = out;
    if (state != State.OPEN || to == null) {
      return Queued.NO;
    }
    if (frame instanceof Frame.Close close) {
      writeClose(close.status());
      state = State.SHUT;
      deadline(limits().closeTimeout().toNanos());
      return Queued.YES;
    }
    return to.writeNow(Frames.control(ByteBufAllocator.DEFAULT, frame));
  }

  /** Whether what the client says is still for its handlers. */
  private boolean hears() {
    return state == State.OPEN || state == State.SHUT;
  }

  /** Takes over what was kept for the client until now. */
  void adopt(Outbox kept) {
    Outbound to = out;
    if (state != State.OPEN || to == null) {
      kept.release();
    } else {
      to.adopt(kept);
    }
  }

  /** A message that is written bit by bit may have something to send. */
  void sendOn() {
    if (state == State.OPEN && out != null) {
      out.empty();
    }
  }

  private Limits limits() {
    return session.loop().limits();
  }

  private void count(Counters.Limit limit) {
    session.loop().counters().count(limit);
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
    if (pace != null && hears()) {
      long now = System.nanoTime();
      hold(pace, pace.onBytes(in.readableBytes(), now), Counters.Limit.BYTES_PER_SECOND);
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
    if (isFull() && state != State.ENDED && in.isReadable()) {
      unread = in;
    } else {
      in.release();
    }
  }

  /** The session cannot take more messages: what comes stays in the socket. */
  void stopReading() {
    if (!full) {
      count(Counters.Limit.MAX_INBOUND_BYTES);
    }
    full = true;
    holdSocket();
  }

  /** The client has sent more than it may. */
  private void hold(Pace by, long nanos, Counters.Limit limit) {
    ChannelHandlerContext ctx = context;
    if (nanos == 0 || paused || ctx == null) {
      return;
    }
    count(limit);
    paused = true;
    holdSocket();
    if (by.closes()) {
      session.end(CloseStatus.TOO_MANY_REQUESTS.withReason("rate limit"));
    } else {
      ctx.executor().schedule(this::goOn, nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void goOn() {
    paused = false;
    readOn();
  }

  private void holdSocket() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  /** The session has room again. */
  void resumeReading() {
    full = false;
    readOn();
  }

  private void readOn() {
    if (isFull()) {
      return;
    }
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      read(rest);
    }
    ChannelHandlerContext ctx = context;
    if (!isFull() && ctx != null) {
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
    if (hears()) {
      active = true;
      onCounted();
      session.onMessage(payload);
    }
  }

  @Override
  public long maxStreamBytes() {
    return session.maxStreamBytes();
  }

  @Override
  public @Nullable ChunkQueue onStream(boolean text) {
    if (!hears()) {
      return null;
    }
    onCounted();
    return session.onStream(text);
  }

  @Override
  public void onChunk(ChunkQueue message, byte[] chunk) {
    active = true;
    unanswered = 0; // in the middle of a frame a client cannot answer
    session.onChunk(message, chunk);
  }

  private void onCounted() {
    if (pace != null && hears()) {
      hold(pace, pace.onMessage(System.nanoTime()), Counters.Limit.MESSAGES_PER_SECOND);
    }
  }

  @Override
  public boolean isFull() {
    return full || paused;
  }

  @Override
  public void onPing(byte[] payload) {
    onCounted();
    inTurn(() -> pong(payload));
    if (hears()) {
      session.onControl(new Frame.Ping(payload));
    }
  }

  private void pong(byte[] payload) {
    if (state == State.OPEN && out != null) {
      out.writePong(payload);
    }
  }

  @Override
  public void onPong(byte[] payload) {
    unanswered = 0;
    if (hears()) {
      session.onControl(new Frame.Pong(payload));
    }
  }

  @Override
  public void onClose(byte[] payload) {
    LeaveStatus status = LeaveStatus.parse(payload);
    if (out != null) {
      out.cutStreams();
    }
    inTurn(() -> onClose(status));
  }

  private void onClose(LeaveStatus status) {
    if (state == State.SHUT) {
      end();
      session.onPeerLeft(status);
    } else if (state == State.OPEN) {
      dropWaiting(); // behind the client's close nothing is sent but ours
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
    if (status.equals(CloseStatus.MESSAGE_TOO_LARGE)) {
      count(Counters.Limit.MAX_MESSAGE_BYTES);
    }
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
    ChannelHandlerContext ctx = context;
    boolean first = turns == null || turns.isEmpty();
    if (ctx == null || (first && session.handled() - session.received() >= 0)) {
      turns = null;
      task.run();
    } else {
      Turns waiting =
          turns == null ? new Turns(ctx.executor(), session::received, session::handled) : turns;
      turns = waiting;
      waiting.add(task);
    }
  }

  // ---- end

  /** Sends a close frame behind what is queued and waits for the client's. */
  void close(CloseStatus status) {
    if (!hears()) {
      return;
    }
    if (state == State.OPEN) {
      writeClose(status.sendable());
      deadline(limits().closeTimeout().toNanos());
    }
    if (parser.isEnded()) {
      end();
    } else {
      state = State.CLOSING;
      if (isFull()) {
        paused = false;
        resumeReading();
      }
    }
  }

  private void writeClose(CloseStatus status) {
    if (out != null) {
      out.close(status);
    }
  }

  /** Nothing more is said or heard: shuts our side and waits for the client's end. */
  private void end() {
    state = State.ENDED;
    parser.end();
    releaseUnread();
    deadline(limits().closeTimeout().toNanos());
    ChannelHandlerContext ctx = context;
    if (ctx == null) {
      return;
    }
    ctx.channel().config().setAutoRead(true);
    if (ctx.pipeline().get(SslHandler.class) == null
        && ctx.channel() instanceof DuplexChannel socket) {
      // Behind the close frame, wherever that still waits to be written.
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shut(socket));
    } else {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> ctx.close());
    }
  }

  private static void shut(DuplexChannel channel, Socket socket) throws IOException {
    try {
      if (socket.isOpen()) {
        socket.shutdown(false, true);
      }
    } catch (NotYetConnectedException reset) {
      channel.close(); // the client has cut the connection meanwhile
    }
  }

  /** Netty's own way makes an exception for each connection, for writes that wait; none does. */
  private static void shut(DuplexChannel channel) throws IOException {
    if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
      shut(channel, socket);
    } else {
      channel.shutdownOutput();
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
        if (context != null && context.channel().isActive()) {
          count(Counters.Limit.CLOSE_TIMEOUT);
        }
        abort();
      }
      return;
    }
    sweepIdle(nowNanos);
    if (out != null) {
      out.sweep(nowNanos);
      sweepPings(out, nowNanos);
    }
  }

  private void sweepIdle(long nowNanos) {
    long most = limits().idleTimeout().toNanos();
    boolean wrote = out != null && out.wasActive();
    if (active || wrote || isFull()) {
      active = false;
      idleNanos = nowNanos;
    } else if (most > 0 && nowNanos - idleNanos >= most) {
      count(Counters.Limit.IDLE_TIMEOUT);
      session.end(CloseStatus.GOING_AWAY.withReason("idle"));
    }
  }

  private void sweepPings(Outbound to, long nowNanos) {
    ChannelFuture last = ping;
    if (last != null && !last.isDone()) {
      if (nowNanos - pingedNanos > limits().pingTimeout().toNanos()) {
        count(Counters.Limit.PING_TIMEOUT);
        abort();
      }
      return;
    }
    ping = null;
    long interval = limits().pingInterval().toNanos();
    if (interval == 0 || isFull() || nowNanos - pingedNanos < interval) {
      return;
    }
    if (unanswered > limits().pingDisconnectCount()) {
      count(Counters.Limit.PING_DISCONNECT_COUNT);
      abort();
      return;
    }
    pingedNanos = nowNanos;
    unanswered++;
    ping = to.ping();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    state = State.ENDED;
    parser.end();
    releaseUnread();
    dropWaiting();
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

  private void dropWaiting() {
    if (out != null) {
      out.drop();
    }
  }

  private void releaseUnread() {
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      rest.release();
    }
  }
}
