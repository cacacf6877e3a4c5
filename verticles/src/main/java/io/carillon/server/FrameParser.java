package io.carillon.server;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.Utf8Validator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one client and puts messages together (RFC 6455, sections 5 and 8.1),
 * inflated where permessage-deflate was agreed (RFC 7692, section 7.2.2).
 *
 * <p>Everything is checked at the first byte that shows it: a header that breaks a rule before its
 * payload, a message over the limit by the lengths its frames announce or while it inflates, text
 * that is not UTF-8 while it arrives, in the middle of a frame too. Memory grows with the bytes
 * received, never with a length that was only announced. After the first violation, and behind a
 * close frame, nothing is read any more.
 *
 * <p>Owned by the event loop of the connection.
 */
class FrameParser {
  /** What comes out. Calls are made while {@link #parse} runs. */
  interface Sink {
    /** A whole message. */
    void onMessage(Payload payload);

    /** A ping that wants its payload back. */
    void onPing(byte[] payload);

    /** An answer to a ping of ours, or one that nobody asked for. */
    void onPong(byte[] payload);

    /** A close frame; nothing comes after it. */
    void onClose(byte[] payload);

    /** The client broke a rule; nothing comes after it. */
    void onViolation(CloseStatus status);

    /** Whether no further message can be taken now. */
    boolean isFull();
  }

  private static final int FIRST_ARRAY_BYTES = 256;
  private static final byte[] NO_BYTES = new byte[0];
  static final CloseStatus NOT_DEFLATED =
      CloseStatus.INVALID_DATA_TYPE.withReason("message does not inflate");

  private final Sink sink;
  private final int maxMessageBytes;
  private final @Nullable Inflation inflation;

  // The header that is being read, while it is not whole.
  private byte @Nullable [] head;
  private int headSize;

  // The first two bytes of the header last read, the first one lowest.
  private int headBits;

  // The frame that is being read; opcode -1 between frames.
  private int opcode = -1;
  private boolean last;
  private int key;
  private long frameBytes;
  private long frameRead;

  // The message that is being put together; kind 0 between messages.
  private int messageKind;
  private boolean deflated;
  private byte[] message = NO_BYTES;
  private int messageSize;
  private int utf8;

  // The payload of the control frame that is being read: it may stand inside a message.
  private byte[] control = NO_BYTES;

  private boolean ended;

  /**
   * @param inflation for the compressed messages of a client that may send some; else null
   */
  FrameParser(Sink sink, int maxMessageBytes, @Nullable Inflation inflation) {
    this.sink = sink;
    this.maxMessageBytes = maxMessageBytes;
    this.inflation = inflation;
  }

  /** Reads nothing more, whatever comes. */
  void end() {
    ended = true;
    message = NO_BYTES;
    if (inflation != null) {
      inflation.end();
    }
  }

  boolean isEnded() {
    return ended;
  }

  /**
   * Reads what there is, as far as the sink takes it. What is left in {@code in} then has to be
   * brought again once the sink has room.
   */
  void parse(ByteBuf in) {
    while (!ended) {
      if (opcode < 0 && !(header(in) && begin())) {
        return;
      }
      if (!payload(in)) {
        return;
      }
      int finished = opcode;
      opcode = -1;
      if (Frames.isControl(finished)) {
        finishControl(finished);
      } else {
        if (last) {
          finishMessage();
        }
        if (sink.isFull()) {
          return;
        }
      }
    }
    in.skipBytes(in.readableBytes());
  }

  // ---- header

  /** Reads the header of the next frame; false when it is not whole yet. */
  private boolean header(ByteBuf in) {
    if (headSize == 0 && in.readableBytes() >= Frames.MAX_HEADER_BYTES) {
      int at = in.readerIndex();
      in.skipBytes(take(in, at));
      return true;
    }
    byte[] partial = head;
    if (partial == null) {
      partial = new byte[Frames.MAX_HEADER_BYTES];
      head = partial;
    }
    while (headSize < 2 || headSize < headerBytes(partial[1])) {
      if (!in.isReadable()) {
        return false;
      }
      partial[headSize++] = in.readByte();
    }
    take(Unpooled.wrappedBuffer(partial), 0);
    head = null;
    headSize = 0;
    return true;
  }

  private static int headerBytes(byte second) {
    int length = second & Frames.LENGTH;
    int extended = length < Frames.LENGTH_16 ? 0 : length == Frames.LENGTH_16 ? 2 : 8;
    return 2 + extended + ((second & Frames.MASK) == 0 ? 0 : 4);
  }

