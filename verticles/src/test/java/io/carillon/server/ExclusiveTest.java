package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Addresses;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One at a time; over two nodes, see the limit of a user's connections. */
@Timeout(30)
class ExclusiveTest {
  private final Vertx vertx = Vertx.vertx();
  private final Exclusive exclusive = new Exclusive(vertx);

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, SECONDS);
  }

  private void hold(String name, long millis) throws Exception {
    vertx
        .sharedData()
        .<String, String>getAsyncMap(Addresses.EXCLUSIVE)
        .compose(held -> held.put(name, "another node", millis))
        .await(10, SECONDS);
  }

  private static void isBusy(Future<String> run) {
    assertThatThrownBy(() -> run.await(10, SECONDS))
        .isInstanceOfSatisfying(
            CloseException.class, busy -> assertThat(busy.httpStatus()).isEqualTo(503));
  }

  @Test
  void actionsOfOneNameRunOneAtATime() throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Future<Void>> runs = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      runs.add(
          exclusive.run(
              "ann",
              () -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                return vertx
                    .timer(1, TimeUnit.MILLISECONDS)
                    .onComplete(done -> running.decrementAndGet())
                    .mapEmpty();
              }));
    }
    Future.all(runs).await(20, SECONDS);
    assertThat(most).hasValue(1);
  }

  @Test
  void otherNamesDoNotWait() throws Exception {
    Promise<String> never = Promise.promise();
    Future<String> first = exclusive.run("ann", never::future);

    assertThat(exclusive.run("bob", () -> Future.succeededFuture("in")).await(10, SECONDS))
        .isEqualTo("in");

    never.complete("out");
    assertThat(first.await(10, SECONDS)).isEqualTo("out");
  }

  @Test
  void whatFailsIsOverToo() throws Exception {
    Future<String> failed = exclusive.run("ann", () -> Future.failedFuture("no"));
    assertThatThrownBy(() -> failed.await(10, SECONDS)).hasMessage("no");
    Future<String> thrown =
        exclusive.run(
            "ann",
            () -> {
              throw new IllegalStateException("never");
            });
    assertThatThrownBy(() -> thrown.await(10, SECONDS)).hasMessage("never");

    assertThat(exclusive.run("ann", () -> Future.succeededFuture("in")).await(10, SECONDS))
        .isEqualTo("in");
  }

  @Test
  void anActionThatTakesLongKeepsOthersWaitingForASecond() {
    exclusive.run("ann", () -> Promise.<String>promise().future());

    isBusy(exclusive.run("ann", () -> Future.succeededFuture("in")));
  }

  @Test
  void whatAnotherNodeHoldsIsWaitedFor() throws Exception {
    hold("ann", 200);

    assertThat(exclusive.run("ann", () -> Future.succeededFuture("in")).await(10, SECONDS))
        .isEqualTo("in");
  }

  @Test
  void whatAnotherNodeHoldsForLongIsNotGot() throws Exception {
    hold("ann", 60_000);

    isBusy(exclusive.run("ann", () -> Future.succeededFuture("in")));
  }
}
