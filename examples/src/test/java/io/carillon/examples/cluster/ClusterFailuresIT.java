package io.carillon.examples.cluster;

import static io.carillon.examples.cluster.Cluster.SECOND;
import static io.carillon.examples.cluster.Cluster.finished;
import static io.carillon.examples.cluster.Cluster.millis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.carillon.examples.cluster.Member.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * Three nodes, and what is done to one of them: the long forms of {@link ClusterIT}. Each prints
 * what it has measured and leaves the nodes' logs in {@code target/cluster-failures}. Run with
 * {@code mvn -Pfailures verify}; the partition needs root and iproute2, and is skipped without.
 */
@Tag("cluster-failures")
@Timeout(180)
class ClusterFailuresIT {
  /** How soon both directions flow again after a heal. */
  private static final long FLOWING_MILLIS = 10_000;

  /** How long broadcasts among survivors may be held up. */
  private static final long STALL_MILLIS = 1_000;

  private final Cluster cluster = new Cluster();
  private final Talk talk = cluster.talk();
  private ServerProcess one;
  private ServerProcess two;
  private ServerProcess three;
  private Member ann;
  private Member bob;
  private Member cat;

  @AfterEach
  void stop(TestInfo test) throws Exception {
    cluster.close();
    String name = test.getTestMethod().orElseThrow().getName();
    Path logs = Files.createDirectories(Path.of("target", "cluster-failures"));
    Files.writeString(logs.resolve(name + ".log"), cluster.output());
  }

  private void startThree() throws Exception {
    one = cluster.start("one");
    two = cluster.start("two");
    three = cluster.start("three");
    everybodyTalks();
  }

  /** One on each node says something, and all hear all. */
  private void everybodyTalks() throws Exception {
    ann = Member.join("ann", one.uri("/listen"));
    bob = Member.join("bob", two.uri("/listen"));
    cat = Member.join("cat", three.uri("/listen"));
    talk.add(ann, bob, cat);
    for (Member listener : List.of(ann, bob, cat)) {
      for (Member speaker : List.of(ann, bob, cat)) {
        listener.awaitMore(speaker, SECOND);
      }
    }
  }

  @Test
  void aNodeOfThreeIsKilledAndStartedAgain() throws Exception {
    startThree();
    talk.remove(cat);
    long killed = System.nanoTime();
    three.kill();
    long known = knownAfter(killed);
    bob.awaitMore(ann, SECOND);
    ServerProcess again = cluster.start("three again");
    long ready = System.nanoTime();
    cat = Member.join("dan", again.uri("/listen"));
    talk.add(cat);
    long flowing = flowingAfter(ready);
    Report[] survivors = survivors();
    print("kill -9", known, survivors, flowing);
    assertSurvivors(survivors);
    assertThat(finished(cat, bob)).matches(Report::isClean);
    assertThat(flowing).isLessThan(FLOWING_MILLIS);
    cluster.assertNoErrors();
  }

  @Test
  void aNodeThatIsFrozenForAMomentMissesNothing() throws Exception {
    startThree();
    three.freeze();
    bob.awaitMore(ann, 2 * SECOND);
    three.thaw();
    bob.awaitMore(ann, SECOND);
    talk.close();
    for (Member listener : List.of(ann, bob, cat)) {
      for (Member speaker : List.of(ann, bob, cat)) {
        Report report = finished(speaker, listener, listener.first(speaker));
        System.out.println("frozen for 2 s: " + report);
        assertThat(report).matches(Report::isClean);
      }
    }
    cluster.assertNoErrors();
  }

  @Test
  void aNodeThatIsFrozenHurtsOnlyItself() throws Exception {
    startThree();
    long frozen = System.nanoTime();
    three.freeze();
    bob.awaitMore(ann, 15 * SECOND);
    long known = knownAfter(frozen);
    long thawed = System.nanoTime();
    three.thaw();
    long flowing = flowingAfter(thawed);
    Report[] survivors = survivors();
    print("SIGSTOP for 15 s", known, survivors, flowing);
    assertSurvivors(survivors);
    assertThat(finished(cat, bob)).matches(Report::isInOrder);
    assertThat(finished(ann, cat)).matches(Report::isInOrder);
    assertThat(flowing).isLessThan(FLOWING_MILLIS);
    assertJoinedMeansReachable();
    cluster.assertNoErrors();
  }

  @Test
  void aNodeThatIsCutOffHurtsOnlyItself() throws Exception {
    assumeTrue(Network.isPossible(), "a partition needs root and ip netns (iproute2): skipped");
    try (Network network = Network.of(3)) {
      one = cluster.start(network.place(cluster.server("one"), 1));
      two = cluster.start(network.place(cluster.server("two"), 2));
      three = cluster.start(network.place(cluster.server("three"), 3));
      everybodyTalks();
      long cut = System.nanoTime();
      network.cut(3);
      bob.awaitMore(ann, 20 * SECOND);
      long known = knownAfter(cut);
      three.awaitLine("node lost", cut);
      long healed = System.nanoTime();
      network.heal(3);
      long flowing = flowingAfter(healed);
      Report[] survivors = survivors();
      print("partition of one of three for 20 s", known, survivors, flowing);
      assertSurvivors(survivors);
      assertThat(finished(cat, bob)).matches(Report::isInOrder);
      assertThat(finished(ann, cat)).matches(Report::isInOrder);
      assertThat(flowing).isLessThan(FLOWING_MILLIS);
      assertJoinedMeansReachable();
      cluster.assertNoErrors();
    }
  }

