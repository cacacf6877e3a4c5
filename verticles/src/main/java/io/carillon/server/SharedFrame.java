package io.carillon.server;

import io.carillon.codec.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One message as the bytes of a frame that several connections get, as it is and compressed. Either
 * form is made when first asked for.
 *
 * <p>Owned by one event loop.
 */
final class SharedFrame implements AutoCloseable {
  private final byte[] prefix;
  private final Payload payload;
  private final Zlib zlib;
  private @Nullable ByteBuf plain;
  private @Nullable ByteBuf deflated;

  /**
   * @param prefix what stands ahead of the payload; may be empty
   */
  SharedFrame(byte[] prefix, Payload payload, Zlib zlib) {
    this.prefix = prefix;
    this.payload = payload;
    this.zlib = zlib;
  }

  /** The frame, compressed if that is asked for and shorter; the caller has to release it. */
  ByteBuf get(boolean compressed) {
    return (compressed ? deflated() : plain()).retainedDuplicate();
  }

  private ByteBuf plain() {
    ByteBuf made = plain;
    if (made == null) {
      made = Frames.message(ByteBufAllocator.DEFAULT, prefix, payload);
      plain = made;
    }
    return made;
  }

  private ByteBuf deflated() {
    ByteBuf made = deflated;
    if (made == null) {
      made = Frames.deflated(ByteBufAllocator.DEFAULT, prefix, payload, zlib);
      if (made == null) {
        made = plain().retain();
      }
      deflated = made;
    }
    return made;
  }

  /** Gives up what was made; connections keep theirs. */
  @Override
  public void close() {
    if (plain != null) {
      plain.release();
    }
    if (deflated != null) {
      deflated.release();
    }
  }
}
