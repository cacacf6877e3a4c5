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

  /**
   * Waits for the next frame: a message as it came, a ping or a pong where the route has {@code
   * controlFrames}, and once the close with which the channel has ended. After it, and where there
   * was no close frame, it fails like {@link #recv}, which passes over pings and pongs.
   */
  Future<Frame> recvRaw();

  /** Sends a message; see {@link Channel#send}. */
  Future<Void> send(O message);

  /**
   * Sends a frame as it is. A ping or a pong overtakes messages that wait. A close frame goes
   * behind them, and ends nothing by itself: nothing can be sent any more, but what the client says
   * is heard until it answers with its own close frame, for the close time-out at the longest, or
   * until the loop ends. On a topic of a connection that has others, and on another node than the
   * client, a close ends the channel with its status.
   *
   * @return completes when the frame is queued; fails with {@link CloseException} when the channel
   *     has ended, with 501 for a ping or pong on another node than the client or on a topic of a
   *     connection that has others, and with {@link DroppedException} for one that the client reads
   *     too slowly for
   */
  Future<Void> sendRaw(Frame frame);

  /**
   * Runs {@code handler} for each message, one at a time, until the client is gone.
   *
   * @return completes when the client is gone; fails when the handler fails or a message is no
   *     {@code I}
   */
  Future<Void> forEach(Function<I, Future<?>> handler);
}
