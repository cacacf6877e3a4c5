package io.carillon.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Publications that travel to another node in one bus message.
 *
 * <pre>
 *  entry    length of what follows, 4 bytes | kind, 1 byte | content
 *  kind 1   publication: topic | except | key | payload, the first three each with 2 bytes of
 *           length; the payload is its kind (one byte, see {@link Payload#kind}) and its bytes to the
 *           end of the entry
 * </pre>
 *
 * <p>An entry of a kind that this version does not know is passed over.
 */
final class Batch {
  private static final byte PUBLICATION = 1;

  private Batch() {}

  static void append(Buffer batch, Publication publication) {
    byte[] topic = publication.topic().uri().getBytes(UTF_8);
    byte[] except = optional(publication.except());
    byte[] key = optional(publication.key());
    byte[] payload = publication.payload().bytes();
    batch
        .appendInt(1 + 6 + topic.length + except.length + key.length + 1 + payload.length)
        .appendByte(PUBLICATION)
        .appendUnsignedShort(topic.length)
        .appendBytes(topic)
        .appendUnsignedShort(except.length)
        .appendBytes(except)
        .appendUnsignedShort(key.length)
        .appendBytes(key)
        .appendByte(publication.payload().kind())
        .appendBytes(payload);
  }

  private static byte[] optional(@Nullable String text) {
    return text == null ? new byte[0] : text.getBytes(UTF_8);
  }

  /**
   * Hands out the publications of a batch in their order.
   *
   * @throws IllegalArgumentException if it is cut short or holds what is no topic
   */
  static void read(Buffer batch, Consumer<Publication> publications) {
    int at = 0;
    while (at < batch.length()) {
      if (at + 5 > batch.length() || batch.getInt(at) < 1 || end(batch, at) > batch.length()) {
        throw new IllegalArgumentException("batch is cut short: bytes=" + batch.length());
      }
      if (batch.getByte(at + 4) == PUBLICATION) {
        publications.accept(publication(batch, at + 5, (int) end(batch, at)));
      }
      at = (int) end(batch, at);
    }
  }

  private static long end(Buffer batch, int entry) {
    return entry + 4L + batch.getInt(entry);
  }

  private static Publication publication(Buffer batch, int from, int to) {
    try {
      int topicEnd = from + 2 + batch.getUnsignedShort(from);
      int exceptEnd = topicEnd + 2 + batch.getUnsignedShort(topicEnd);
      int keyEnd = exceptEnd + 2 + batch.getUnsignedShort(exceptEnd);
      if (topicEnd + 2 > to || exceptEnd + 2 > to || keyEnd + 1 > to) {
        throw new IndexOutOfBoundsException(keyEnd);
      }
      String topic = batch.getString(from + 2, topicEnd);
      byte[] bytes = batch.getBytes(keyEnd + 1, to);
      Payload payload = Payload.ofKind(batch.getByte(keyEnd), bytes);
      return new Publication(
          new Topic(topic),
          payload,
          optional(batch, topicEnd + 2, exceptEnd),
          optional(batch, exceptEnd + 2, keyEnd));
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("batch entry is cut short: bytes=" + (to - from), e);
    }
  }

  private static @Nullable String optional(Buffer batch, int from, int to) {
    return from == to ? null : batch.getString(from, to);
  }
}
