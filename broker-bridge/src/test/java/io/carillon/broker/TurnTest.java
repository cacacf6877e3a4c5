package io.carillon.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class TurnTest {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final Turn turn = new Turn(context);
  private final List<List<String>> taken = new ArrayList<>();
  private final Promise<Void> done = Promise.promise();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(5, TimeUnit.SECONDS);
  }

  private static Publication publication(int number) {
    return new Publication(Topic.of("/a"), Payload.text(Integer.toString(number)), null);
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  /** Takes publications until there were so many. */
  private Consumer<List<Publication>> target(int count) {
    return publications -> {
      taken.add(publications.stream().map(one -> one.payload().text()).toList());
      if (taken.stream().mapToInt(List::size).sum() == count) {
        done.complete();
      }
    };
  }

  private void run(Runnable task) throws Exception {
    context.runOnContext(now -> task.run());
    done.future().await(5, TimeUnit.SECONDS);
  }

  private void publish(Consumer<List<Publication>> target, int from, int to) {
    IntStream.range(from, to).forEach(i -> turn.add(target, publication(i)));
  }

  /** As a handler does that publishes for each message of a client, one task behind the other. */
  private void publishOneByOne(Consumer<List<Publication>> target, int next, int to) {
    publish(target, next, next + 1);
    if (next + 1 < to) {
      context.runOnContext(later -> publishOneByOne(target, next + 1, to));
    }
  }

  @Test
  void publicationsOfOneTaskAreTakenTogether() throws Exception {
    Consumer<List<Publication>> target = target(3);

    run(
        () -> {
          publish(target, 0, 3);
          assertThat(taken).isEmpty();
        });

    assertThat(taken).containsExactly(numbers(0, 3));
  }

  @Test
  void turnLastsAsLongAsSomethingIsPublished() throws Exception {
    Consumer<List<Publication>> target = target(16);

    run(() -> publishOneByOne(target, 0, 16));

    assertThat(taken).containsExactly(numbers(0, 16));
  }

  @Test
  void turnWithoutEndIsCut() throws Exception {
    Consumer<List<Publication>> target = target(200);

    run(() -> publishOneByOne(target, 0, 200));

    assertThat(taken.stream().flatMap(List::stream)).containsExactlyElementsOf(numbers(0, 200));
    assertThat(taken).hasSizeGreaterThan(2).allMatch(list -> list.size() <= Turn.MOST);
  }

  @Test
  void manyAtOnceDoNotWait() throws Exception {
    Consumer<List<Publication>> target = target(Turn.MOST + 1);

    run(
        () -> {
          publish(target, 0, Turn.MOST + 1);
          assertThat(taken).containsExactly(numbers(0, Turn.MOST));
        });

    assertThat(taken.get(1)).isEqualTo(numbers(Turn.MOST, Turn.MOST + 1));
  }
}
