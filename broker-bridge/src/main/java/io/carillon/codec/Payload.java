package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One message as it travels: text or binary, and immutable.
 *
 * <p>A text that came from the wire stays the bytes it came as until somebody asks for {@link
 * #text()}, and a text that a program made is turned into bytes once, however many connections it
 * goes to. Safe to share between threads.
 *
 * <pre>{@code
 * Payload hello = Payload.text("hello");
 * Payload image = Payload.binary(bytes);
 * }</pre>
 */
public final class Payload {
  private static final byte TEXT = 't';
  private static final byte BINARY = 'b';

  private final boolean binary;
  private final @Nullable Encodings encoding;
  // Either may be missing, never both. The races on filling the other one are benign: both threads
  // would write an equal, immutable value.
  private byte @Nullable [] bytes;
  private @Nullable String string;

  private Payload(
      boolean binary,
      @Nullable Encodings encoding,
      byte @Nullable [] bytes,
      @Nullable String string) {
    this.binary = binary;
    this.encoding = encoding;
    this.bytes = bytes;
    this.string = string;
  }

  /** Returns a text message. A lone surrogate becomes {@code ?} on the wire. */
  public static Payload text(String text) {
    return new Payload(false, null, null, Objects.requireNonNull(text, "text"));
  }

  /**
   * Returns a text message from its UTF-8 form. The array is not copied: do not change it
   * afterwards.
   *
   * @param utf8 well-formed UTF-8; this is not checked here
   */
  public static Payload textOf(byte[] utf8) {
    return new Payload(false, null, utf8, null);
  }

  /** Returns a binary message. The array is not copied: do not change it afterwards. */
  public static Payload binary(byte[] bytes) {
    return new Payload(true, null, Objects.requireNonNull(bytes, "bytes"), null);
  }

  /** Returns a binary message with a copy of the buffer's bytes. */
  public static Payload binary(Buffer buffer) {
    return binary(buffer.getBytes());
  }

  /**
   * Returns a message of that media type: text for a type that is UTF-8 text ({@code text/*}, JSON,
   * XML and JavaScript, unless it names another charset), else binary. The array is not copied.
   *
   * @throws IllegalArgumentException if it is to be text and is not UTF-8
   */
  public static Payload of(String contentType, byte[] bytes) {
    return MediaTypes.isText(contentType) ? binary(bytes).asText() : binary(bytes);
  }

  /** A value that one of the server's own encodings has written. */
  static Payload written(Encodings encoding, byte[] bytes) {
    return new Payload(encoding.isBinary(), encoding, bytes, null);
  }

  /**
   * Reads the form in which payloads travel between nodes.
   *
   * @param kind what {@link #kind} gave; an unknown one is plain binary
   */
  public static Payload ofKind(byte kind, byte[] bytes) {
    if (kind == TEXT) {
      return textOf(bytes);
    }
    Encodings encoding = Encodings.ofKind(kind);
    return encoding == null ? binary(bytes) : written(encoding, bytes);
  }

  /**
   * What it is, in one byte: {@code t} text and {@code b} binary that stay as they are, or a value
   * in {@code j} JSON, {@code J} JSON as binary, {@code c} CBOR, {@code m} MessagePack.
   */
  public byte kind() {
    if (encoding != null) {
      return encoding.kind();
    }
    return binary ? BINARY : TEXT;
  }

  /**
   * The same value in another encoding. What no encoding of the server wrote, such as a text or the
   * bytes of an encoding of your own, is returned as it is.
   */
  public Payload in(Encoding other) {
    return encoding == null || encoding == other || !(other instanceof Encodings known)
        ? this
        : known.rewrite(encoding, bytes());
  }

  /** Whether it is a value that {@link #in} can write in another encoding. */
  public boolean isValue() {
    return encoding != null;
  }

  /**
   * The same bytes as a text message.
   *
   * @throws IllegalArgumentException if they are not UTF-8
   */
  public Payload asText() {
    if (!binary) {
      return new Payload(false, null, bytes, string);
    }
    MediaTypes.requireUtf8(bytes());
    return textOf(bytes());
  }

  /** The same bytes as a binary message. */
  public Payload asBinary() {
    return binary(bytes());
  }

  /** Whether it goes out as a text message. */
  public boolean isText() {
    return !binary;
  }

  /** Whether it goes out as a binary message. */
  public boolean isBinary() {
    return binary;
  }

  /**
   * Returns the text.
   *
   * @throws IllegalStateException if this is a binary message
   */
  public String text() {
    if (binary) {
      throw new IllegalStateException("not a text message: kind=binary, bytes=" + size());
    }
    String known = string;
    if (known == null) {
      known = new String(bytes(), UTF_8);
      string = known;
    }
    return known;
  }

  /** Returns the bytes as they go over the wire; text as UTF-8. Do not change them. */
  public byte[] bytes() {
    byte[] known = bytes;
    if (known == null) {
      known = Objects.requireNonNull(string).getBytes(UTF_8);
      bytes = known;
    }
    return known;
  }

  /** The form on the event bus: a {@code String} for text, a {@link Buffer} for binary. */
  public Object toBody() {
    return binary ? Buffer.buffer(bytes()) : text();
  }

  /** The length on the wire, in bytes. */
  public int size() {
    return bytes().length;
  }

  /** Two payloads are equal when kind and bytes are. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Payload that
        && binary == that.binary
        && Arrays.equals(bytes(), that.bytes());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes()) * 2 + (binary ? 1 : 0);
  }

  /** Kind and size, never the content: a payload may end up in a log by accident. */
  @Override
  public String toString() {
    return "Payload[" + (binary ? "binary" : "text") + ", bytes=" + size() + "]";
  }
}
