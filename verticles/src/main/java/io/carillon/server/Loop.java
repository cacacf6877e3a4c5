package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.broker.LocalTopics;
import io.carillon.route.Compression;
import io.carillon.route.RouteSettings;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of one event loop share. Everything reached from here is owned by that loop
 * and has no lock; {@link #run} is the way in from other threads.
 */
final class Loop {
  /** Between the id of a connection and what tells its channels apart. */
  static final char CHANNEL_MARK = '.';

  private final VertxInternal vertx;
  private final EventLoop eventLoop;
  private final String address;
  private final String idPrefix;
  private final Limits limits;
  private final Compression compression;
  private final Counters counters;
  private final Audit audit;
  private final Flusher flusher;
  private final Zlib zlib = new Zlib();
  private final FanOut fanOut;
  private final LocalTopics topics;
  private final Reachable reachable;
  private final FurtherTopics further = new FurtherTopics();
  private final Dispatcher dispatcher;
  private final Sessions sessions = new Sessions();
  private final Credentials credentials;

  Loop(
      VertxInternal vertx, EventLoop eventLoop, String node, String instance, HttpOptions options) {
    this.vertx = vertx;
    this.eventLoop = eventLoop;
    this.address = Addresses.http(node, instance);
    this.limits = options.limits();
    this.compression = options.compression();
    this.counters = Counters.of(vertx);
    this.audit = new Audit(counters, System::nanoTime);
    this.credentials = new Credentials(eventLoop, RevokedTokens.of(vertx), options.jwt());
    this.flusher = new Flusher(eventLoop);
    this.topics = LocalTopics.of(vertx);
    this.fanOut = new FanOut(vertx, address, zlib);
    this.reachable = new Reachable(vertx, this);
    this.dispatcher = new Dispatcher(vertx, node, address, limits);
    this.idPrefix = node + "." + instance + ".";
  }

  EventLoop eventLoop() {
    return eventLoop;
  }

  /** The bus address of the HTTP verticle on this loop. */
  String address() {
    return address;
  }

  /** That of the caller, on whatever thread. */
  ContextInternal callersContext() {
    return vertx.getOrCreateContext();
  }

  Limits limits() {
    return limits;
  }

  /** What a route asks for, unless the server has compression off. */
  Compression compression(RouteSettings settings) {
    Compression own = settings.compression();
    return own == null || compression.isOff() ? compression : own;
  }

  Flusher flusher() {
    return flusher;
  }

  Zlib zlib() {
    return zlib;
  }

  /** What this loop has published is on its way to all others from now on. */
  void handOver() {
    topics.handOver();
  }

  FanOut fanOut() {
    return fanOut;
  }

  Reachable reachable() {
    return reachable;
  }

  FurtherTopics further() {
    return further;
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Sessions sessions() {
    return sessions;
  }

  Credentials credentials() {
    return credentials;
  }

  Counters counters() {
    return counters;
  }

  Audit audit() {
    return audit;
  }

  /** The id of a connection of this loop; it leads back to node and instance. */
  String idOf(long number) {
    return idPrefix + Long.toString(number, 36);
  }

  /** The channel with that id, if it is one of this loop that still is. */
  @Nullable SessionChannel find(String id) {
    Session session = findSession(id);
    int mark = session == null ? -1 : id.indexOf(CHANNEL_MARK, idPrefix.length());
    long channel = mark < 0 ? 0 : number(id.substring(mark + 1));
    return session == null || channel < 0 ? null : session.find(channel);
  }

  /** The connection with that id, or that of the channel with it. */
  @Nullable Session findSession(String id) {
    if (!id.startsWith(idPrefix)) {
      return null;
    }
    int mark = id.indexOf(CHANNEL_MARK, idPrefix.length());
    return sessions.find(number(id.substring(idPrefix.length(), mark < 0 ? id.length() : mark)));
  }

  /** Whether an id names one channel of a connection that carries several. */
  boolean namesChannel(String id) {
    return id.startsWith(idPrefix) && id.indexOf(CHANNEL_MARK, idPrefix.length()) >= 0;
  }

  private static long number(String digits) {
    try {
      return Long.parseLong(digits, 36);
    } catch (NumberFormatException notAnId) {
      return -1;
    }
  }

  /** Runs {@code task} on the loop: now if this is its thread, else behind what is queued there. */
  void run(Runnable task) {
    if (eventLoop.inEventLoop()) {
      task.run();
    } else {
      eventLoop.execute(task);
    }
  }

  /** Like {@link #run}, with a result that comes back to the caller's own context. */
  <T> Future<T> call(Supplier<Future<T>> task) {
    if (eventLoop.inEventLoop()) {
      return task.get();
    }
    Promise<T> result = vertx.getOrCreateContext().promise();
    eventLoop.execute(() -> task.get().onComplete(result));
    return result.future();
  }
}
