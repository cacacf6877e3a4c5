package io.carillon.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class LinkTest {
  private static final int WINDOW = 64;
  private static final int KIB = 1024;
  private static final int MIB = 1 << 20;
  private static final int BATCH_BYTES = 64 * KIB;

  private final SlowBus bus = new SlowBus();

  // ---- what travels

  @Test
  void publicationsOfOneTurnTravelInOneMessage() {
    Link link = link(64 * MIB);
    List<Publication> three = List.of(text("1"), text("2"), text("3"));
    three.forEach(link::send);
    assertThat(bus.writes).isEmpty();

    bus.endTurn();

    assertThat(bus.writes).hasSize(1);
    assertThat(publications(bus.writes.get(0).body())).isEqualTo(three);
  }

  @Test
  void aMessageSaysWhereItComesFromAndIsNumbered() {
    Link link = link(64 * MIB);
    for (int i = 1; i <= 3; i++) {
      sendAlone(link, text("x"));
      SlowBus.Write write = bus.writes.get(i - 1);
      assertThat(write.address()).isEqualTo("carillon.node:there");
      assertThat(write.headers().entries())
          .extracting(header -> header.getKey() + "=" + header.getValue())
          .containsExactlyInAnyOrder(
              "version=1.0", "action=batch", "node=here", "epoch=77", "sequence=" + i);
    }
  }

  @Test
  void aLargeMessageDoesNotWaitForTheEndOfTheTurn() {
    Link link = link(64 * MIB);
    link.send(text("before"));
    link.send(bytes(BATCH_BYTES));
    assertThat(bus.writes).hasSize(1);
    link.send(text("after"));
    bus.endTurn();
    assertThat(bus.writes).hasSize(2);
    assertThat(publications(bus.writes.get(1).body())).containsExactly(text("after"));
  }

  // ---- the window

  @Test
  void onlySoManyMessagesAreOnTheirWayAtATime() {
    Link link = link(64 * MIB);
    for (int i = 0; i < WINDOW + 3; i++) {
      sendAlone(link, text("message " + i));
    }
    assertThat(bus.writes).hasSize(WINDOW);

    bus.complete();

    assertThat(bus.writes).hasSize(WINDOW);
    assertThat(publications(bus.writes.get(WINDOW - 1).body()))
        .containsExactly(text("message " + WINDOW));
  }

  @Test
  void whatWaitedGoesOutInItsOrder() {
    Link link = link(64 * MIB);
    List<Publication> sent = new ArrayList<>();
    List<Publication> got = new ArrayList<>();
    for (int i = 0; i < 3 * WINDOW; i++) {
      sent.add(text("message " + i));
      sendAlone(link, sent.get(i));
    }
    long sequence = 0;
    while (!bus.writes.isEmpty()) {
      SlowBus.Write write = bus.complete();
      assertThat(write.headers().get("sequence")).isEqualTo(Long.toString(++sequence));
      got.addAll(publications(write.body()));
    }
    assertThat(got).isEqualTo(sent);
    assertThat(link.dropped()).isZero();
  }

  @Test
  void aLostConnectionTakesAllThatWaitsWithItAndTheNextOneIsUsed() {
    Link link = link(64 * MIB);
    link.greeted(new BitSet(), 1);
    for (int i = 0; i < 50_000; i++) {
      sendAlone(link, text("lost"));
    }
    bus.broken = true;
    while (!bus.writes.isEmpty()) {
      bus.fail();
    }
    assertThat(link.dropped()).isEqualTo(50_000);

    bus.broken = false;
    sendAlone(link, text("next"));

    assertThat(publications(bus.complete().body())).containsExactly(text("next"));
  }

  // ---- the bound

  @Test
  void beyondTheBoundPublicationsAreDroppedCountedAndLoggedOnce() {
    try (LogLines log = LogLines.of(Link.class)) {
      Link link = link(MIB);
      for (int i = 0; i < 100; i++) {
        sendAlone(link, bytes(100 * KIB));
      }
      assertThat(bus.writes).hasSize(10);
      assertThat(link.dropped()).isEqualTo(90);
      assertThat(log.rest()).hasSize(1);
      assertThat(log.rest().get(0))
          .startsWith("WARN node does not take publications, they are dropped: node=there, queued=")
          .endsWith(" bytes, max=1048576 bytes");
    }
  }

  @Test
  void everyPublicationOfADroppedMessageIsCounted() {
    Link link = link(MIB);
    sendAlone(link, bytes(MIB - 1000));
    link.send(bytes(400));
    link.send(bytes(400));
    link.send(bytes(400));
    bus.endTurn();
    assertThat(link.dropped()).isEqualTo(3);
  }

  @Test
  void whatFitsAgainIsSentAgainAndTheNextTroubleIsLoggedAgain() {
    try (LogLines log = LogLines.of(Link.class)) {
      Link link = link(MIB);
      for (int trouble = 1; trouble <= 2; trouble++) {
        for (int i = 0; i < 11; i++) {
          sendAlone(link, bytes(100 * KIB));
        }
        bus.completeAll();
        link.sweep(inSeconds(9));
        assertThat(log.rest()).hasSize(2 * trouble - 1);
        link.sweep(inSeconds(11));
        assertThat(link.dropped()).isEqualTo(trouble);
        assertThat(log.rest()).hasSize(2 * trouble);
        assertThat(log.rest().get(2 * trouble - 1))
            .isEqualTo("WARN node takes publications again: node=there, dropped=" + trouble);
      }
    }
  }

  @Test
  void aNodeThatKeepsTakingALittleIsNotLoggedOverAndOver() {
    try (LogLines log = LogLines.of(Link.class)) {
      Link link = link(2 * MIB);
      for (int i = 0; i < 200; i++) {
        sendAlone(link, bytes(100 * KIB));
        if (i > 20) {
          bus.complete();
          sendAlone(link, bytes(100 * KIB));
        }
      }
      assertThat(link.dropped()).isGreaterThan(150);
      assertThat(log.rest()).hasSize(1);
      bus.completeAll();
      link.sweep(inSeconds(11));
      assertThat(log.rest()).hasSize(2);
    }
  }

  @Test
  void whatTheSocketRefusesIsCountedAsDropped() {
    Link link = link(MIB);
    link.greeted(bits(7), 1);
    sendAlone(link, text("lost"));
    bus.fail();
    assertThat(link.dropped()).isEqualTo(1);
    sendAlone(link, text("next"));
    assertThat(publications(bus.writes.get(0).body())).containsExactly(text("next"));
  }

  @Test
  void whereNobodyIsYetNothingIsDropped() {
    try (LogLines log = LogLines.of(Link.class)) {
      Link link = link(MIB);
      sendAlone(link, text("for nobody"));
      bus.fail();
      assertThat(link.dropped()).isZero();
      assertThat(log.rest()).noneMatch(line -> line.startsWith("WARN"));
    }
  }

  @Test
  void onlySoManyBytesAreOnTheirWayAtATime() {
    Link link = link(64 * MIB);
    for (int i = 0; i < 10; i++) {
      sendAlone(link, bytes(MIB));
    }
    assertThat(bus.writes).hasSize(4);
    bus.complete();
    assertThat(bus.writes).hasSize(4);
  }

  @Test
  void whatHasWaitedForTenSecondsIsDropped() {
    Link link = link(64 * MIB);
    for (int i = 0; i < WINDOW + 5; i++) {
      sendAlone(link, text("x"));
    }
    link.sweep(inSeconds(9));
    assertThat(link.dropped()).isZero();
    link.sweep(inSeconds(11));
    assertThat(link.dropped()).isEqualTo(5);

    bus.completeAll();
    sendAlone(link, text("fresh"));
    assertThat(publications(bus.complete().body())).containsExactly(text("fresh"));
  }

  // ---- publishers

  @Test
  void aPublisherIsNotHeldBackWhileLittleIsQueued() {
    Link link = link(64 * MIB);
    for (int i = 0; i < 10; i++) {
      assertThat(sendAlone(link, bytes(100 * KIB)).succeeded()).isTrue();
    }
  }

  @Test
  void aPublisherIsHeldBackUntilLittleIsQueuedAgain() {
    Link link = link(64 * MIB);
    fill(link, MIB);
    Future<Void> first = link.send(text("a"));
    Future<Void> second = link.send(text("b"));
    assertThat(first.isComplete()).isFalse();
    assertThat(second.isComplete()).isFalse();
    bus.endTurn();

    bus.complete();

    assertThat(first.succeeded()).isTrue();
    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void publishersAreReleasedWhenTheNodeIsGone() {
    Link link = link(64 * MIB);
    fill(link, MIB);
    Future<Void> held = link.send(text("a"));
    link.close();
    assertThat(held.succeeded()).isTrue();
  }

  @Test
  void publishersAreReleasedWhenWhatWaitedIsDropped() {
    Link link = link(64 * MIB);
    for (int i = 0; i < WINDOW; i++) {
      sendAlone(link, text("x"));
    }
    fill(link, MIB);
    Future<Void> held = link.send(text("a"));
    assertThat(held.isComplete()).isFalse();
    link.sweep(inSeconds(11));
    assertThat(held.succeeded()).isTrue();
  }

  @Test
  void aNodeThatTakesNothingHoldsNobodyBack() {
    Link link = link(2 * MIB);
    fill(link, MIB);
    Future<Void> held = link.send(text("a"));
    link.sweep(System.nanoTime());
    assertThat(held.isComplete()).isFalse();

    link.sweep(inSeconds(1));

    assertThat(held.succeeded()).isTrue();
    for (int i = 0; i < 100; i++) {
      assertThat(sendAlone(link, bytes(100 * KIB)).succeeded()).isTrue();
    }
    assertThat(link.dropped()).isBetween(89L, 91L);
  }

  @Test
  void aNodeThatTakesSomethingAgainHoldsPublishersBackAgain() {
    Link link = link(64 * MIB);
    fill(link, MIB);
    fill(link, MIB);
    fill(link, MIB);
    link.sweep(inSeconds(1));
    assertThat(link.send(text("a")).succeeded()).isTrue();
    bus.complete();
    assertThat(link.send(text("b")).isComplete()).isFalse();
  }

  // ---- the end

  @Test
  void itIsDrainedWhenAllIsWritten() {
    Link link = link(64 * MIB);
    assertThat(link.drained().succeeded()).isTrue();
    for (int i = 0; i < WINDOW + 1; i++) {
      sendAlone(link, text("x"));
    }
    link.send(text("of this turn"));
    Future<Void> drained = link.drained();
    assertThat(drained.isComplete()).isFalse();

    for (int i = 0; i < WINDOW + 1; i++) {
      bus.complete();
      assertThat(drained.isComplete()).isFalse();
    }
    assertThat(publications(bus.complete().body())).containsExactly(text("of this turn"));
    assertThat(drained.succeeded()).isTrue();
  }

  // ---- interest

  @Test
  void untilItIsKnownWhatTheNodeWantsItGetsEverything() {
    Link link = link(MIB);
    assertThat(link.wants(7)).isTrue();
    link.greeted(bits(9), 1);
    assertThat(link.wants(7)).isFalse();
    assertThat(link.wants(9)).isTrue();
  }

  @Test
  void whatTheNodeWantsChangesFromThenOn() {
    Link link = link(MIB);
    link.greeted(bits(9), 1);
    link.wants(List.of(7, 8), true);
    link.wants(List.of(9), false);
    assertThat(link.wants(7)).isTrue();
    assertThat(link.wants(8)).isTrue();
    assertThat(link.wants(9)).isFalse();
  }

  @Test
  void aNodeWithoutABrokerGetsNothingUntilItHasOne() {
    Link link = link(MIB);
    link.absent(true);
    assertThat(link.wants(7)).isFalse();
    assertThat(link.listens()).isFalse();
    link.greeted(bits(7), 1);
    assertThat(link.wants(7)).isTrue();
    assertThat(link.listens()).isTrue();
  }

  @Test
  void aSilentNodeIsToldNothingButStillGetsWhatItWants() {
    Link link = link(MIB);
    link.greeted(bits(7), 1);
    link.silent();
    assertThat(link.listens()).isFalse();
    assertThat(link.isGreeted()).isFalse();
    assertThat(link.wants(7)).isTrue();
    assertThat(link.wants(8)).isFalse();
  }

  private Link link(long maxQueuedBytes) {
    return new Link(bus.vertx(), "here", "there", 77, maxQueuedBytes);
  }

  /** One publication in a turn, and so in a message, of its own. */
  private Future<Void> sendAlone(Link link, Publication publication) {
    Future<Void> sent = link.send(publication);
    bus.endTurn();
    return sent;
  }

  /** Queues one message of more than that. */
  private void fill(Link link, int bytes) {
    sendAlone(link, bytes(bytes));
  }

  private static long inSeconds(int seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private static BitSet bits(int... buckets) {
    BitSet bits = new BitSet();
    for (int bucket : buckets) {
      bits.set(bucket);
    }
    return bits;
  }

  private static Publication text(String text) {
    return new Publication(new Topic("/t"), Payload.text(text), null);
  }

  private static Publication bytes(int size) {
    return new Publication(new Topic("/t"), Payload.binary(new byte[size]), null);
  }

  private static List<Publication> publications(Buffer batch) {
    List<Publication> all = new ArrayList<>();
    Batch.read(batch, all::add);
    return all;
  }
}
