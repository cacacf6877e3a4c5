package io.carillon.benchmarks;

import io.netty.buffer.ByteBuf;

/**
 * Connections that do nothing. What is measured is their opening; then they stay, so that the
 * memory of the server can be looked at.
 */
final class ConnectLoad extends Load {
  private static final int WARM_AT_ONCE = 1000;

  private final int connections;
  private final int warm;
  private final double hold;

  ConnectLoad(Options options) {
    super(options);
    connections = options.integer("conns", 1000, 0, 60_000);
    warm = options.integer("warm", 0, 0, 1_000_000);
    hold = options.number("hold", 0, 0, 600);
  }

  @Override
  boolean run() throws Exception {
    for (int done = 0; done < warm; done += WARM_AT_ONCE) {
      open(WARM_AT_ONCE);
      closeAll();
    }
    long rss = rss();
    Window measured = new Window(pids);
    open(connections);
    measured.end(report, connections);
    pause(1);
    report
        .put("conns", connections)
        .put("rss_bytes_per_conn", (rss() - rss) / (double) Math.max(1, connections));
    if (hold > 0) {
      System.out.println("open");
      hold(hold);
    }
    int closed = lostConnections();
    report.put("closed", closed);
    closeAll();
    return closed == 0;
  }

  private void open(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      add(urls.get(i % urls.size()));
    }
    openAll();
  }

  private long rss() {
    return pids.stream().mapToLong(Proc::rssBytes).sum();
  }

  @Override
  public void onText(Client client, ByteBuf in, int at, int length, long now) {
    client.gone("message on an idle connection");
  }

  @Override
  public void onRead(Client client) {
    // nothing is sent
  }
}
