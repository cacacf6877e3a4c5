package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.broker.Topic;
import io.carillon.channel.ChunkQueue;
import io.carillon.channel.Frame;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.RouteSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection, from the upgrade request to its end: its transport once the upgrade is
 * answered, and what waits in either direction. The subclasses say what it carries: one channel, or
 * one for each topic.
 *
 * <p>What is sent before there is a transport is kept, and goes out first and in order: what join
 * sent, then what was published since. Owned by the event loop of the connection.
 */
abstract class Session implements Credentials.Holder {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /** What a waiting message costs beside its bytes, so that many empty ones are bounded too. */
  static final int MESSAGE_OVERHEAD_BYTES = 64;

  /** The key of messages that have none: they are news of the topic as a whole. */
  static final String NO_KEY = "";

  /** How long the client's notice waits for handlers that are still at work. */
  static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Loop loop;
  private volatile Handshake handshake;
  private final long number;
  private @Nullable WebSocketTransport transport;
  private @Nullable Outbox early;
  private int waitingBytes;
  private int received;
  private int handled;
  private @Nullable CloseStatus ending;
  private long endingNanos;
  private boolean gone;
  private boolean deflates;

  Session(Loop loop, Handshake handshake) {
    this.loop = loop;
    this.handshake = handshake;
    this.number = loop.sessions().newNumber();
    loop.sessions().add(this);
    loop.credentials().add(this);
  }

  /** Makes the channel of the URI that the client connected to; once, before anything else. */
  abstract SessionChannel open(Topic topic, List<Bound> candidates);

  /** Calls {@code action} for each channel; it may end them. */
  abstract void forEachChannel(Consumer<SessionChannel> action);

  /** The channel with that number, which is 0 for one that is the whole connection. */
  abstract @Nullable SessionChannel find(long channel);

  /**
   * Has the client join one more topic, without its asking.
   *
   * @return completes with whether it is there now
   */
  abstract Future<Boolean> join(Topic topic, Access access);

  /** Whether one of its channels has joined that topic, or is about to. */
  boolean isOn(Topic topic) {
    boolean[] found = new boolean[1];
    forEachChannel(one -> found[0] |= !one.hasLeft() && one.topic().equals(topic));
    return found[0];
  }

  /** Largest message of the client, in bytes; over it the connection is closed with 1009. */
  abstract int maxMessageBytes();

  /** What the route of the connection asks of the server; where topics have their own, nothing. */
  abstract RouteSettings settings();

  /** What the client and its route have agreed on, as the client spelled it; null for nothing. */
  abstract @Nullable String subprotocol();

  /** Whether every channel has left. */
  abstract boolean isEmpty();

  Loop loop() {
    return loop;
  }

  /** What the request that opened the connection said. */
  @Override
  public Handshake handshake() {
    return handshake;
  }

  /** The client has said anew who it is; handlers hear of that. */
  void identify(Identity known) {
    handshake = handshake.with(known);
    forEachChannel(SessionChannel::onIdentified);
  }

  /** Made when asked for, since most connections are never asked. */
  String id() {
    return loop.idOf(number);
  }

  /** The id of one of its channels, where they have numbers. */
  String idOf(long channel) {
    return id() + Loop.CHANNEL_MARK + Long.toString(channel, 36);
  }

  /** What tells it from the other connections of its loop. */
  long number() {
    return number;
  }

  static int cost(Payload payload) {
    return payload.size() + MESSAGE_OVERHEAD_BYTES;
  }

  // ---- to the client

  /** The upgrade is answered: what was kept goes out. */
  void start(WebSocketTransport ready) {
    transport = ready;
    Outbox kept = early;
    early = null;
    if (kept != null) {
      ready.adopt(kept);
    }
    closeIfOver();
  }

  /** Whether the upgrade is still to be answered. */
  boolean isOpening() {
    return transport == null && !gone;
  }

