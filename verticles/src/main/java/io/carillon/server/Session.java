package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection, from the upgrade request to its end: its channel, its transport once the
 * upgrade is answered, and what waits in either direction.
 *
 * <p>What is sent before there is a transport is kept, and goes out first and in order: what join
 * sent, then what was published since. Owned by the event loop of the connection.
 */
final class Session {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /** What a waiting message costs beside its bytes, so that many empty ones are bounded too. */
  private static final int MESSAGE_OVERHEAD_BYTES = 64;

  /** How long the client's notice waits for handlers that are still at work. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Loop loop;
  private final Handshake handshake;
  private final long number;
  private @Nullable SessionChannel channel;
  private @Nullable WebSocketTransport transport;
  private @Nullable List<Payload> early;
  private int earlyBytes;
  private int waitingBytes;
  private int received;
  private int handled;
  private @Nullable CloseStatus ending;
  private long endingNanos;
  private boolean gone;

  Session(Loop loop, Handshake handshake) {
    this.loop = loop;
    this.handshake = handshake;
    this.number = loop.sessions().newNumber();
  }

  /** Says what the client joins; once, before anything else. */
  void open(SessionChannel only) {
    channel = only;
    loop.sessions().add(this);
  }

  SessionChannel channel() {
    return Objects.requireNonNull(channel);
  }

  Loop loop() {
    return loop;
  }

  Handshake handshake() {
    return handshake;
  }

  /** Made when asked for, since most connections are never asked. */
  String id() {
    return loop.idOf(number);
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
    List<Payload> kept = early;
    early = null;
    if (kept != null) {
      kept.forEach(ready::write);
    }
  }

  /** Whether the client may still get something. */
  boolean isUp() {
    return !gone && (transport == null || transport.isOpen());
  }

  /** Queues a message; false when the client's queue is full. */
  boolean send(Payload payload) {
    return transport == null ? keep(payload) : transport.write(payload);
  }

  /** Queues the shared bytes of a publication; false when the client's queue is full. */
  boolean deliver(ByteBuf frame, Payload payload) {
    return transport == null ? keep(payload) : transport.write(frame.retainedDuplicate());
  }

  private boolean keep(Payload payload) {
    List<Payload> kept = early;
    if (kept == null) {
      kept = new ArrayList<>();
      early = kept;
    }
    if (!kept.isEmpty() && earlyBytes + cost(payload) > loop.limits().maxOutboundBytes()) {
      return false;
    }
    earlyBytes += cost(payload);
    return kept.add(payload);
  }

  /** Ends a connection whose channel never came to be. */
  void close(CloseStatus status) {
    if (transport != null) {
      transport.close(status);
    }
  }

  // ---- from the client

  void onMessage(Payload payload) {
    received++;
    waitingBytes += channel().onMessage(payload);
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

  /** A waiting message was taken or dropped. */
  void onTaken(int cost) {
    waitingBytes -= cost;
    if (transport != null
        && !transport.isReading()
        && waitingBytes <= loop.limits().maxInboundBytes() / 2) {
      transport.resumeReading();
    }
  }

  void onPeerLeft(LeaveStatus status) {
    LOG.debug("client left: status={}, connection={}", status, id());
    channel().onPeerLeft(status);
  }

  void onViolation(CloseStatus status, LeaveStatus leave) {
    LOG.debug("client broke a rule: status={}, connection={}", status, id());
    channel().drain(status, leave);
  }

  void onTransportFailure(Throwable cause) {
    LOG.debug("connection failed: connection={}", id(), cause);
  }

  /** The connection is no more. */
  void onGone() {
    gone = true;
    channel().onPeerLeft(LeaveStatus.NO_STATUS);
    removeIfOver();
  }

  // ---- the end

  /** The channel ends, as soon as its handlers let it. */
  void onEnding(CloseStatus status) {
    ending = status;
    endingNanos = System.nanoTime();
  }

  /** The channel is over; with a status, the client is told it. */
  void onLeft(@Nullable CloseStatus status) {
    ending = null;
    if (status != null && transport != null) {
      transport.close(status);
    }
    removeIfOver();
  }

  /** The upgrade was refused. */
  void onRefused() {
    gone = true;
    removeIfOver();
  }

  private void removeIfOver() {
    if (gone && channel().hasLeft()) {
      loop.sessions().remove(this);
    }
  }

  /** Ends the connection because the server stops. */
  void goAway() {
    channel().end(CloseStatus.GOING_AWAY);
  }

  void sweep(long nowNanos) {
    channel().sweep(nowNanos);
    CloseStatus late = ending;
    if (late != null && nowNanos - endingNanos > PATIENCE_NANOS && transport != null) {
      ending = null;
      transport.close(late);
    }
    if (transport != null) {
      transport.sweep(nowNanos);
    }
  }
}
