package io.carillon.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Publications, asks and answers that travel to another node in one bus message.
 *
 * <pre>
 *  entry    length of what follows, 4 bytes | kind, 1 byte | content
 *  kind 1   publication: topic | except | key | payload, the first three each with 2 bytes of
 *           length; the payload is its kind (one byte, see {@link Payload#kind}) and its bytes to
 *           the end of the entry
 *  kind 2   ask: number, 8 bytes | audience | action, each with 2 bytes of length | parameters, JSON
 *           with 4 bytes of length, which are 0 for none | payload as above, or nothing
 *  kind 3   answer: number of the ask, 8 bytes | complete, 1 byte | connections, 4 bytes | items, a
 *           JSON array to the end of the entry, or nothing
 * </pre>
 *
 * <p>An entry of a kind that this version does not know is passed over.
 */
final class Batch {
  private static final byte PUBLICATION = 1;
  private static final byte ASK = 2;
  private static final byte ANSWER = 3;

  /** What takes the entries of a batch in their order. */
  @FunctionalInterface
  interface Entries {
    void publication(Publication publication);

    default void ask(long number, Ask ask) {}

    default void answer(long number, Answer answer) {}
  }

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

  static void append(Buffer batch, long number, Ask ask) {
    Buffer entry = Buffer.buffer().appendByte(ASK).appendLong(number);
    appendShort(entry, ask.audience().uri());
    appendShort(entry, ask.action());
    byte[] parameters = ask.parameters().isEmpty() ? new byte[0] : utf8(ask.parameters().encode());
    entry.appendInt(parameters.length).appendBytes(parameters);
    Payload payload = ask.payload();
    if (payload != null) {
      entry.appendByte(payload.kind()).appendBytes(payload.bytes());
    }
    batch.appendInt(entry.length()).appendBuffer(entry);
  }

  static void append(Buffer batch, long number, Answer answer) {
    byte[] items = answer.items().isEmpty() ? new byte[0] : utf8(answer.items().encode());
    batch
        .appendInt(1 + 8 + 1 + 4 + items.length)
        .appendByte(ANSWER)
        .appendLong(number)
        .appendByte((byte) (answer.complete() ? 1 : 0))
        .appendInt(answer.connections())
        .appendBytes(items);
  }

  private static void appendShort(Buffer entry, String text) {
    byte[] bytes = utf8(text);
    entry.appendUnsignedShort(bytes.length).appendBytes(bytes);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] optional(@Nullable String text) {
    return text == null ? new byte[0] : text.getBytes(UTF_8);
  }

  /**
   * Hands out the entries of a batch in their order.
   *
   * @throws IllegalArgumentException if it is cut short or holds what is no topic
   */
  static void read(Buffer batch, Entries entries) {
    int at = 0;
    while (at < batch.length()) {
      if (at + 5 > batch.length() || batch.getInt(at) < 1 || end(batch, at) > batch.length()) {
        throw new IllegalArgumentException("batch is cut short: bytes=" + batch.length());
      }
      int to = (int) end(batch, at);
      try {
        read(batch, at + 5, to, entries);
      } catch (IndexOutOfBoundsException | DecodeException e) {
        throw new IllegalArgumentException("batch entry is cut short: bytes=" + (to - at - 5), e);
      }
      at = to;
    }
  }

  private static void read(Buffer batch, int from, int to, Entries entries) {
    switch (batch.getByte(from - 1)) {
      case PUBLICATION -> entries.publication(publication(batch, from, to));
      case ASK -> entries.ask(batch.getLong(from), ask(batch, from + 8, to));
      case ANSWER -> entries.answer(batch.getLong(from), answer(batch, from + 8, to));
      default -> {} // of a later version
    }
  }

  private static Ask ask(Buffer batch, int from, int to) {
    int audienceEnd = from + 2 + batch.getUnsignedShort(from);
    int actionEnd = audienceEnd + 2 + batch.getUnsignedShort(audienceEnd);
    int parametersEnd = actionEnd + 4 + batch.getInt(actionEnd);
    if (actionEnd + 4 > to || parametersEnd < actionEnd + 4 || parametersEnd > to) {
      throw new IndexOutOfBoundsException(parametersEnd);
    }
    JsonObject parameters =
        parametersEnd == actionEnd + 4
            ? new JsonObject()
            : new JsonObject(batch.getBuffer(actionEnd + 4, parametersEnd));
    Payload payload =
        parametersEnd == to
            ? null
            : Payload.ofKind(batch.getByte(parametersEnd), batch.getBytes(parametersEnd + 1, to));
    return new Ask(
        new Topic(batch.getString(from + 2, audienceEnd)),
        batch.getString(audienceEnd + 2, actionEnd),
        parameters,
        payload);
  }

  private static Answer answer(Buffer batch, int from, int to) {
    if (from + 5 > to) {
      throw new IndexOutOfBoundsException(to);
    }
    JsonArray items =
        from + 5 == to ? new JsonArray() : new JsonArray(batch.getBuffer(from + 5, to));
    return new Answer(batch.getInt(from + 1), items, batch.getByte(from) == 1);
  }

  private static long end(Buffer batch, int entry) {
    return entry + 4L + batch.getInt(entry);
  }

  private static Publication publication(Buffer batch, int from, int to) {
    int topicEnd = from + 2 + batch.getUnsignedShort(from);
    int exceptEnd = topicEnd + 2 + batch.getUnsignedShort(topicEnd);
    int keyEnd = exceptEnd + 2 + batch.getUnsignedShort(exceptEnd);
    if (topicEnd + 2 > to || exceptEnd + 2 > to || keyEnd + 1 > to) {
      throw new IndexOutOfBoundsException(keyEnd);
    }
    String topic = batch.getString(from + 2, topicEnd);
    Payload payload = Payload.ofKind(batch.getByte(keyEnd), batch.getBytes(keyEnd + 1, to));
    return new Publication(
        new Topic(topic),
        payload,
        optional(batch, topicEnd + 2, exceptEnd),
        optional(batch, exceptEnd + 2, keyEnd));
  }

  private static @Nullable String optional(Buffer batch, int from, int to) {
    return from == to ? null : batch.getString(from, to);
  }
}
