package io.carillon.server;

import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.channel.Params;
import io.carillon.channel.Peer;
import io.carillon.codec.Payload;
import io.carillon.protocol.LeaveStatus;
import org.jspecify.annotations.Nullable;

/** One event of a channel on its way to one route; made anew for the next candidate. */
class Event implements ChannelEvent {
  private final SessionChannel channel;
  private final Bound bound;
  private final Kind kind;
  private final @Nullable Payload payload;
  private final @Nullable LeaveStatus status;
  private final long request;
  private long sinceNanos = System.nanoTime();

  Event(
      SessionChannel channel,
      Bound bound,
      Kind kind,
      @Nullable Payload payload,
      @Nullable LeaveStatus status,
      long request) {
    this.channel = channel;
    this.bound = bound;
    this.kind = kind;
    this.payload = payload;
    this.status = status;
    this.request = request;
  }

  /** The number that the client gave its question; 0 for what is none. */
  long request() {
    return request;
  }

  SessionChannel channel() {
    return channel;
  }

  Bound bound() {
    return bound;
  }

  /** How long its handler has been at it without a sign of progress. */
  long ageNanos(long nowNanos) {
    return nowNanos - sinceNanos;
  }

  final void onProgress() {
    sinceNanos = System.nanoTime();
  }

  @Override
  public Kind kind() {
    return kind;
  }

  @Override
  public String route() {
    return bound.route().pattern();
  }

  @Override
  public int rank() {
    return bound.route().declared().rank();
  }

  @Override
  public Params params() {
    return bound.params();
  }

  @Override
  public Peer peer() {
    return channel;
  }

  @Override
  public @Nullable Payload payload() {
    return payload;
  }

  /** Its handler is done with it. */
  void over() {}

  /** Its handler is to be done with it. */
  void cut(Throwable why) {}

  @Override
  public @Nullable LeaveStatus status() {
    return status;
  }

  @Override
  public @Nullable Object attachment() {
    return bound.attachment();
  }

  @Override
  public void attach(Object value) {
    bound.attach(value);
  }

  @Override
  public void succeed() {
    channel.loop().run(() -> channel.onHandled(this));
  }

  @Override
  public void answer(Payload answer) {
    channel.loop().run(() -> channel.onAnswered(this, answer));
  }

  @Override
  public void fail(CloseException failure) {
    channel.loop().run(() -> channel.onFailed(this, failure));
  }

  @Override
  public void forward() {
    channel.loop().run(() -> channel.onForwarded(this));
  }

  @Override
  public void decline(CloseException why) {
    channel.loop().run(() -> channel.onDeclined(this, why));
  }
}
