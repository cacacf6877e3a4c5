package io.carillon.server;

import io.carillon.channel.ChunkQueue;
import io.carillon.channel.IncomingMessage;

/** A message that comes in chunks, on its way to the one route that takes it. */
final class StreamEvent extends Event {
  private final ChunkQueue message;

  StreamEvent(SessionChannel channel, Bound bound, ChunkQueue message) {
    super(channel, bound, Kind.MESSAGE, null, null, 0);
    this.message = message;
  }

  @Override
  public IncomingMessage stream() {
    return message;
  }

  /** The time in which the client sends nothing is none of its handler. */
  @Override
  long ageNanos(long nowNanos) {
    if (message.isHungry()) {
      onProgress();
    }
    return super.ageNanos(nowNanos);
  }

  @Override
  void over() {
    message.discard();
  }

  @Override
  void cut(Throwable why) {
    message.fail(why);
  }
}
