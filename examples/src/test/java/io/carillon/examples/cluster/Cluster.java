package io.carillon.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.examples.cluster.Member.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** The processes of one test, and those who talk at a steady pace. */
final class Cluster implements AutoCloseable {
  /** How long a speaker waits between two messages. */
  static final long PACE_MILLIS = 5;

  /** So many messages take about a second. */
  static final int SECOND = (int) (1000 / PACE_MILLIS);

  /** The name of a logger of ours, abbreviated or not. */
  private static final Pattern OURS = Pattern.compile(" i(o\\.c|\\.c)(arillon)?\\.");

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final int PORT = 30_000 + (int) (ProcessHandle.current().pid() % 2_000);

  private final String name =
      "cluster-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet();
  private final List<ServerProcess> servers = new ArrayList<>();
  private final Talk talk = Talk.every(PACE_MILLIS);

  /** How a further node would be started. */
  ServerProcess.Builder server(String called) {
    return new ServerProcess.Builder(called, name, PORT).jvm("-Xmx256m");
  }

  /** Starts a further node and waits until it listens. */
  ServerProcess start(String called) throws Exception {
    return start(server(called));
  }

  ServerProcess start(ServerProcess.Builder server) throws Exception {
    ServerProcess started = server.launch();
    servers.add(started);
    started.awaitListening();
    return started;
  }

  Talk talk() {
    return talk;
  }

  /** What the listener has heard of a sender who says nothing more; all of it is awaited. */
  static Report finished(Member sender, Member listener) throws InterruptedException {
    return finished(sender, listener, 0);
  }

  /** As above, from that number on. */
  static Report finished(Member sender, Member listener, int from) throws InterruptedException {
    listener.awaitHeard(sender, sender.sent() - 1);
    return listener.report(sender, from);
  }

  static long millis(long from, long to) {
    return (to - from) / 1_000_000;
  }

  /** Whatever happened to the others, no line of ours says error, and no promise was broken. */
  void assertNoErrors() {
    for (ServerProcess server : servers) {
      assertThat(server.lines(" ERROR "))
          .as(server.output())
          .noneMatch(line -> OURS.matcher(line).find()); // Hazelcast logs resets as errors
      assertThat(server.lines("Promise already completed")).as(server.output()).isEmpty();
      assertThat(server.lines("Unhandled exception")).as(server.output()).isEmpty();
    }
  }

  /** What all of them have logged. */
  String output() {
    StringBuilder all = new StringBuilder();
    servers.forEach(server -> all.append(server.output()));
    return all.toString();
  }

  @Override
  public void close() throws Exception {
    talk.close();
    servers.forEach(ServerProcess::close);
  }
}