  /** Whether the client is there, and has not been told to go. */
  boolean isConnected() {
    return transport != null && isUp() && !isEnding();
  }

  /** Whether the client may still get something. */
  public boolean isUp() {
    return !gone && (transport == null || transport.isOpen());
  }

  /** The client takes compressed messages. */
  void onDeflateAgreed() {
    deflates = true;
  }

  /** Whether a message of that channel is to be compressed. */
  boolean compresses(SessionChannel channel, Payload payload) {
    return deflates && payload.size() >= channel.compressFromBytes();
  }

  /** A message of that channel for this client alone. */
  ByteBuf frame(SessionChannel channel, byte[] prefix, Payload payload) {
    ByteBuf deflated =
        compresses(channel, payload)
            ? Frames.deflated(ByteBufAllocator.DEFAULT, prefix, payload, loop.zlib())
            : null;
    return deflated != null ? deflated : Frames.message(ByteBufAllocator.DEFAULT, prefix, payload);
  }

  /** Queues a message of a channel for this client alone. */
  Queued write(Payload payload, SessionChannel channel, byte[] prefix) {
    boolean appended =
        transport != null && !compresses(channel, payload) && transport.append(prefix, payload);
    return appended ? Queued.YES : write(frame(channel, prefix, payload), channel, NO_KEY);
  }

  /** Queues a message of a channel, and takes over one reference to it. */
  Queued write(ByteBuf frame, SessionChannel channel, String key) {
    if (transport != null) {
      return transport.write(frame, channel, key);
    }
    return keep(frame) ? Queued.YES : channel.onOverflow();
  }

  /** The same for what is said about topics, for which there is room where messages have none. */
  boolean writeControl(ByteBuf frame) {
    return transport == null ? keep(frame) : transport.writeControl(frame);
  }

  /** Queues a message that is written bit by bit; false when there is no room even for that. */
  boolean write(OutStream message) {
    if (transport != null) {
      return transport.write(message);
    }
    boolean fits = mayKeep(Outbox.OVERHEAD_BYTES);
    if (fits) {
      early().add(message);
    }
    return fits;
  }

  /** Sends a ping, a pong or a close frame of a handler. */
  Queued writeFrame(Frame frame) {
    if (transport != null) {
      return transport.write(frame);
    }
    if (frame instanceof Frame.Close close) {
      end(close.status()); // told behind the upgrade
      return Queued.YES;
    }
    return keep(Frames.control(ByteBufAllocator.DEFAULT, frame)) ? Queued.YES : Queued.DROPPED;
  }

  /** Such a message has something to send, if it is its turn. */
  void sendOn() {
    if (transport != null) {
      transport.sendOn();
    }
  }

  private boolean keep(ByteBuf frame) {
    if (!mayKeep(Outbox.cost(frame))) {
      frame.release();
      return false;
    }
    early().add(frame, null, NO_KEY);
    return true;
  }

  private boolean mayKeep(int cost) {
    long kept = early == null ? 0 : early.bytes();
    return !gone && (kept == 0 || kept + cost <= loop.limits().maxOutboundBytes());
  }

  private Outbox early() {
    Outbox kept = early == null ? new Outbox() : early;
    early = kept;
    return kept;
  }

  private void dropEarly() {
    Outbox kept = early;
    early = null;
    if (kept != null) {
      kept.release();
    }
  }

  /** Sends a close frame behind what is queued; nothing if the upgrade was never answered. */
  void close(CloseStatus status) {
    if (transport != null) {
      transport.close(status);
    }
  }

  // ---- from the client

  /** A whole message came. */
  abstract void onMessage(Payload payload);

  /** Whether messages may come in chunks. */
  boolean mayStream() {
    return false;
  }

  /** Largest message that comes in chunks, in bytes; 0 where messages come whole. */
  long maxStreamBytes() {
    return 0;
  }

