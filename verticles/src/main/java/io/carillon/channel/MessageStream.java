package io.carillon.channel;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import io.vertx.core.streams.WriteStream;
import org.jspecify.annotations.Nullable;

/**
 * One message to a client, written bit by bit before it is whole, so that it may be larger than the
 * memory there is.
 *
 * <pre>{@code
 * vertx.fileSystem()
 *     .open(path, new OpenOptions().setWrite(false))
 *     .compose(file -> ch.streamBinary().from(file).eventually(file::close));
 * }</pre>
 *
 * <p>The message takes its turn when it is opened: behind what was sent to this client before, and
 * ahead of what is sent later, which waits in the outbound queue until this message has ended.
 * Pings, pongs and a close frame go between its frames. At least 4 KiB go into a frame, but for the
 * last one.
 *
 * <p>{@link #write} completes when there is room for more, which is the same as {@link
 * #writeQueueFull} saying no; of what does not heed that, {@code limits.maxOutboundBytes} are kept,
 * and over it the client is closed with 1013. A client gets whole messages only: one that has begun
 * and cannot be finished, because it is {@linkplain #abort aborted}, because nothing is written for
 * the handler time-out of the route, or because its text is not UTF-8, costs the connection, which
 * is closed with 1011. When the connection or the channel of a plain client ends, writes fail with
 * {@link CloseException}.
 *
 * <p>May be used from any thread, by one at a time.
 */
public interface MessageStream extends WriteStream<Buffer> {
  /**
   * Adds a chunk.
   *
   * @return completes when there is room for more; fails when the message cannot be finished
   */
  @Override
  Future<Void> write(Buffer chunk);

  /**
   * Ends the message.
   *
   * @return completes when the last byte was handed to the socket
   */
  @Override
  Future<Void> end();

  /**
   * Gives the message up. If none of it was sent, nothing happens to the client; else its
   * connection is closed with 1011.
   */
  void abort();

  /**
   * Writes everything that comes from {@code source} and ends the message, or aborts it where the
   * source fails.
   *
   * @return completes when the last byte was handed to the socket; fails with the first failure
   */
  default Future<Void> from(ReadStream<Buffer> source) {
    return source.pipe().endOnFailure(false).to(this).onFailure(e -> abort());
  }

  /** How much is kept before {@link #writeQueueFull} says so, in bytes; at least 8 KiB. */
  @Override
  MessageStream setWriteQueueMaxSize(int bytes);

  @Override
  MessageStream drainHandler(@Nullable Handler<Void> handler);

  @Override
  MessageStream exceptionHandler(@Nullable Handler<Throwable> handler);
}
