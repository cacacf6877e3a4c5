package io.carillon.examples.cluster;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Lets members speak at a steady pace, all of them in turn. */
final class Talk implements AutoCloseable {
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final List<Member> speakers = new CopyOnWriteArrayList<>();

  /** Begins; every member says something so often. */
  static Talk every(long millis) {
    Talk talk = new Talk();
    talk.clock.scheduleAtFixedRate(talk::tick, millis, millis, TimeUnit.MILLISECONDS);
    return talk;
  }

  private void tick() {
    speakers.forEach(Member::say);
  }

  void add(Member... members) {
    speakers.addAll(List.of(members));
  }

  void remove(Member... members) {
    speakers.removeAll(List.of(members));
  }

  /** Nobody speaks any more once this has returned. */
  @Override
  public void close() throws InterruptedException {
    clock.shutdown();
    clock.awaitTermination(10, TimeUnit.SECONDS);
  }
}
