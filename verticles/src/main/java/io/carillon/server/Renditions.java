package io.carillon.server;

import io.carillon.broker.Publication;
import io.carillon.codec.Encoding;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One publication in the encodings of those who get it, each written when the first of them is met.
 * Owned by one event loop.
 */
final class Renditions implements AutoCloseable {
  /**
   * One of them.
   *
   * @param encoding whose members get it; null for those who take what comes
   */
  private record Rendition(@Nullable Encoding encoding, SharedFrames frames) {}

  private final Publication original;
  private final Zlib zlib;
  private final List<Rendition> made = new ArrayList<>(1);
  private @Nullable Rendition last;

  Renditions(Publication original, Zlib zlib) {
    this.original = original;
    this.zlib = zlib;
  }

  SharedFrames of(@Nullable Encoding wanted) {
    Encoding encoding = original.payload().isValue() ? wanted : null;
    Rendition one = last;
    if (one == null || one.encoding != encoding) {
      one = find(encoding);
      last = one;
    }
    return one.frames;
  }

  private Rendition find(@Nullable Encoding encoding) {
    for (Rendition one : made) {
      if (one.encoding == encoding) {
        return one;
      }
    }
    Rendition one = new Rendition(encoding, new SharedFrames(in(encoding), zlib));
    made.add(one);
    return one;
  }

  private Publication in(@Nullable Encoding encoding) {
    return encoding == null
        ? original
        : new Publication(
            original.topic(), original.payload().in(encoding), original.except(), original.key());
  }

  @Override
  public void close() {
    made.forEach(one -> one.frames.close());
  }
}
