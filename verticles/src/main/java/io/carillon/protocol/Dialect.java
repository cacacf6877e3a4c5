package io.carillon.protocol;

import java.util.Optional;

/**
 * How a connection carries several topics: rocket-multiplex as published, or with Carillon's
 * extension. Named by the subprotocol that the client offers and the server answers; names compare
 * without case.
 */
public enum Dialect {
  /** The base dialect. */
  ROCKET_MULTIPLEX("rocket-multiplex", 100, 512),

  /** The base and what a browser library needs beside it. */
  CARILLON_V1("carillon.v1", 512, 4096);

  /** What may stand behind a topic in the extension: {@code #} and 9 digits, {@code ^} and 19. */
  private static final int SUFFIX_BYTES = 30;

  private static final int MAX_REFRESH_BYTES = 16 << 10;

  private final String subprotocol;
  private final int maxTopicBytes;
  private final int maxControlBytes;

  Dialect(String subprotocol, int maxTopicBytes, int maxControlBytes) {
    this.subprotocol = subprotocol;
    this.maxTopicBytes = maxTopicBytes;
    this.maxControlBytes = maxControlBytes;
  }

  /** The dialect of that subprotocol, if it is one. */
  public static Optional<Dialect> of(String subprotocol) {
    for (Dialect dialect : values()) {
      if (dialect.subprotocol.equalsIgnoreCase(subprotocol)) {
        return Optional.of(dialect);
      }
    }
    return Optional.empty();
  }

  /** The name in Sec-WebSocket-Protocol. */
  public String subprotocol() {
    return subprotocol;
  }

  /** Longest topic that a client may name, in bytes; the URI it connected to may be longer. */
  public int maxTopicBytes() {
    return maxTopicBytes;
  }

  /** Longest control message, in bytes. */
  public int maxControlBytes() {
    return maxControlBytes;
  }

  /** Longest message with a new token, in bytes. */
  int maxRefreshBytes() {
    return this == CARILLON_V1 ? MAX_REFRESH_BYTES : maxControlBytes;
  }

  /** Whether a topic may be followed by an instance or the number of a request. */
  boolean hasSuffixes() {
    return this == CARILLON_V1;
  }

  /** Most bytes that a data message may have ahead of its payload, the separator included. */
  public int maxPrefixBytes(int firstTopicBytes) {
    int topic = Math.max(maxTopicBytes, firstTopicBytes);
    return topic + (hasSuffixes() ? SUFFIX_BYTES : 0) + MultiplexWriter.SEPARATOR_BYTES;
  }
}
