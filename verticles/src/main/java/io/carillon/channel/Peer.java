package io.carillon.channel;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;

/**
 * The client's end of a channel as the code that runs handlers sees it: in the same JVM the
 * connection itself, otherwise messages on the bus. May be used from any thread.
 */
public interface Peer {
  /** Id of the channel. */
  String id();

  /** Id of the connection. */
  String connectionId();

  /** What the client joined. */
  Topic topic();

  /** What the opening request said. */
  Handshake handshake();

  /** Whether a send has a chance. */
  boolean isOpen();

  /** What handlers keep with the channel; shared by all routes of one handler instance at least. */
  Locals locals();

  /** The same for the connection, which the channels of several topics share. */
  Locals connectionLocals();

  /** Queues a message for the client; see {@link Channel#send}. */
  Future<Void> send(Payload payload);

  /**
   * Opens a message that is written bit by bit; see {@link Channel#streamText}.
   *
   * @throws CloseException 501 where the connection is on another node
   */
  MessageStream stream(boolean text);

  /**
   * Asks the client; see {@link Channel#request}.
   *
   * @param timeoutMillis how long an answer is waited for
   */
  Future<Payload> request(Payload payload, long timeoutMillis);

  /**
   * Sends a control frame, or what stands for it; see {@link Socket#sendRaw}.
   *
   * @return fails with {@link CloseException} 501 for a ping or pong where the connection is on
   *     another node, or has other topics
   */
  Future<Void> control(Frame frame);

  /** Ends the channel; see {@link Channel#close(CloseStatus)}. */
  void close(CloseStatus status);
}
