package io.carillon.server;

import io.carillon.bridge.BrokerVerticle;
import io.carillon.broker.ByReference;
import io.carillon.channel.ChannelEvent;
import io.carillon.codec.Payload;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a connection to the handler instance on its event loop and back, one message after the
 * other; and the request and reply that the event bus has for this.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class BusBenchmark {
  private static final int TRIPS = 1000;
  private static final String HANDLER = "bench.handler";
  private static final String REPLIER = "bench.replier";

  private final Vertx vertx = Vertx.vertx();
  private final DeliveryOptions byReference = ByReference.options(vertx);
  private final Context context = vertx.getOrCreateContext();
  private final Payload payload = Payload.text("x".repeat(128));
  private @Nullable SessionChannel channel;
  private int left;
  private CompletableFuture<Void> done = new CompletableFuture<>();

  /** Makes the handler and one connection. */
  @Setup
  public void connect() {
    vertx.deployVerticle(new BrokerVerticle()).await();
    onLoop(
        () -> {
          vertx.eventBus().<ChannelEvent>localConsumer(HANDLER, this::onEvent);
          vertx.eventBus().<Payload>localConsumer(REPLIER, this::onRequest);
          WiredLoop loop =
              new WiredLoop((VertxInternal) vertx, ((ContextInternal) context).nettyEventLoop());
          loop.announce("/echo", HANDLER);
          SessionChannel one = loop.connect("/echo");
          channel = one;
          one.join().<Void>mapEmpty().onComplete(joined -> done.complete(null), this::onFailure);
        });
  }

  /** Stops what was started. */
  @TearDown
  public void close() {
    vertx.close().await();
  }

  /** Runs that on the event loop, until it says that it is done. */
  private void onLoop(Runnable task) {
    done = new CompletableFuture<>();
    context.runOnContext(turn -> task.run());
    done.join();
  }

  private void onFailure(Throwable failure) {
    done.completeExceptionally(failure);
  }

  /** A message becomes an event, goes to the handler by reference, and is answered. */
  @Benchmark
  @OperationsPerInvocation(TRIPS)
  public void event() {
    left = TRIPS;
    onLoop(this::send);
  }

  private void send() {
    ((PlainSession) Objects.requireNonNull(channel).carrier()).onMessage(payload);
  }

  private void onEvent(Message<ChannelEvent> message) {
    message.body().succeed();
    if (--left == 0) {
      done.complete(null);
    } else {
      send();
    }
  }

  /** The same as a request and its reply. */
  @Benchmark
  @OperationsPerInvocation(TRIPS)
  public void requestAndReply() {
    left = TRIPS;
    onLoop(this::request);
  }

  private void request() {
    vertx
        .eventBus()
        .request(REPLIER, payload, byReference)
        .onComplete(reply -> onReply(), this::onFailure);
  }

  private void onReply() {
    if (--left == 0) {
      done.complete(null);
    } else {
      request();
    }
  }

  private void onRequest(Message<Payload> message) {
    message.reply(null);
  }
}
