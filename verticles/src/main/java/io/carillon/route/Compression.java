package io.carillon.route;

import org.jspecify.annotations.Nullable;

/**
 * Which messages are compressed for clients that offer permessage-deflate (RFC 7692): none, all, or
 * those from a size upwards. A message that would not become shorter goes out as it is.
 *
 * <p>What a client compresses is taken whenever compression is not off.
 */
public final class Compression {
  /** Nothing is compressed, in either direction. */
  public static final Compression OFF = new Compression(Integer.MAX_VALUE);

  /** Every message is compressed. */
  public static final Compression ON = new Compression(0);

  private static final int MOST_BYTES = 1 << 30;

  private final int fromBytes;

  private Compression(int fromBytes) {
    this.fromBytes = fromBytes;
  }

  /**
   * Messages of {@code bytes} and more are compressed.
   *
   * @param bytes from 0 to 1 GiB
   */
  public static Compression from(int bytes) {
    if (bytes < 0 || bytes > MOST_BYTES) {
      throw new IllegalArgumentException(
          "compression must begin at 0 to " + MOST_BYTES + " bytes: bytes=" + bytes);
    }
    return new Compression(bytes);
  }

  /** Whether nothing is compressed. */
  public boolean isOff() {
    return fromBytes == OFF.fromBytes;
  }

  /** The size from which messages are compressed, in bytes; no message has that of {@link #OFF}. */
  public int fromBytes() {
    return fromBytes;
  }

  /** The form on the bus: {@code "off"} or a number of bytes. */
  Object toJson() {
    return isOff() ? "off" : (Object) fromBytes;
  }

  static Compression fromJson(Object json) {
    if (json instanceof Number bytes && bytes.doubleValue() == bytes.intValue()) {
      return from(bytes.intValue());
    }
    if ("off".equals(json)) {
      return OFF;
    }
    throw new IllegalArgumentException("unknown value: compression=" + json);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Compression that && that.fromBytes == fromBytes;
  }

  @Override
  public int hashCode() {
    return fromBytes;
  }

  @Override
  public String toString() {
    return isOff() ? "off" : "from " + fromBytes + " bytes";
  }
}
