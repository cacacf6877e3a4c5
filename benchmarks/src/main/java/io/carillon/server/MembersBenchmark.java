package io.carillon.server;

import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A member that leaves its topic and joins it again, beside others that stay. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MembersBenchmark {
  private static final String URI = "/rooms/a";

  /** How many members the topic has. */
  @Param({"10", "10000"})
  public int members;

  private final Vertx vertx = Vertx.vertx();
  private final EmbeddedChannel turns = new EmbeddedChannel();
  private final WiredLoop loop = new WiredLoop((VertxInternal) vertx, turns.eventLoop());
  private SessionChannel[] all = {};
  private int next;

  /** Makes the members. */
  @Setup
  public void join() {
    loop.announce("/rooms/:room", "bench.handler");
    all = new SessionChannel[members];
    for (int i = 0; i < members; i++) {
      all[i] = loop.connect(URI);
      loop.fanOut().join(all[i]); // no broker has to be told
    }
  }

  /** Stops what was started. */
  @TearDown
  public void close() {
    vertx.close().await();
  }

  /** One of them, whose place another one takes meanwhile. */
  @Benchmark
  public Object leaveAndJoin() {
    next = (next + 7919) % members; // a prime: in no order of memory
    SessionChannel one = all[next];
    loop.fanOut().leave(one);
    return loop.fanOut().join(one);
  }
}
