package io.carillon.broker;

import io.vertx.core.Future;
import io.vertx.core.eventbus.MessageConsumer;

/** A verticle's interest in one topic, until it is {@linkplain #cancel() cancelled}. */
public final class Subscription {
  private final Broker broker;
  private final Topic topic;
  private final String address;
  private final MessageConsumer<?> consumer;
  private Runnable whenCancelled = () -> {};

  Subscription(Broker broker, Topic topic, String address, MessageConsumer<?> consumer) {
    this.broker = broker;
    this.topic = topic;
    this.address = address;
    this.consumer = consumer;
  }

  /** Runs a task, once, when it is cancelled. */
  Subscription whenCancelled(Runnable task) {
    whenCancelled = task;
    return this;
  }

  /** The topic, in normal form. */
  public Topic topic() {
    return topic;
  }

  /** Ends the subscription; nothing is handed to the subscriber once the future is complete. */
  public Future<Void> cancel() {
    whenCancelled.run();
    return consumer
        .unregister()
        .eventually(() -> broker.ask(Addresses.ACTION_UNSUBSCRIBE, topic, address));
  }
}
