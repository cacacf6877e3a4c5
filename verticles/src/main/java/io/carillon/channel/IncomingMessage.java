package io.carillon.channel;

import io.carillon.codec.Payload;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * One message of a client in the chunks in which it arrives, so that it may be larger than the
 * memory there is.
 *
 * <pre>{@code
 * routes.route("/upload/:name").stream(1L << 30, (ch, message) ->
 *     vertx.fileSystem().open(path(ch), new OpenOptions())
 *         .compose(file -> message.pipeTo(file).eventually(file::close)));
 * }</pre>
 *
 * <p>Nothing is delivered before there is a {@link #handler}, and no more than is asked for with
 * {@link #pause} and {@link #fetch}; of the rest, {@code limits.maxInboundBytes} are kept, and then
 * the client is not read. The chunks of a text are checked to be UTF-8, but may end inside a
 * character. It fails with {@link CloseException} where the client breaks a rule or is gone before
 * the end of the message, and when the channel ends.
 *
 * <p>To be used on the context of the handler, on which it calls.
 */
public interface IncomingMessage extends ReadStream<Buffer> {
  /** Whether it is a text message, in UTF-8. */
  boolean isText();

  /** A message that is here already, such as a test has one. */
  static IncomingMessage of(Payload payload) {
    ChunkQueue whole = new ChunkQueue(payload.isText(), bytes -> {});
    whole.add(Buffer.buffer(payload.bytes()));
    whole.end();
    return whole;
  }

  @Override
  IncomingMessage handler(@Nullable Handler<Buffer> handler);

  @Override
  IncomingMessage endHandler(@Nullable Handler<Void> handler);

  @Override
  IncomingMessage exceptionHandler(@Nullable Handler<Throwable> handler);

  @Override
  IncomingMessage pause();

  @Override
  IncomingMessage resume();

  @Override
  IncomingMessage fetch(long amount);
}
