package io.carillon.route;

import io.carillon.channel.Channel;
import io.vertx.core.Future;

/**
 * Answers a question of a client, which only one that speaks carillon.v1 can ask. Requests are
 * events of their channel like messages: one at a time, and in order with them. Runs on the context
 * of its verticle.
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
@FunctionalInterface
public interface RequestHandler<I, O> {
  /**
   * Answers.
   *
   * @return the answer; when it fails, the client is told an error, and the channel goes on
   */
  Future<O> handle(Channel<O> channel, I request) throws Exception;
}
