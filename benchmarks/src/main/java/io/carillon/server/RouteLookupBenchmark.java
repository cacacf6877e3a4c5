package io.carillon.server;

import io.carillon.broker.Topic;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/** From the URI of a request to the routes that take it; once for each connection or topic. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RouteLookupBenchmark {
  /** How many routes there are; the one that is looked for is among the last. */
  @Param({"1", "10", "100"})
  public int routes;

  private RouteTable table = new RouteTable("bench");
  private Topic topic = Topic.of("/");
  private String uri = "/";

  /** Makes the table. */
  @Setup
  public void announce() {
    table = new RouteTable("bench");
    List<String> patterns =
        IntStream.range(0, routes).mapToObj(i -> "/service" + i + "/:id/events").toList();
    table.announce(WiredLoop.announcement("bench.handler", patterns));
    uri = "/service" + (routes - 1) + "/42/events";
    topic = Topic.of(uri);
  }

  /** The topic that a URI means. */
  @Benchmark
  public Object topicOfUri() {
    return Topic.of(uri);
  }

  /** The routes that take a topic. */
  @Benchmark
  public Object find() {
    return table.find(topic);
  }
}
