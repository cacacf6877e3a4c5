package io.carillon.server;

import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.TimeUnit;
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
 * The fan-out of one event loop, for each delivery: the frame made once, the same bytes written to
 * every member, and one flush for each. There is no socket behind it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FanOutBenchmark {
  private static final int MEMBERS = 1000;
  private static final String URI = "/rooms/a";

  private final Vertx vertx = Vertx.vertx();
  private final EmbeddedChannel turns = new EmbeddedChannel();
  private final WiredLoop loop = new WiredLoop((VertxInternal) vertx, turns.eventLoop());
  private final Publication publication =
      new Publication(Topic.of(URI), Payload.text("x".repeat(128)), null);

  /** Makes the members. */
  @Setup
  public void join() {
    loop.announce("/rooms/:room", "bench.handler");
    for (int i = 0; i < MEMBERS; i++) {
      loop.fanOut().join(loop.connect(URI)); // no broker has to be told
    }
  }

  /** Stops what was started. */
  @TearDown
  public void close() {
    vertx.close().await();
  }

  /** One publication of 128 B in a turn of the loop. */
  @Benchmark
  @OperationsPerInvocation(MEMBERS)
  public void alone() {
    deliver(1);
  }

  /** Four in one turn, which share a flush. */
  @Benchmark
  @OperationsPerInvocation(4 * MEMBERS)
  public void fourInOneTurn() {
    deliver(4);
  }

  private void deliver(int publications) {
    for (int i = 0; i < publications; i++) {
      loop.fanOut().deliver(publication);
    }
    turns.runPendingTasks();
  }
}
