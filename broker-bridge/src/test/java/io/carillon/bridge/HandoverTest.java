package io.carillon.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class HandoverTest {
  private static final int KIB = 1024;

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<Publication> seen = new LinkedBlockingQueue<>();
  private final Promise<Void> taken = Promise.promise();
  private final Handover handover =
      new Handover(vertx, vertx.getOrCreateContext(), this::onPublication);

  private Future<Void> onPublication(Publication publication) {
    seen.add(publication);
    return taken.future();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(5, TimeUnit.SECONDS);
  }

  private static Publication publication(String text) {
    return new Publication(Topic.of("/a"), Payload.text(text), null);
  }

  private Future<Void> publish(Publication publication) {
    Future<Void> room = handover.expect(publication);
    handover.accept(List.of(publication));
    return room;
  }

  private List<Publication> awaitSeen(int count) throws InterruptedException {
    List<Publication> all = new ArrayList<>();
    while (all.size() < count) {
      all.add(seen.take());
    }
    return all;
  }

  @Test
  void publisherDoesNotWaitWhileLittleIsOnTheWay() throws Exception {
    List<Publication> published = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Publication one = publication("message " + i);
      published.add(one);
      assertThat(publish(one).succeeded()).isTrue();
    }

    assertThat(awaitSeen(100)).isEqualTo(published);
  }

  @Test
  void publisherWaitsBeyondTheBoundUntilTheBrokerHasTakenEnough() throws Exception {
    String large = "x".repeat(Handover.SOON_BYTES - KIB);
    assertThat(publish(publication(large)).succeeded()).isTrue();

    Future<Void> held = publish(publication("x".repeat(KIB)));

    awaitSeen(2);
    assertThat(held.isComplete()).isFalse();
    taken.complete();
    held.await(5, TimeUnit.SECONDS);
    assertThat(publish(publication(large)).succeeded()).isTrue();
  }

  @Test
  void emptyPublicationsAreBoundedToo() {
    int most = Handover.SOON_BYTES / Handover.OVERHEAD_BYTES;
    for (int i = 0; i < most; i++) {
      assertThat(publish(publication("")).succeeded()).isTrue();
    }

    assertThat(publish(publication("")).isComplete()).isFalse();
  }
}
