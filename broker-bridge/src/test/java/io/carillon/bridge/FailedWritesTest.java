package io.carillon.bridge;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class FailedWritesTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, SECONDS);
  }

  @Test
  void promisesThatAreFailedTwiceAreOneLineWithoutAStackTrace() throws Exception {
    FailedWrites.handleIn(vertx);
    try (LogLines log = LogLines.of(FailedWrites.class)) {
      for (int i = 0; i < 3; i++) {
        onContext(turn -> Future.failedFuture("connection lost").onComplete(completed()));
      }
      onContext(
          turn -> {
            throw new IllegalArgumentException("another");
          });
      assertThat(log.next(""))
          .isEqualTo(
              "WARN messages were under way to another node when the connection ended: they are"
                  + " lost");
      assertThat(log.next("")).isEqualTo("ERROR Unhandled exception");
    }
  }

  @Test
  void aPromiseThatTheApplicationFailsTwiceIsAnError() throws Exception {
    FailedWrites.handleIn(vertx);
    try (LogLines log = LogLines.of(FailedWrites.class)) {
      onContext(turn -> completed().fail("again"));
      assertThat(log.next("")).isEqualTo("ERROR Unhandled exception");
    }
  }

  @Test
  void anExceptionHandlerOfTheApplicationStays() {
    Handler<Throwable> theirs = failure -> {};
    vertx.exceptionHandler(theirs);
    FailedWrites.handleIn(vertx);
    assertThat(vertx.exceptionHandler()).isSameAs(theirs);
  }

  private static Promise<Object> completed() {
    Promise<Object> promise = Promise.promise();
    promise.complete();
    return promise;
  }

  /** Returns when the task has run and what it has thrown is reported. */
  private void onContext(Handler<Void> task) throws Exception {
    Promise<Void> after = Promise.promise();
    Context context = vertx.getOrCreateContext();
    context.runOnContext(task);
    context.runOnContext(turn -> after.complete());
    after.future().await(10, SECONDS);
  }
}
