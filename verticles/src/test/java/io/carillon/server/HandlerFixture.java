package io.carillon.server;

import io.carillon.broker.Broker;
import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Route;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A server whose handlers report to the test, and wait for it where they are told to. */
abstract class HandlerFixture {
  final Journal journal = new Journal();
  TestServer server;

  /** Futures of handlers that wait for the test, in the order in which they began to. */
  final BlockingQueue<Promise<Void>> pending = new LinkedBlockingQueue<>();

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start();
  }

  @AfterEach
  void stop() throws Exception {
    pending.forEach(Promise::tryComplete);
    server.close();
  }

  final Future<Void> hold(String entry) {
    Promise<Void> promise = Promise.promise();
    pending.add(promise);
    journal.add(entry);
    return promise.future();
  }

  final Promise<Void> nextPending() throws InterruptedException {
    return Objects.requireNonNull(pending.poll(5, TimeUnit.SECONDS), "no handler waits");
  }

  /** Completes when the server has noticed that the client is gone. */
  final Future<Void> gone(Channel<?> channel) {
    Promise<Void> promise = Promise.promise();
    server
        .vertx()
        .setPeriodic(
            2,
            timer -> {
              if (!channel.isOpen()) {
                server.vertx().cancelTimer(timer);
                promise.complete();
              }
            });
    return promise.future();
  }

  /** A route that reports what happens to it. */
  final <I, O> Route<I, O> reported(Route<I, O> route) {
    return route.leave(
        (ch, status) -> {
          journal.add("leave " + status + " " + status.closeStatus().reason());
        });
  }

  final void broadcast(String topic, String message) throws Exception {
    TestServer.await(Broker.of(server.vertx()).broadcastTo(topic, message));
  }

  final RawClient joined() throws Exception {
    server.serve(
        routes ->
            reported(routes.route("/t", String.class, String.class))
                .message(
                    (ch, text) -> {
                      switch (text) {
                        case "throw" -> throw new IllegalStateException("a secret");
                        case "fail" -> throw new CloseException(CloseStatus.of(4002, "failed"));
                        case "close" -> ch.close();
                        case "close with" -> ch.close(CloseStatus.of(4003, "enough"));
                        case "close unsendable" -> ch.close(CloseStatus.ABNORMAL_CLOSE);
                        default -> ch.send(text);
                      }
                    }));
    return server.connect("/t");
  }

  final void nothingMoreHappens() throws Exception {
    TestServer.await(server.undeployHttp());
    journal.isEmpty();
  }
}
