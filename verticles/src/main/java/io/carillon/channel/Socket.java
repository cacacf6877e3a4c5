package io.carillon.channel;

import io.vertx.core.Future;
import java.util.function.Function;

/**
 * One client's connection as a loop sees it that receives and sends until the client is gone.
 *
 * <pre>{@code
 * // futures, on an event loop
 * .socket(s -> s.send(hello).compose(sent -> s.forEach(ask -> s.send(answer(ask)))))
 *
 * // straight on, deployed on virtual threads (Java 21)
 * .socket(s -> {
 *   s.send(hello).await();
 *   while (true) {
 *     s.send(answer(s.recv().await())).await();
 *   }
 * })
 * }</pre>
 *
 * <p>The loop starts when the client has joined; what it sends at once goes out first. When it
 * returns, or its future is complete, the channel ends with 1000; when it fails, with the status of
 * the failure. When the client is gone, {@link #recv} fails, and the loop is expected to end. A
 * message that the loop does not take within the handler time-out of the route ends the channel
 * with 1011.
 *
 * <p>To be used on the context of the handler.
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
public interface Socket<I, O> {
  /** Topic, parameters, handshake, broadcasts; and the end, with a status. */
  Channel<O> channel();

  /**
   * Waits for the next message.
   *
   * @return fails with {@code DecodeException} if it is no {@code I}, after which the socket is
   *     usable still; with {@link CloseException} and the status with which the client left, or
   *     with which this side ended the channel; with {@link IllegalStateException} if the one
   *     before is still waiting
   */
  Future<I> recv();

  /** Waits for the next message as it came; fails like {@link #recv}. */
  Future<Frame> recvRaw();

  /** Sends a message; see {@link Channel#send}. */
  Future<Void> send(O message);

  /** Sends a text or a binary message as it is, or ends the channel. */
  Future<Void> sendRaw(Frame frame);

  /**
   * Runs {@code handler} for each message, one at a time, until the client is gone.
   *
   * @return completes when the client is gone; fails when the handler fails or a message is no
   *     {@code I}
   */
  Future<Void> forEach(Function<I, Future<?>> handler);
}
