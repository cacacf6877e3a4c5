package io.carillon.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes each connection once for all that was written to it in one turn of the event loop: one
 * system call where several publications and answers meet.
 *
 * <p>A turn lasts as long as events that were handed to handlers of this loop are being answered,
 * one after the other: a client that has sent sixteen messages gets sixteen answers at once. It
 * ends when nothing was answered since the last look, or after {@value #MOST_ROUNDS} looks.
 *
 * <p>Owned by that event loop.
 */
final class Flusher implements Runnable {
  private static final int MOST_ROUNDS = 64;

  private final EventLoop eventLoop;
  private List<WebSocketTransport> written = new ArrayList<>();
  private List<WebSocketTransport> spare = new ArrayList<>();
  private long underWay;
  private long answered;
  private long answeredBefore;
  private int rounds;

  Flusher(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /** An event was handed to a handler. */
  void onSent() {
    underWay++;
  }

  /** It was answered, or is waited for no longer. */
  void onAnswered() {
    underWay--;
    answered++;
  }

  /** Notes a connection that was written to; it is flushed when the turn ends. */
  void add(WebSocketTransport transport) {
    if (written.isEmpty()) {
      rounds = 0;
      answeredBefore = answered - 1;
      eventLoop.execute(this);
    }
    written.add(transport);
  }

  @Override
  public void run() {
    if (underWay > 0 && answered != answeredBefore && rounds < MOST_ROUNDS) {
      rounds++;
      answeredBefore = answered;
      eventLoop.execute(this);
      return;
    }
    List<WebSocketTransport> all = written;
    written = spare;
    spare = all;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).flush();
    }
    all.clear();
  }
}
