package io.carillon.server;

import io.carillon.broker.Publication;
import io.carillon.codec.Payload;
import io.carillon.protocol.MultiplexWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one publication on one event loop: made once in each form that a member needs, and
 * shared by all members that need it.
 */
final class SharedFrames implements AutoCloseable {
  private final Publication publication;
  private @Nullable ByteBuf plain;
  private @Nullable ByteBuf multiplexed;

  SharedFrames(Publication publication) {
    this.publication = publication;
  }

  Payload payload() {
    return publication.payload();
  }

  /** The frame for connections of one topic; the caller has to release it. */
  ByteBuf plain() {
    ByteBuf made = plain;
    if (made == null) {
      made = Frames.message(ByteBufAllocator.DEFAULT, publication.payload());
      plain = made;
    }
    return made.retainedDuplicate();
  }

  /** The frame for multiplexed connections, topic first; the caller has to release it. */
  ByteBuf multiplexed() {
    ByteBuf made = multiplexed;
    if (made == null) {
      made =
          Frames.message(
              ByteBufAllocator.DEFAULT,
              MultiplexWriter.prefix(publication.topic().uri()),
              publication.payload());
      multiplexed = made;
    }
    return made.retainedDuplicate();
  }

  /** Gives up what was made; members keep theirs. */
  @Override
  public void close() {
    if (plain != null) {
      plain.release();
    }
    if (multiplexed != null) {
      multiplexed.release();
    }
  }
}