  /** Takes a whole header apart and returns its size in bytes. */
  private int take(ByteBuf in, int at) {
    int first = in.getByte(at);
    int second = in.getByte(at + 1);
    int size = headerBytes((byte) second);
    int length = second & Frames.LENGTH;
    frameBytes =
        length < Frames.LENGTH_16
            ? length
            : length == Frames.LENGTH_16 ? in.getUnsignedShort(at + 2) : in.getLong(at + 2);
    frameRead = 0;
    headBits = (first & 0xff) | ((second & 0xff) << 8);
    key = (second & Frames.MASK) == 0 ? 0 : in.getInt(at + size - 4);
    return size;
  }

  /** Checks the header and makes ready for the payload; false when the client broke a rule. */
  private boolean begin() {
    String broken = brokenRule();
    if (broken != null) {
      violation(CloseStatus.PROTOCOL_ERROR.withReason(broken));
      return false;
    }
    int frameOpcode = headBits & Frames.OPCODE;
    last = (headBits & Frames.FIN) != 0;
    if (Frames.isControl(frameOpcode)) {
      control = frameBytes == 0 ? NO_BYTES : new byte[(int) frameBytes];
    } else {
      if (frameOpcode != Frames.CONTINUATION) {
        messageKind = frameOpcode;
        deflated = (headBits & Frames.DEFLATED) != 0;
        utf8 = Utf8Validator.ACCEPT;
        beginMessage();
      }
      if (!fits()) {
        tooLarge();
        return false;
      }
    }
    opcode = frameOpcode;
    return true;
  }

  /** The first frame of a message begins. */
  void beginMessage() {}

  /** Largest message, in bytes. */
  long maxBytes() {
    return maxMessageBytes;
  }

  /** What is here of the message, in bytes. */
  long size() {
    return messageSize;
  }

  private boolean fits() {
    return deflated ? inflation().takes(frameBytes, maxBytes()) : frameBytes <= maxBytes() - size();
  }

  final Inflation inflation() {
    return Objects.requireNonNull(inflation);
  }

  final boolean isDeflated() {
    return deflated;
  }

  final boolean isText() {
    return messageKind == Frames.TEXT;
  }

  /** The rule of RFC 6455 that the header breaks, or null. */
  private @Nullable String brokenRule() {
    int frameOpcode = headBits & Frames.OPCODE;
    boolean first = frameOpcode == Frames.TEXT || frameOpcode == Frames.BINARY;
    int extension = first && inflation != null ? Frames.DEFLATED : 0;
    if ((headBits & (Frames.RESERVED ^ extension)) != 0) {
      return "reserved bit set";
    }
    if ((headBits >> 8 & Frames.MASK) == 0) {
      return "frame not masked";
    }
    int length = headBits >> 8 & Frames.LENGTH;
    if (Frames.isControl(frameOpcode)) {
      if (frameOpcode > Frames.PONG) {
        return "unknown opcode";
      }
      if ((headBits & Frames.FIN) == 0) {
        return "control frame fragmented";
      }
      return length > Frames.MAX_CONTROL_BYTES ? "control frame over 125 bytes" : null;
    }
    if (frameOpcode > Frames.BINARY) {
      return "unknown opcode";
    }
    if (frameOpcode == Frames.CONTINUATION && messageKind == 0) {
      return "continuation of nothing";
    }
    if (frameOpcode != Frames.CONTINUATION && messageKind != 0) {
      return "new message inside a message";
    }
    boolean shortest =
        length < Frames.LENGTH_16
            || (length == Frames.LENGTH_16 ? frameBytes >= Frames.LENGTH_16 : frameBytes > 0xffff);
    return shortest ? null : "length not in its shortest form";
  }

  // ---- payload

  /** Reads what there is of the frame's payload; true once it is whole. */
  private boolean payload(ByteBuf in) {
    int count = (int) Math.min(in.readableBytes(), frameBytes - frameRead);
    if (count > 0 && Frames.isControl(opcode)) {
      readInto(in, control, (int) frameRead, count);
    } else if (count > 0 && !read(in, count)) {
      return false;
    }
    return frameRead == frameBytes;
  }

