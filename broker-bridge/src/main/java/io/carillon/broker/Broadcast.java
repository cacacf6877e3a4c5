package io.carillon.broker;

import io.vertx.core.Promise;

/**
 * A publication on its way to the broker of the own node, by reference, with the promise that the
 * broker completes once it has taken or refused it.
 */
public record Broadcast(Publication publication, Promise<Void> taken) {}
