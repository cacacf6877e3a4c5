package io.carillon.broker;

import io.vertx.core.Promise;

/**
 * A publication that this node's subscribers have got already, on its way to the broker for those
 * of other nodes, with the promise that the broker completes once it has taken it.
 */
public record Broadcast(Publication publication, Promise<Void> taken) {}
