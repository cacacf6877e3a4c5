package io.carillon.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes each connection once for all that was written to it in one turn of the event loop: one
 * system call where several publications and answers meet.
 *
 * <p>A turn lasts as long as something is answered or written in it, one task behind the other: a
 * client that has sent sixteen messages gets sixteen answers at once, and sixteen publications of
 * one handler reach each member at once. It ends when nothing has happened since the last look, or
 * after {@value #MOST_ROUNDS} looks.
 *
 * <p>Owned by that event loop.
 */
final class Flusher implements Runnable {
  private static final int MOST_ROUNDS = 64;

  private final EventLoop eventLoop;
  private List<Outbound> written = new ArrayList<>();
  private List<Outbound> spare = new ArrayList<>();
  private long happened;
  private long happenedBefore;
  private int rounds;

  Flusher(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /** An event was answered. */
  void onAnswered() {
    happened++;
  }

  /** Notes a connection that was written to; it is flushed when the turn ends. */
  void add(Outbound out) {
    if (written.isEmpty()) {
      rounds = 0;
      happenedBefore = happened - 1;
      eventLoop.execute(this);
    }
    happened++;
    written.add(out);
  }

  @Override
  public void run() {
    if (happened != happenedBefore && rounds < MOST_ROUNDS) {
      rounds++;
      happenedBefore = happened;
      eventLoop.execute(this);
      return;
    }
    List<Outbound> all = written;
    written = spare;
    spare = all;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).flush();
    }
    all.clear();
  }
}