  @Test
  void twoHalvesFlowAgainAfterAPartition() throws Exception {
    assumeTrue(Network.isPossible(), "a partition needs root and ip netns (iproute2): skipped");
    try (Network network = Network.of(2)) {
      one = cluster.start(network.place(cluster.server("one"), 1));
      three = cluster.start(network.place(cluster.server("three"), 2));
      two = one;
      everybodyTalks();
      long cut = System.nanoTime();
      network.cut(2);
      bob.awaitMore(ann, 20 * SECOND);
      long known = knownAfter(cut);
      three.awaitLine("node lost", cut);
      long healed = System.nanoTime();
      network.heal(2);
      long flowing = flowingAfter(healed);
      Report[] survivors = survivors();
      print("partition of two nodes for 20 s", known, survivors, flowing);
      assertSurvivors(survivors);
      assertThat(finished(cat, bob)).matches(Report::isInOrder);
      assertThat(flowing).isLessThan(FLOWING_MILLIS);
      assertJoinedMeansReachable();
      cluster.assertNoErrors();
    }
  }

  @Test
  void aFrozenNodeDoesNotFillTheMemoryOfThePublishers() throws Exception {
    one = cluster.start(cluster.server("one").jvm("-Xmx128m").jvm("-XX:+ExitOnOutOfMemoryError"));
    two = cluster.start("two");
    three = cluster.start("three");
    everybodyTalks();
    String large = "x".repeat(20_000);
    Member pump = Member.join("pump", one.uri("/listen?flood"));
    Member ear = Member.join("ear", two.uri("/listen?flood"));
    Member.join("frozen", three.uri("/listen?flood"));
    long frozen = System.nanoTime();
    three.freeze();

    for (int megabytes = 0; megabytes < 200; megabytes++) {
      for (int i = 0; i < 50; i++) {
        pump.sayNow(large);
      }
      pump.awaitHeard(pump, pump.sent() - 1);
      ear.awaitHeard(pump, pump.sent() - 1);
    }
    long pumped = System.nanoTime();
    assertThat(one.lines("node does not take publications")).hasSize(1);
    knownAfter(frozen);
    long thawed = System.nanoTime();
    three.thaw();
    long flowing = flowingAfter(thawed);
    talk.close();

    System.out.printf(
        "200 MB published while one of three was frozen, publisher with -Xmx128m: %d ms, flowing"
            + " %d ms after it went on%n",
        millis(frozen, pumped), flowing);
    assertThat(one.isAlive()).as(one.output()).isTrue();
    assertThat(finished(pump, pump)).matches(Report::isClean);
    assertThat(finished(pump, ear)).matches(Report::isClean);
    assertThat(finished(ann, bob, bob.first(ann))).matches(Report::isClean);
    assertThat(flowing).isLessThan(FLOWING_MILLIS);
    cluster.assertNoErrors();
  }

  /** Until both who stay have lost the third node, in milliseconds. */
  private long knownAfter(long nanos) throws Exception {
    long known = one.awaitLine("node lost", nanos).nanos();
    return millis(nanos, Math.max(known, two.awaitLine("node lost", nanos).nanos()));
  }

  /**
   * Until what is said from now on goes both ways between the third node and the others, in
   * milliseconds.
   */
  private long flowingAfter(long nanos) throws Exception {
    int said = cat.sent();
    int annSaid = ann.sent();
    int bobSaid = bob.sent();
    ann.awaitHeard(cat, said);
    bob.awaitHeard(cat, said);
    cat.awaitHeard(ann, annSaid);
    cat.awaitHeard(bob, bobSaid);
    return millis(nanos, System.nanoTime());
  }

  /** What those who stay have heard of each other; nobody speaks any more. */
  private Report[] survivors() throws Exception {
    bob.awaitMore(cat, SECOND);
    cat.awaitMore(ann, SECOND);
    talk.close();
    return new Report[] {
      finished(ann, bob, bob.first(ann)), finished(bob, ann, ann.first(bob)),
    };
  }

  private static void assertSurvivors(Report[] survivors) {
    assertThat(survivors).allMatch(Report::isClean);
    assertThat(survivors).allMatch(report -> report.longestSilenceMillis() < STALL_MILLIS);
  }

  private void print(String what, long known, Report[] survivors, long flowing) throws Exception {
    System.out.printf(
        "%s: known after %d ms, longest silence among those who stay %d ms, lost among them %d,"
            + " flowing again after %d ms%n    %s%n    %s%n",
        what,
        known,
        Math.max(survivors[0].longestSilenceMillis(), survivors[1].longestSilenceMillis()),
        survivors[0].lost() + survivors[1].lost(),
        flowing,
        cat.report(ann, cat.first(ann)),
        bob.report(cat, bob.first(cat)));
  }

  /** Who joins now is reached from the other side, in both directions. */
  private void assertJoinedMeansReachable() throws Exception {
    for (int i = 0; i < 20; i++) {
      ServerProcess here = i % 2 == 0 ? one : three;
      ServerProcess there = i % 2 == 0 ? three : two;
      String topic = "/listen?pair=" + i;
      Member publisher = Member.join("publisher", there.uri(topic));
      Member joiner = Member.join("joiner", here.uri(topic));
      publisher.sayNow("");
      joiner.awaitHeard(publisher, 0);
      publisher.vanish();
      joiner.vanish();
    }
  }
}
