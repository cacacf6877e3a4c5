package io.carillon.server;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of one event loop compress and inflate with. An inflater holds some 40 KiB
 * and a deflater some 260 KiB outside the heap, so no connection keeps one: a message that came
 * whole gives its inflater back in the turn that brought it, and one deflater does for all.
 *
 * <p>Owned by that event loop.
 */
class Zlib {
  /** How much of a message goes into an inflater, and comes out of it, at a time. */
  static final int CHUNK_BYTES = 16 << 10;

  /** A tenth larger than with level 6, in a quarter of the time where messages are long. */
  private static final int LEVEL = Deflater.BEST_SPEED;

  private static final int MOST_SPARE = 4;
  private static final byte[] NO_BYTES = new byte[0];

  private final Deque<Inflater> spare = new ArrayDeque<>();
  private @Nullable Deflater deflater;
  private byte @Nullable [] input;
  private byte @Nullable [] output;
  private boolean closed;

  /** A place for compressed bytes until the inflater or the frame has taken them. */
  byte[] input() {
    byte[] bytes = input;
    if (bytes == null) {
      bytes = new byte[CHUNK_BYTES];
      input = bytes;
    }
    return bytes;
  }

  /** A place for inflated bytes until the message has taken them. */
  byte[] output() {
    byte[] bytes = output;
    if (bytes == null) {
      bytes = new byte[CHUNK_BYTES];
      output = bytes;
    }
    return bytes;
  }

  /** An inflater for one message, which has to be given back. */
  Inflater takeInflater() {
    Inflater ready = spare.poll();
    return ready == null ? new Inflater(true) : ready;
  }

  void giveBack(Inflater used) {
    if (closed || spare.size() >= MOST_SPARE) {
      used.end();
    } else {
      used.reset();
      spare.push(used);
    }
  }

  /**
   * Writes {@code head} and {@code rest} compressed to the end of {@code to}, flushed. Stops short
   * when there are {@code most} bytes or more in {@code to}.
   */
  void deflate(ByteBuf to, int most, byte[] head, byte[] rest) {
    Deflater ready = deflater;
    if (ready == null) {
      ready = new Deflater(LEVEL, true);
      deflater = ready;
    }
    ready.reset(); // it knows nothing of any earlier message
    if (head.length > 0) {
      ready.setInput(head);
      drain(ready, Deflater.NO_FLUSH, to, most);
    }
    ready.setInput(rest);
    drain(ready, Deflater.SYNC_FLUSH, to, most);
    ready.setInput(NO_BYTES);
  }

  private void drain(Deflater from, int flush, ByteBuf to, int most) {
    byte[] bytes = output();
    int count = bytes.length;
    while (count == bytes.length && to.readableBytes() < most) {
      count = from.deflate(bytes, 0, bytes.length, flush);
      to.writeBytes(bytes, 0, count);
    }
  }

  /** Frees what is held outside the heap, now and for all that is given back later. */
  void close() {
    closed = true;
    spare.forEach(Inflater::end);
    spare.clear();
    if (deflater != null) {
      deflater.end();
      deflater = null;
    }
  }
}
