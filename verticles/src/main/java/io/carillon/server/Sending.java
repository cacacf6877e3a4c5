package io.carillon.server;

import io.carillon.codec.Encoding;
import io.carillon.codec.Payload;
import org.jspecify.annotations.Nullable;

/**
 * A message to some clients, written once for those of the same encoding that follow each other.
 */
final class Sending {
  private final Payload payload;
  private @Nullable Encoding encoding;
  private Payload written;

  Sending(Payload payload) {
    this.payload = payload;
    this.written = payload;
  }

  /** How that client gets it. */
  Payload to(SessionChannel channel) {
    if (channel.encoding() != encoding) {
      encoding = channel.encoding();
      written = channel.inOwnEncoding(payload);
    }
    return written;
  }
}
