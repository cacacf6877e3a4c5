package io.carillon.examples.cluster;

import static io.carillon.examples.cluster.Cluster.SECOND;
import static io.carillon.examples.cluster.Cluster.finished;
import static io.carillon.examples.cluster.Cluster.millis;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.examples.cluster.Member.Report;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two nodes of the fat jar, each a process of its own, and clients on both that say and hear
 * numbered messages: what a crash and a restart do to them. The quick form of {@link
 * ClusterFailuresIT}.
 */
@Timeout(110)
class ClusterIT {
  private static final long FLOWING_NANOS = 10_000_000_000L;

  private final Cluster cluster = new Cluster();
  private final Talk talk = cluster.talk();
  private ServerProcess one;
  private ServerProcess two;

  @BeforeEach
  void start() throws Exception {
    one = cluster.start("one");
    two = cluster.start("two");
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void aNodeThatIsKilledHurtsOnlyItsOwnClients() throws Exception {
    Member ann = Member.join("ann", one.uri("/listen"));
    Member bob = Member.join("bob", one.uri("/listen"));
    Member cat = Member.join("cat", two.uri("/listen"));
    talk.add(ann, cat);
    cat.awaitMore(ann, SECOND);
    bob.awaitMore(cat, SECOND);

    talk.remove(cat);
    long killed = System.nanoTime();
    two.kill();

    assertThat(cat.closeCode()).isEqualTo(1006);
    long known = one.awaitLine("node lost", killed).nanos();
    bob.awaitMore(ann, SECOND);

    ServerProcess again = cluster.start("two again");
    long ready = System.nanoTime();
    Member dan = Member.join("dan", again.uri("/listen"));
    int joined = ann.sent(); // what is said from now on has to reach dan
    talk.add(dan);
    bob.awaitHeard(dan, 0);
    dan.awaitHeard(ann, joined);
    long flowing = System.nanoTime();
    bob.awaitMore(dan, SECOND);
    dan.awaitMore(ann, SECOND);
    talk.close();
    Report survivors = finished(ann, bob);

    System.out.printf(
        "kill -9: known after %d ms, longest silence among survivors %d ms, flowing %d ms after the"
            + " restart%n",
        millis(killed, known), survivors.longestSilenceMillis(), millis(ready, flowing));
    assertThat(survivors).matches(Report::isClean);
    assertThat(survivors.longestSilenceMillis()).isLessThan(3_000);
    assertThat(finished(dan, bob)).matches(Report::isClean);
    assertThat(finished(ann, dan, joined)).matches(Report::isClean);
    assertThat(bob.report(cat, 0)).matches(Report::isInOrder);
    assertThat(flowing - ready).isLessThan(FLOWING_NANOS);
    cluster.assertNoErrors();
  }

  @Test
  void aRollingRestartLosesNothingAmongThoseWhoStay() throws Exception {
    Member ann = Member.join("ann", one.uri("/listen"));
    Member bob = Member.join("bob", one.uri("/listen"));
    Member cat = Member.join("cat", two.uri("/listen"));
    talk.add(ann, cat);
    cat.awaitMore(ann, SECOND);
    bob.awaitMore(cat, SECOND);

    // The second node goes and comes back.
    talk.remove(cat);
    assertThat(two.terminate()).isIn(0, 143);
    assertThat(cat.closeCode()).isEqualTo(1001);
    Report whatCatSaid = bob.report(cat, 0);
    bob.awaitMore(ann, SECOND);
    ServerProcess twoAgain = cluster.start("two again");
    long twoReady = System.nanoTime();
    assertThat(twoAgain.ready()).isEqualTo(200);
    Member dan = Member.join("dan", twoAgain.uri("/listen"));
    Member eve = Member.join("eve", twoAgain.uri("/listen"));
    int danJoined = ann.sent();
    talk.add(dan);
    bob.awaitHeard(dan, 0);
    dan.awaitHeard(ann, danJoined);
    long twoFlowing = System.nanoTime();
    eve.awaitMore(ann, SECOND);
    bob.awaitMore(dan, SECOND);

    // The first node goes and comes back.
    talk.remove(ann);
    Report annToBob = finished(ann, bob);
    Report annToDan = finished(ann, dan, danJoined);
    Report danToBob = bob.report(dan, 0);
    assertThat(one.terminate()).isIn(0, 143);
    assertThat(ann.closeCode()).isEqualTo(1001);
    assertThat(bob.closeCode()).isEqualTo(1001);
    eve.awaitMore(dan, SECOND);
    ServerProcess oneAgain = cluster.start("one again");
    long oneReady = System.nanoTime();
    Member fay = Member.join("fay", oneAgain.uri("/listen"));
    int fayJoined = dan.sent();
    talk.add(fay);
    eve.awaitHeard(fay, 0);
    fay.awaitHeard(dan, fayJoined);
    long oneFlowing = System.nanoTime();
    eve.awaitMore(fay, SECOND);
    talk.close();
    Report danToEve = finished(dan, eve);

    System.out.printf(
        "rolling restart: longest silence among those who stay %d and %d ms, flowing %d and %d ms"
            + " after ready%n",
        annToBob.longestSilenceMillis(),
        danToEve.longestSilenceMillis(),
        millis(twoReady, twoFlowing),
        millis(oneReady, oneFlowing));
    assertThat(whatCatSaid).matches(Report::isInOrder);
    assertThat(annToBob).matches(Report::isClean);
    assertThat(annToDan).matches(Report::isClean);
    assertThat(danToBob).matches(Report::isInOrder);
    assertThat(danToEve).matches(Report::isClean);
    assertThat(finished(fay, eve)).matches(Report::isClean);
    assertThat(finished(dan, fay, fayJoined)).matches(Report::isClean);
    assertThat(twoFlowing - twoReady).isLessThan(FLOWING_NANOS);
    assertThat(oneFlowing - oneReady).isLessThan(FLOWING_NANOS);
    cluster.assertNoErrors();
  }

  @Test
  void whatIsSaidForThoseWhoLeaveWithTheirNodeIsHeardOnTheOther() throws Exception {
    Ears ann = Ears.join(one, "/rooms/lobby");
    ann.say("{\"type\":\"hello\",\"name\":\"ann\"}");
    assertThat(ann.next()).isEqualTo("{\"type\":\"came\",\"who\":\"ann\"}");
    for (int i = 0; i < 20; i++) {
      Ears guest = Ears.join(two, "/rooms/lobby");
      guest.say("{\"type\":\"hello\",\"name\":\"guest\"}");
      assertThat(ann.next()).isEqualTo("{\"type\":\"came\",\"who\":\"guest\"}");
    }
    assertThat(two.terminate()).isIn(0, 143);
    for (int i = 0; i < 20; i++) {
      assertThat(ann.next()).isEqualTo("{\"type\":\"left\",\"who\":\"guest\"}");
    }
    cluster.assertNoErrors();
  }

  /** Hears texts. */
  private record Ears(BlockingQueue<String> heard, WebSocket[] socket)
      implements WebSocket.Listener {
    static Ears join(ServerProcess server, String topic) throws Exception {
      Ears ears = new Ears(new LinkedBlockingQueue<>(), new WebSocket[1]);
      ears.socket[0] =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(server.uri(topic), ears)
              .get(10, SECONDS);
      return ears;
    }

    void say(String text) throws Exception {
      socket[0].sendText(text, true).get(10, SECONDS);
    }

    String next() throws Exception {
      return heard.poll(10, SECONDS);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
      heard.add(text.toString()); // so short that they come whole
      from.request(1);
      return null;
    }
  }
}
