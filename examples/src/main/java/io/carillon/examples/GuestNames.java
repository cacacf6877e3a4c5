package io.carillon.examples;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;

/** The names of all guests in the cluster, each with the node that its connection is on. */
final class GuestNames {
  private static final String NOT_CONNECTED = "";

  private final Future<AsyncMap<String, String>> names;

  GuestNames(Vertx vertx) {
    names = vertx.sharedData().getAsyncMap("updates.names");
  }

  /** Takes a name for a guest who is about to come; says whether it was free. */
  Future<Boolean> take(String name) {
    return names.compose(all -> all.putIfAbsent(name, NOT_CONNECTED)).map(before -> before == null);
  }

  /** The guest has come. */
  Future<Void> seat(String name, String node) {
    return names.compose(all -> all.put(name, node));
  }

  /** The guest has gone, or never came. */
  Future<Void> free(String name) {
    return names.compose(all -> all.remove(name)).mapEmpty();
  }

  /** All guests of a node are gone with it. */
  Future<Void> freeAllOf(String node) {
    return names.compose(
        all ->
            all.entries()
                .compose(
                    entries ->
                        Future.join(
                                entries.keySet().stream()
                                    .map(name -> all.removeIfPresent(name, node))
                                    .toList())
                            .mapEmpty()));
  }
}
