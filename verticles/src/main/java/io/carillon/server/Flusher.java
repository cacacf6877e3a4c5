package io.carillon.server;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes each connection once for all that was written to it in one turn of the event loop: one
 * system call where several publications and answers meet. Owned by that event loop.
 */
final class Flusher implements Runnable {
  private final EventLoop eventLoop;
  private List<WebSocketTransport> written = new ArrayList<>();
  private List<WebSocketTransport> spare = new ArrayList<>();

  Flusher(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /**
   * Notes a connection that was written to; it is flushed when the tasks queued by now have run.
   */
  void add(WebSocketTransport transport) {
    if (written.isEmpty()) {
      eventLoop.execute(this);
    }
    written.add(transport);
  }

  @Override
  public void run() {
    List<WebSocketTransport> all = written;
    written = spare;
    spare = all;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).flush();
    }
    all.clear();
  }
}
