package io.carillon.broker;

import io.vertx.core.Future;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes what this node publishes for the others, in the order of each publisher. May be called on
 * any thread.
 */
public interface OtherNodes extends Consumer<List<Publication>> {
  /**
   * Says that a publication is going to come.
   *
   * @return complete while there is room, otherwise when there is again; the publication comes
   *     without waiting for it
   */
  Future<Void> expect(Publication publication);
}