  /** Takes the next bytes of a message, as far as it may; false when the client broke a rule. */
  boolean read(ByteBuf in, int count) {
    if (deflated) {
      return inflate(in, count);
    }
    int from = messageSize;
    makeRoom(count);
    readInto(in, message, from, count);
    messageSize = from + count;
    return isStillText(message, from, messageSize);
  }

  /** Takes bytes of the frame, unmasked. */
  final void readInto(ByteBuf in, byte[] to, int at, int count) {
    in.readBytes(to, at, count);
    Frames.mask(key, frameRead, to, at, at + count);
    frameRead += count;
  }

  /** Inflates the next bytes of the payload; false when the client broke a rule. */
  private boolean inflate(ByteBuf in, int count) {
    Inflation to = inflation();
    byte[] input = to.input();
    for (int done = 0; done < count; ) {
      int size = Math.min(count - done, input.length);
      readInto(in, input, 0, size);
      to.feed(input, size);
      if (!takeInflated(to)) {
        return false;
      }
      done += size;
    }
    return true;
  }

  private boolean takeInflated(Inflation from) {
    try {
      for (int n = from.next(message, messageSize); n > 0; n = from.next(message, messageSize)) {
        if (!append(from.output(), n)) {
          return false;
        }
      }
      return true;
    } catch (DataFormatException e) {
      violation(NOT_DEFLATED);
      return false;
    }
  }

  private boolean append(byte[] bytes, int count) {
    if (count > maxMessageBytes - messageSize) {
      tooLarge();
      return false;
    }
    int from = messageSize;
    makeRoom(count);
    System.arraycopy(bytes, 0, message, from, count);
    messageSize = from + count;
    return isStillText(message, from, messageSize);
  }

  /** Whether the message is none of text, or text up to here. */
  final boolean isStillText(byte[] bytes, int from, int to) {
    if (messageKind != Frames.TEXT) {
      return true;
    }
    utf8 = Utf8Validator.check(utf8, bytes, from, to);
    if (utf8 == Utf8Validator.REJECT) {
      violation(CloseStatus.INVALID_DATA_TYPE.withReason("text is not UTF-8"));
      return false;
    }
    return true;
  }

  /**
   * A message that is here whole, or inflates in one go, gets an array of its size; another one
   * grows by doubling.
   */
  private void makeRoom(int count) {
    int needed = messageSize + count;
    if (needed <= message.length) {
      return;
    }
    boolean whole = deflated ? messageSize == 0 : last && frameRead + count == frameBytes;
    int doubled = Math.max(FIRST_ARRAY_BYTES, (int) Math.min(2L * message.length, maxMessageBytes));
    message = Arrays.copyOf(message, whole ? needed : Math.max(needed, doubled));
  }

  // ---- whole frames

  /** The last frame of a message is here. */
  void finishMessage() {
    if (deflated && !finishInflating(inflation())) {
      return;
    }
    if (!isWholeText()) {
      return;
    }
    boolean text = isText();
    byte[] bytes = message.length == messageSize ? message : Arrays.copyOf(message, messageSize);
    forgetMessage();
    sink.onMessage(text ? Payload.textOf(bytes) : Payload.binary(bytes));
  }

  /** Whether the message is none of text, or does not end inside a character. */
  final boolean isWholeText() {
    if (messageKind == Frames.TEXT && utf8 != Utf8Validator.ACCEPT) {
      violation(CloseStatus.INVALID_DATA_TYPE.withReason("text is not UTF-8"));
      return false;
    }
    return true;
  }

  /** The next data frame begins a message. */
  final void forgetMessage() {
    message = NO_BYTES;
    messageSize = 0;
    messageKind = 0;
  }

  private boolean finishInflating(Inflation from) {
    from.feedTail();
    if (!takeInflated(from)) {
      return false;
    }
    if (!from.finish(message, messageSize)) {
      violation(NOT_DEFLATED);
      return false;
    }
    return true;
  }

  private void finishControl(int kind) {
    byte[] payload = control;
    control = NO_BYTES;
    switch (kind) {
      case Frames.PING -> sink.onPing(payload);
      case Frames.PONG -> sink.onPong(payload);
      default -> {
        end();
        sink.onClose(payload);
      }
    }
  }

  final void tooLarge() {
    violation(CloseStatus.MESSAGE_TOO_LARGE.withReason("message over " + maxBytes() + " bytes"));
  }

  /** The client broke a rule: nothing more is read. */
  void violation(CloseStatus status) {
    end();
    sink.onViolation(status);
  }
}
