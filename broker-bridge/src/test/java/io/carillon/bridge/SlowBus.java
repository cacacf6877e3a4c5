package io.carillon.bridge;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageProducer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * A Vert.x of which only the event bus's writes and the context's queue exist: a write completes
 * when the test says so, and a turn of the event loop ends when the test says so.
 */
final class SlowBus {
  /** One message on its way to the socket. */
  record Write(String address, MultiMap headers, Buffer body, Promise<Void> written) {}

  /** Those not completed yet, oldest first. */
  final List<Write> writes = new ArrayList<>();

  /** Whether a write fails at once, as on a connection that is closed. */
  boolean broken;

  private final Queue<Handler<Void>> turn = new ArrayDeque<>();

  Vertx vertx() {
    Context context = fake(Context.class, (proxy, method, args) -> later(args[0]));
    EventBus bus =
        fake(
            EventBus.class,
            (proxy, method, args) -> producer((String) args[0], (DeliveryOptions) args[1]));
    return fake(
        Vertx.class,
        (proxy, method, args) ->
            switch (method.getName()) {
              case "getOrCreateContext" -> context;
              case "eventBus" -> bus;
              default -> throw new UnsupportedOperationException(method.toString());
            });
  }

  /** Runs what was put off to the end of this turn. */
  void endTurn() {
    for (Handler<Void> next = turn.poll(); next != null; next = turn.poll()) {
      next.handle(null);
    }
  }

  /** Completes the oldest write. */
  Write complete() {
    Write oldest = writes.remove(0);
    oldest.written().complete();
    return oldest;
  }

  /** Completes all, and those that follow from it. */
  void completeAll() {
    while (!writes.isEmpty()) {
      complete();
    }
  }

  /** Fails the oldest write. */
  void fail() {
    writes.remove(0).written().fail("connection lost");
  }

  @SuppressWarnings("unchecked")
  private Object later(Object handler) {
    turn.add((Handler<Void>) handler);
    return null;
  }

  private Object producer(String address, DeliveryOptions options) {
    return fake(
        MessageProducer.class,
        (proxy, method, args) -> {
          Write write =
              new Write(address, options.getHeaders(), (Buffer) args[0], Promise.promise());
          if (broken) {
            write.written().fail("connection lost");
          } else {
            writes.add(write);
          }
          Future<Void> written = write.written().future();
          return written;
        });
  }

  private static <T> T fake(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
