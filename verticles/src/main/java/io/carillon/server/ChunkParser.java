package io.carillon.server;

import io.carillon.channel.ChunkQueue;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a client whose route takes messages in chunks. Each chunk goes on as soon as
 * it is here, checked and inflated, and nothing of it is kept but the last 32 KiB of what was
 * inflated, which the client may refer to.
 *
 * <p>Reading stops inside a message too, once the sink is full. What is inflated goes in slices of
 * {@value #SLICE_BYTES} bytes, so that the most that a slice may become is bounded.
 *
 * <p>Owned by the event loop of the connection.
 */
final class ChunkParser extends FrameParser {
  /** Where messages go. */
  interface Sink extends FrameParser.Sink {
    /** Largest message that is taken in chunks, in bytes; 0 if the next one is taken whole. */
    long maxStreamBytes();

    /** A message begins; null if nobody takes it. */
    @Nullable ChunkQueue onStream(boolean text);

    /** A part of it is here. */
    void onChunk(ChunkQueue message, byte[] chunk);
  }

  private static final int CHUNK_BYTES = 16 << 10;
  private static final int SLICE_BYTES = 1 << 10;
  private static final int LARGEST_WINDOW_BYTES = 32 << 10;
  private static final byte[] NO_BYTES = new byte[0];

  private final Sink sink;
  private long max;
  private long size;
  private boolean announced;
  private @Nullable ChunkQueue message;
  private byte[] window = NO_BYTES;
  private int windowBytes;

  ChunkParser(Sink sink, int maxMessageBytes, @Nullable Inflation inflation) {
    super(sink, maxMessageBytes, inflation);
    this.sink = sink;
  }

  @Override
  void end() {
    fail(SessionChannel.closed());
    window = NO_BYTES;
    super.end();
  }

  @Override
  void violation(CloseStatus status) {
    fail(new CloseException(status));
    super.violation(status);
  }

  private void fail(CloseException why) {
    ChunkQueue half = message;
    message = null;
    if (half != null) {
      half.fail(why);
    }
  }

  @Override
  void beginMessage() {
    max = sink.maxStreamBytes();
    size = 0;
    announced = false;
  }

  private boolean isWhole() {
    return max == 0;
  }

  @Override
  long maxBytes() {
    return isWhole() ? super.maxBytes() : max;
  }

  @Override
  long size() {
    return isWhole() ? super.size() : size;
  }

  @Override
  boolean read(ByteBuf in, int count) {
    if (isWhole()) {
      return super.read(in, count);
    }
    int step = isDeflated() ? SLICE_BYTES : CHUNK_BYTES;
    for (int left = count; left > 0; ) {
      int taken = Math.min(left, step);
      if (!(isDeflated() ? inflate(in, taken) : append(take(in, taken)))) {
        return false;
      }
      left -= taken;
      if (sink.isFull()) {
        return true;
      }
    }
    return true;
  }

  private byte[] take(ByteBuf in, int count) {
    byte[] chunk = new byte[count];
    readInto(in, chunk, 0, count);
    return chunk;
  }

  private boolean inflate(ByteBuf in, int count) {
    Inflation to = inflation();
    readInto(in, to.input(), 0, count);
    to.feed(to.input(), count);
    return takeInflated(to);
  }

  private boolean takeInflated(Inflation from) {
    try {
      for (int n = from.next(window, windowBytes); n > 0; n = from.next(window, windowBytes)) {
        if (!append(Arrays.copyOf(from.output(), n))) {
          return false;
        }
        remember(from.output(), n);
      }
      return true;
    } catch (DataFormatException e) {
      violation(NOT_DEFLATED);
      return false;
    }
  }

  private void remember(byte[] bytes, int count) {
    if (window.length == 0) {
      window = new byte[2 * LARGEST_WINDOW_BYTES];
    }
    if (windowBytes + count > window.length) {
      System.arraycopy(window, windowBytes - LARGEST_WINDOW_BYTES, window, 0, LARGEST_WINDOW_BYTES);
      windowBytes = LARGEST_WINDOW_BYTES;
    }
    System.arraycopy(bytes, 0, window, windowBytes, count);
    windowBytes += count;
  }

  private boolean append(byte[] chunk) {
    if (chunk.length > max - size) {
      tooLarge();
      return false;
    }
    size += chunk.length;
    if (!isStillText(chunk, 0, chunk.length)) {
      return false;
    }
    ChunkQueue to = message();
    if (to != null) {
      sink.onChunk(to, chunk);
    }
    return true;
  }

  private @Nullable ChunkQueue message() {
    if (!announced) {
      announced = true;
      message = sink.onStream(isText());
    }
    return message;
  }

  @Override
  void finishMessage() {
    if (isWhole()) {
      super.finishMessage();
      return;
    }
    if (isDeflated()) {
      Inflation from = inflation();
      from.feedTail();
      if (!takeInflated(from)) {
        return;
      }
      boolean whole = from.finish(window, windowBytes);
      windowBytes = 0;
      window = NO_BYTES;
      if (!whole) {
        violation(NOT_DEFLATED);
        return;
      }
    }
    if (!isWholeText()) {
      return;
    }
    ChunkQueue ended = message();
    message = null;
    forgetMessage();
    if (ended != null) {
      ended.end();
    }
  }
}
