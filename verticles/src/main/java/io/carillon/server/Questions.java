package io.carillon.server;

import io.carillon.channel.CloseException;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** What the server has asked one client on one topic, until it is answered. Owned by its loop. */
final class Questions {
  /** Most that one client can be asked at once on one topic. */
  static final int MAX_OPEN = 1_000;

  private record Open(Promise<Payload> answer, ScheduledFuture<?> late) {}

  private final Loop loop;
  private final Map<Long, Open> open = new HashMap<>();

  Questions(Loop loop) {
    this.loop = loop;
  }

  boolean isFull() {
    return open.size() >= MAX_OPEN;
  }

  /** The answer to a question, when it comes; fails with 504 when it does not. */
  Future<Payload> add(long id, long timeoutMillis) {
    Promise<Payload> answer = Promise.promise();
    ScheduledFuture<?> late =
        loop.eventLoop()
            .schedule(
                () -> fail(id, CloseException.http(504, "no answer")),
                timeoutMillis,
                TimeUnit.MILLISECONDS);
    open.put(id, new Open(answer, late));
    return answer.future();
  }

  /** An answer came; one that nobody waits for is passed over. */
  void answer(long id, Payload payload) {
    Open one = open.remove(id);
    if (one != null) {
      one.late.cancel(false);
      one.answer.complete(payload);
    }
  }

  void fail(long id, CloseException why) {
    Open one = open.remove(id);
    if (one != null) {
      one.late.cancel(false);
      one.answer.fail(why);
    }
  }

  /** None of them will be answered any more. */
  void failAll(CloseException why) {
    List.copyOf(open.keySet()).forEach(id -> fail(id, why));
  }
}
