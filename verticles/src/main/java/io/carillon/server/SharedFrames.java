package io.carillon.server;

import io.carillon.broker.Publication;
import io.carillon.codec.Payload;
import io.carillon.protocol.MultiplexWriter;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one publication on one event loop: made once in each form that a member needs, and
 * shared by all members that need it.
 */
final class SharedFrames implements AutoCloseable {
  private static final byte[] NO_PREFIX = new byte[0];

  private final Publication publication;
  private final Payload payload;
  private final Zlib zlib;
  private @Nullable SharedFrame plain;
  private @Nullable SharedFrame multiplexed;

  /**
   * @param payload that of the publication, in the encoding of those who get these frames
   */
  SharedFrames(Publication publication, Payload payload, Zlib zlib) {
    this.publication = publication;
    this.payload = payload;
    this.zlib = zlib;
  }

  /** What it is news of; empty for the topic as a whole. */
  String key() {
    String key = publication.key();
    return key == null ? Session.NO_KEY : key;
  }

  Payload payload() {
    return payload;
  }

  /** The frame for connections of one topic; the caller has to release it. */
  ByteBuf plain(boolean compressed) {
    SharedFrame made = plain;
    if (made == null) {
      made = new SharedFrame(NO_PREFIX, payload, zlib);
      plain = made;
    }
    return made.get(compressed);
  }

  /** The frame for multiplexed connections, topic first; the caller has to release it. */
  ByteBuf multiplexed(boolean compressed) {
    SharedFrame made = multiplexed;
    if (made == null) {
      byte[] prefix = MultiplexWriter.prefix(publication.topic().uri());
      made = new SharedFrame(prefix, payload, zlib);
      multiplexed = made;
    }
    return made.get(compressed);
  }

  /** Gives up what was made; members keep theirs. */
  @Override
  public void close() {
    if (plain != null) {
      plain.close();
    }
    if (multiplexed != null) {
      multiplexed.close();
    }
  }
}
