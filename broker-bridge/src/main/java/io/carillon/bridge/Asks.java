package io.carillon.bridge;

import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Asked;
import io.vertx.core.Future;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What was asked of other nodes and is not answered yet, and the answers to what they ask.
 *
 * <p>Asks and answers travel with publications, numbered and bounded like them; what is dropped is
 * not answered. Whoever asks waits for a second at most, so what is older is forgotten here. Owned
 * by the event loop of the broker.
 */
final class Asks {
  /** Asks under way at one time; what is over it is not asked. */
  private static final int MOST = 1 << 16;

  private static final long MAX_AGE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_200);

  private record Open(Asked asked, long sinceNanos) {}

  private final Function<Ask, Future<Answer>> answers;
  private final Map<Long, Open> open = new LinkedHashMap<>();
  private long last;

  /**
   * Nothing is asked yet.
   *
   * @param answers answers what other nodes ask
   */
  Asks(Function<Ask, Future<Answer>> answers) {
    this.answers = answers;
  }

  /** Asks the broker at the other end of a link. */
  void ask(Link link, Asked asked) {
    asked.tally().expect();
    if (open.size() >= MOST) {
      return; // as if it did not answer
    }
    long number = ++last;
    open.put(number, new Open(asked, System.nanoTime()));
    link.send(number, asked.ask());
  }

  void onAnswer(long number, Answer answer) {
    Open answered = open.remove(number);
    if (answered != null) {
      answered.asked().answer(answer);
    }
  }

  void onAsked(Link from, long number, Ask ask) {
    answers.apply(ask).onSuccess(answer -> from.send(number, answer));
  }

  /** Forgets what nobody waits for any more. */
  void sweep(long nowNanos) {
    Iterator<Open> oldest = open.values().iterator();
    while (oldest.hasNext() && nowNanos - oldest.next().sinceNanos() > MAX_AGE_NANOS) {
      oldest.remove();
    }
  }
}
