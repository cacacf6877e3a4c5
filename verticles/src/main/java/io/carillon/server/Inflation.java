package io.carillon.server;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates the messages of one client (RFC 7692, section 7.2.2).
 *
 * <p>Between messages nothing is held but the end of what was inflated before, as far as the client
 * may refer to it: at most {@code 2^clientWindowBits} bytes, and none without context takeover. A
 * message gets that as its dictionary, so any inflater will do.
 *
 * <p>Owned by the event loop of the connection.
 */
final class Inflation {
  /**
   * The octets that the client has cut off its message, and behind them an empty last block: they
   * bring the inflater to its end only where the message was whole.
   */
  private static final byte[] TAIL = {0, 0, -1, -1, 1, 0, 0, -1, -1};

  private static final int LARGEST_WINDOW_BYTES = 32 << 10;

  /** How often a client may end its stream inside a message; each costs a copy of the window. */
  private static final int MOST_ENDS = 256;

  private static final byte[] NO_BYTES = new byte[0];

  private final Zlib zlib;
  private final int windowBytes;
  private byte[] window = NO_BYTES;

  // The message that is being inflated.
  private @Nullable Inflater inflater;
  private byte[] fed = NO_BYTES;
  private int fedBytes;
  private long wireBytes;
  private int ends;

  Inflation(Zlib zlib, DeflateAgreement agreed) {
    this.zlib = zlib;
    this.windowBytes = agreed.clientTakesOver() ? 1 << agreed.clientWindowBits() : 0;
  }

  /** A place for the next bytes of a message. */
  byte[] input() {
    return zlib.input();
  }

  /** What {@link #next} has inflated. */
  byte[] output() {
    return zlib.output();
  }

  /**
   * Whether a frame of that length still belongs to a message of at most {@code maxMessageBytes}:
   * data that cannot be compressed grows by less than an eighth.
   */
  boolean takes(long frameBytes, long maxMessageBytes) {
    long most = maxMessageBytes + (maxMessageBytes >> 3) + 1024L;
    if (frameBytes > most - wireBytes) {
      return false;
    }
    wireBytes += frameBytes;
    return true;
  }

  /** Takes the next bytes of a message, which are in use until {@link #next} has no more. */
  void feed(byte[] bytes, int count) {
    Inflater current = inflater;
    if (current == null) {
      current = zlib.takeInflater();
      inflater = current;
      current.setDictionary(window);
    }
    current.setInput(bytes, 0, count);
    fed = bytes;
    fedBytes = count;
  }

  /** Feeds what stands behind every message, where the client has not ended its stream itself. */
  void feedTail() {
    if (inflater != null && !inflater.finished()) {
      feed(TAIL, TAIL.length);
    }
  }

  /**
   * Inflates on and says how many bytes of {@link #output} that made; 0 once the input is used up.
   *
   * @param message what was inflated of the message up to here
   * @param size how many bytes that is
   * @throws DataFormatException if this is not deflated data
   */
  int next(byte[] message, int size) throws DataFormatException {
    Inflater current = inflater;
    if (current == null) {
      return 0;
    }
    int count = current.inflate(zlib.output());
    while (count == 0 && current.finished() && current.getRemaining() > 0) {
      restart(current, current.getRemaining(), message, size);
      count = current.inflate(zlib.output());
    }
    return count;
  }

  /** The client has ended its stream and begun another one (RFC 7692, section 7.2.3.4). */
  private void restart(Inflater current, int rest, byte[] message, int size)
      throws DataFormatException {
    if (++ends > MOST_ENDS) {
      throw new DataFormatException("too many ends");
    }
    current.reset();
    current.setDictionary(last(LARGEST_WINDOW_BYTES, message, size));
    current.setInput(fed, fedBytes - rest, rest);
  }

  /** The message is here; false if it was cut short. */
  boolean finish(byte[] message, int size) {
    Inflater used = inflater;
    boolean whole = used == null || (used.finished() && used.getRemaining() == 0);
    window = last(windowBytes, message, size);
    release();
    return whole;
  }

  /** The last bytes of the window and what came behind it. */
  private byte[] last(int most, byte[] message, int size) {
    if (most == 0) {
      return NO_BYTES;
    }
    int ofMessage = Math.min(size, most);
    int ofWindow = Math.min(window.length, most - ofMessage);
    byte[] bytes = new byte[ofWindow + ofMessage];
    System.arraycopy(window, window.length - ofWindow, bytes, 0, ofWindow);
    System.arraycopy(message, size - ofMessage, bytes, ofWindow, ofMessage);
    return bytes;
  }

  /** Nothing more is inflated. */
  void end() {
    window = NO_BYTES;
    release();
  }

  private void release() {
    Inflater used = inflater;
    inflater = null;
    fed = NO_BYTES;
    wireBytes = 0;
    ends = 0;
    if (used != null) {
      zlib.giveBack(used);
    }
  }
}