  /** A message that comes in chunks begins. */
  ChunkQueue onStream(boolean text) {
    throw new IllegalStateException("no chunks are taken here");
  }

  /** A part of it is here; counts as waiting until its handler has taken it. */
  void onChunk(ChunkQueue message, byte[] chunk) {
    if (message.add(Buffer.buffer(chunk))) {
      onWaiting(chunk.length + MESSAGE_OVERHEAD_BYTES);
    }
  }

  /** A ping or a pong came. */
  void onControl(Frame frame) {}

  /** A message is on its way to a handler, or waits for one, which keeps that many bytes. */
  void onReceived(int waiting) {
    received++;
    onWaiting(waiting);
  }

  /** Something that came from the client has to wait. */
  void onWaiting(int bytes) {
    waitingBytes += bytes;
    if (waitingBytes > loop.limits().maxInboundBytes() && transport != null) {
      transport.stopReading();
    }
  }

  /** How many messages have come; wraps around. */
  int received() {
    return received;
  }

  /** How many of them are done with, handled or dropped; wraps around. */
  int handled() {
    return handled;
  }

  /** A message is done with. */
  void onHandled() {
    handled++;
  }

  /** What waited was taken or dropped. */
  void onTaken(int bytes) {
    waitingBytes -= bytes;
    if (transport != null
        && !transport.isReading()
        && waitingBytes <= loop.limits().maxInboundBytes() / 2) {
      transport.resumeReading();
    }
  }

  /** The client closes. */
  void onPeerLeft(LeaveStatus status) {
    LOG.debug("client left: status={}, connection={}", status, id());
    forEachChannel(channel -> channel.onPeerLeft(status));
  }

  /** The client broke a rule: what it said before is handled, then it is told. */
  void onViolation(CloseStatus status, LeaveStatus leave) {
    LOG.debug("client broke a rule: status={}, connection={}", status, id());
    endAll(status, channel -> channel.drain(status, leave));
  }

  void onTransportFailure(Throwable cause) {
    LOG.debug("connection failed: connection={}", id(), cause);
  }

  /** The connection is no more. */
  void onGone() {
    gone = true;
    dropEarly();
    forEachChannel(channel -> channel.onPeerLeft(LeaveStatus.NO_STATUS));
    removeIfOver();
  }

  // ---- the end

  /** Ends the connection: its channels first, and then the client is told. */
  @Override
  public void end(CloseStatus status) {
    endAll(status, channel -> channel.end(status));
  }

  private void endAll(CloseStatus status, Consumer<SessionChannel> end) {
    ending(status);
    forEachChannel(end);
    closeIfOver();
  }

  /** The connection ends once its channels have left, with this status if none says another. */
  void ending(CloseStatus status) {
    if (ending == null) {
      ending = status;
      endingNanos = System.nanoTime();
    }
  }

  /** Whether all channels are ending, and the client is told for all of them at once. */
  boolean isEnding() {
    return ending != null;
  }

  /** A channel has left. */
  void onChannelLeft() {
    closeIfOver();
    removeIfOver();
  }

  private void closeIfOver() {
    CloseStatus status = ending;
    if (status != null && isEmpty()) {
      close(status);
    }
  }

  /** The upgrade was refused. */
  void onRefused() {
    gone = true;
    dropEarly();
    removeIfOver();
  }

  private void removeIfOver() {
    if (gone && isEmpty()) {
      loop.sessions().remove(this);
      if (handshake.identity() != Identity.ANONYMOUS) {
        loop.reachable().remove(this);
      }
      loop.credentials().remove(this);
    }
  }

  void sweep(long nowNanos) {
    forEachChannel(channel -> channel.sweep(nowNanos));
    CloseStatus late = ending;
    if (late != null && nowNanos - endingNanos > PATIENCE_NANOS) {
      close(late);
    }
    if (transport != null) {
      transport.sweep(nowNanos);
    }
  }
}
