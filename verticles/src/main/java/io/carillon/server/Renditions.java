package io.carillon.server;

import io.carillon.codec.Encoding;
import io.carillon.codec.Payload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One publication in the encodings of those who get it, each made into bytes when the first of them
 * is met. Owned by one event loop.
 */
final class Renditions implements AutoCloseable {
  /**
   * One of them.
   *
   * @param encoding whose members get it; null for those who take what comes
   */
  record One(@Nullable Encoding encoding, Payload payload, ByteBuf frame) {}

  private final Payload original;
  private final List<One> made = new ArrayList<>(1);
  private @Nullable One last;

  Renditions(Payload original) {
    this.original = original;
  }

  One of(@Nullable Encoding wanted) {
    Encoding encoding = original.isValue() ? wanted : null;
    One one = last;
    if (one == null || one.encoding != encoding) {
      one = find(encoding);
      last = one;
    }
    return one;
  }

  private One find(@Nullable Encoding encoding) {
    for (One one : made) {
      if (one.encoding == encoding) {
        return one;
      }
    }
    Payload payload = encoding == null ? original : original.in(encoding);
    ByteBuf frame = Frames.message(ByteBufAllocator.DEFAULT, payload);
    One one = new One(encoding, payload, frame);
    made.add(one);
    return one;
  }

  @Override
  public void close() {
    made.forEach(one -> one.frame.release());
  }
}
