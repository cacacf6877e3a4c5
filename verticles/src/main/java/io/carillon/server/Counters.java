package io.carillon.server;

import io.vertx.core.Vertx;
import io.vertx.core.shareddata.Shareable;
import java.util.concurrent.atomic.LongAdder;

/** What the HTTP verticles of a node count since the start. May be used from any thread. */
final class Counters implements Shareable {
  private final LongAdder dropped = new LongAdder();

  private Counters() {}

  /** The counters of the node. */
  static Counters of(Vertx vertx) {
    return (Counters)
        vertx
            .sharedData()
            .<String, Shareable>getLocalMap("carillon.limits")
            .computeIfAbsent("counters", key -> new Counters());
  }

  /** So many messages were dropped because their clients read too slowly. */
  void onDropped(int messages) {
    dropped.add(messages);
  }

  long dropped() {
    return dropped.sum();
  }
}
