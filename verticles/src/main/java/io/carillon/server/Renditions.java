package io.carillon.server;

import io.carillon.broker.Publication;
import io.carillon.codec.Encoding;
import io.carillon.codec.Payload;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One publication in the encodings of those who get it, each made when the first of them is met.
 * Owned by one event loop.
 */
final class Renditions implements AutoCloseable {
  /** One of them; of no encoding for those who take what comes. */
  private record One(@Nullable Encoding encoding, SharedFrames frames) {}

  private final Publication publication;
  private final Zlib zlib;
  private final List<One> made = new ArrayList<>(1);
  private @Nullable One last;

  Renditions(Publication publication, Zlib zlib) {
    this.publication = publication;
    this.zlib = zlib;
  }

  /** What clients of that encoding get. */
  SharedFrames of(@Nullable Encoding wanted) {
    Encoding encoding = publication.payload().isValue() ? wanted : null;
    One one = last;
    if (one == null || one.encoding != encoding) {
      one = find(encoding);
      last = one;
    }
    return one.frames;
  }

  private One find(@Nullable Encoding encoding) {
    for (One one : made) {
      if (one.encoding == encoding) {
        return one;
      }
    }
    Payload original = publication.payload();
    Payload payload = encoding == null ? original : original.in(encoding);
    One one = new One(encoding, new SharedFrames(publication, payload, zlib));
    made.add(one);
    return one;
  }

  @Override
  public void close() {
    made.forEach(one -> one.frames.close());
  }
}
