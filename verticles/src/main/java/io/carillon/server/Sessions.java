package io.carillon.server;

import io.netty.util.collection.LongObjectHashMap;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections of one event loop by their number. Owned by that loop. */
final class Sessions {
  private final LongObjectHashMap<Session> all = new LongObjectHashMap<>();
  private @Nullable Runnable whenEmpty;

  int size() {
    return all.size();
  }

  /** A number that no other connection of this loop has. */
  long newNumber() {
    long number = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    return all.containsKey(number) ? newNumber() : number;
  }

  void add(Session session) {
    all.put(session.number(), session);
  }

  void remove(Session session) {
    all.remove(session.number());
    if (all.isEmpty() && whenEmpty != null) {
      whenEmpty.run();
    }
  }

  @Nullable Session find(long number) {
    return all.get(number);
  }

  /** All of them now; a copy. */
  List<Session> all() {
    return List.copyOf(all.values());
  }

  /** Calls {@code action} for each; it may add and remove. */
  void forEach(Consumer<Session> action) {
    all().forEach(action);
  }

  /** Runs {@code task} once the last connection is gone, at once if there is none. */
  void whenEmpty(Runnable task) {
    if (all.isEmpty()) {
      task.run();
    } else {
      whenEmpty = task;
    }
  }
}
