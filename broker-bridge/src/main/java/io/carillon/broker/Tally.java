package io.carillon.broker;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what those who were asked answer, until all have or the time is up. May be used from any
 * thread.
 */
public final class Tally {
  private final Vertx vertx;
  private final Promise<Answer> result;
  private final JsonArray items = new JsonArray();
  private int expected = 1;
  private int connections;
  private boolean complete = true;
  private boolean over;
  private long timer = -1;

  private Tally(Vertx vertx) {
    this.vertx = vertx;
    this.result = ((VertxInternal) vertx).getOrCreateContext().promise();
  }

  /** A tally that expects one answer, that of its maker. */
  public static Tally start(Vertx vertx, long millis) {
    Tally tally = new Tally(vertx);
    tally.timer = vertx.setTimer(millis, late -> tally.expire());
    return tally;
  }

  /** One more answer will come. */
  public synchronized void expect() {
    expected++;
  }

  /** An answer that was expected has come; one that is late is passed over. */
  public void add(Answer answer) {
    finish(take(answer));
  }

  private synchronized @Nullable Answer take(Answer answer) {
    if (over) {
      return null;
    }
    connections += answer.connections();
    items.addAll(answer.items());
    complete &= answer.complete();
    return --expected == 0 ? total() : null;
  }

  private void expire() {
    finish(takeWhatThereIs());
  }

  private synchronized @Nullable Answer takeWhatThereIs() {
    if (over) {
      return null;
    }
    complete = false;
    return total();
  }

  private Answer total() {
    over = true;
    return new Answer(connections, items, complete);
  }

  private void finish(@Nullable Answer total) {
    if (total != null) {
      vertx.cancelTimer(timer);
      result.complete(total);
    }
  }

  /** The sum, on the context of the maker; never fails. */
  public Future<Answer> result() {
    return result.future();
  }
}
