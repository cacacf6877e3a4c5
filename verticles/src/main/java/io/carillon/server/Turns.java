package io.carillon.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;

/**
 * Answers to pings and closes that wait for the messages ahead of them, as long as the handlers of
 * these are done at once: when a turn of the event loop passes without one being done, nothing is
 * waited for any longer. They never overtake each other.
 *
 * <p>Owned by the event loop of the connection.
 */
final class Turns {
  private record Waiting(Runnable task, int ahead) {}

  private final Executor eventLoop;
  private final IntSupplier received;
  private final IntSupplier handled;
  private final Queue<Waiting> waiting = new ArrayDeque<>(2);

  /**
   * @param received how many messages have come; wraps around
   * @param handled how many of them are done with; wraps around
   */
  Turns(Executor eventLoop, IntSupplier received, IntSupplier handled) {
    this.eventLoop = eventLoop;
    this.received = received;
    this.handled = handled;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Runs {@code task} when it is its turn. */
  void add(Runnable task) {
    waiting.add(new Waiting(task, received.getAsInt()));
    if (waiting.size() == 1) {
      later();
    }
  }

  private void later() {
    int done = handled.getAsInt();
    int count = waiting.size();
    eventLoop.execute(() -> run(done, count));
  }

  /**
   * @param handledBefore how many were done with a turn ago
   * @param waitedBefore how many of these waited then
   */
  private void run(int handledBefore, int waitedBefore) {
    int now = handled.getAsInt();
    int late = now == handledBefore ? waitedBefore : 0;
    for (Waiting first = waiting.peek();
        first != null && (late > 0 || now - first.ahead() >= 0);
        first = waiting.peek()) {
      late--;
      first.task().run(); // what this adds comes behind
      waiting.remove();
    }
    if (!waiting.isEmpty()) {
      later();
    }
  }
}
