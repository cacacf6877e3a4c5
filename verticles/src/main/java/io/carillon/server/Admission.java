package io.carillon.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in: connections of the node and of an address, upgrades a second, and how long a
 * client may take with its first request.
 *
 * <p>A connection over a limit is let in as long as there is a reserve, so that it can be answered,
 * and so that health checks get through; beyond the reserve it is closed at once. What an address
 * is charged with is the client's where a trusted proxy names it.
 *
 * <p>Owned by one event loop; what is counted is shared by all of them.
 */
final class Admission {
  private final Connections connections;
  private final Counters counters;
  private final Limits limits;
  private final TrustedProxies proxies;

  /**
   * Connections without a request so far, the oldest first, and when they came. Known by their
   * channel: until it closes nothing here may hold what Vert.x makes an HTTP connection of.
   */
  private final Map<Channel, Long> silent = new LinkedHashMap<>();

  /** One for all connections: each would keep its own for as long as it lives. */
  private final ChannelFutureListener onClosed = this::onClosed;

  Admission(Connections connections, Counters counters, Limits limits, TrustedProxies proxies) {
    this.connections = connections;
    this.counters = counters;
    this.limits = limits;
    this.proxies = proxies;
  }

  /** A connection was accepted. */
  void onConnection(HttpConnection connection) {
    if (!(connection instanceof HttpServerConnection own)) {
      return;
    }
    Channel channel = own.channelHandlerContext().channel();
    connections.add();
    channel.closeFuture().addListener(onClosed);
    if (connections.size() > withReserve(limits.maxConnections())) {
      counters.count(Counters.Limit.MAX_CONNECTIONS);
      channel.close();
      return;
    }
    int most = limits.maxConnectionsPerAddress();
    String peer = connection.remoteAddress().hostAddress();
    if (most > 0
        && !proxies.isTrusted(peer)
        && connections.add(channel, peer) > withReserve(most)) {
      counters.count(Counters.Limit.MAX_CONNECTIONS_PER_ADDRESS);
      channel.close();
      return;
    }
    silent.put(channel, System.nanoTime());
  }

  private void onClosed(ChannelFuture closed) {
    connections.remove();
    silent.remove(closed.channel());
  }

  private static int withReserve(int limit) {
    return (int) Math.min(Integer.MAX_VALUE, limit + (long) (limit >> 4) + 16);
  }

  /** A whole request head has come. */
  void onRequest(HttpServerRequest request) {
    if (request.connection() instanceof HttpServerConnection own) {
      silent.remove(own.channelHandlerContext().channel());
    }
  }

  /** Why an upgrade is refused; null if it is not. */
  @Nullable HttpError refusal(HttpServerRequest request) {
    if (connections.size() > limits.maxConnections()) {
      counters.count(Counters.Limit.MAX_CONNECTIONS);
      return new HttpError(503, "too many connections");
    }
    if (limits.maxConnectionsPerAddress() == 0 && limits.upgradesPerSecond() == 0) {
      return null;
    }
    String peer = request.remoteAddress().hostAddress();
    String address = proxies.origin(request).address();
    if (isOver(request, peer, address)) {
      counters.count(Counters.Limit.MAX_CONNECTIONS_PER_ADDRESS);
      return new HttpError(429, "too many connections from this address");
    }
    int perSecond = limits.upgradesPerSecond();
    if (perSecond > 0 && connections.countUpgrade(address, System.nanoTime()) > perSecond) {
      counters.count(Counters.Limit.UPGRADES_PER_SECOND);
      return new HttpError(429, "too many upgrades from this address");
    }
    return null;
  }

  private boolean isOver(HttpServerRequest request, String peer, String address) {
    int most = limits.maxConnectionsPerAddress();
    if (most == 0 || !(request.connection() instanceof HttpServerConnection own)) {
      return false;
    }
    int count =
        proxies.isTrusted(peer)
            ? connections.add(own.channelHandlerContext().channel(), address)
            : connections.size(peer);
    return count > most;
  }

  /** Closes connections that have taken too long with their first request. */
  void sweep(long nowNanos) {
    Iterator<Map.Entry<Channel, Long>> oldest = silent.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Channel, Long> one = oldest.next();
      if (nowNanos - one.getValue() < limits.handshakeTimeout().toNanos()) {
        return;
      }
      oldest.remove();
      counters.count(Counters.Limit.HANDSHAKE_TIMEOUT);
      one.getKey().close();
    }
  }
}
