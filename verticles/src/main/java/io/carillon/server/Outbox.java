package io.carillon.server;

import io.carillon.channel.CloseException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a client that reads too slowly, above the socket, where it can still be dropped.
 * There is none for a client that keeps up. Owned by the event loop of the connection.
 */
final class Outbox {
  /** What an entry costs beside its bytes, so that many small ones are bounded too. */
  static final int OVERHEAD_BYTES = 192;

  /**
   * One frame; of no channel if it says something about one, and then it is never dropped. Or a
   * message that is written bit by bit, whose chunks are counted apart; it has an empty frame.
   */
  private static final class Entry {
    private final @Nullable SessionChannel channel;
    private final String key;
    private final ByteBuf frame;
    private final @Nullable OutStream stream;

    Entry(ByteBuf frame, @Nullable SessionChannel channel, String key, @Nullable OutStream stream) {
      this.frame = frame;
      this.channel = channel;
      this.key = key;
      this.stream = stream;
    }
  }

  /** What one channel has in it, in order and the latest by key. */
  private static final class Own {
    private final Set<Entry> entries = new LinkedHashSet<>();
    private final Map<String, Entry> latest = new HashMap<>();
  }

  private final Set<Entry> all = new LinkedHashSet<>();
  private final Map<SessionChannel, Own> byChannel = new HashMap<>();
  private long bytes;

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** What it all costs, in bytes. */
  long bytes() {
    return bytes;
  }

  static int cost(ByteBuf frame) {
    return frame.readableBytes() + OVERHEAD_BYTES;
  }

  /** Adds a frame of a channel behind everything else, and takes over the reference to it. */
  void add(ByteBuf frame, @Nullable SessionChannel channel, String key) {
    Entry entry = new Entry(frame, channel, key, null);
    all.add(entry);
    bytes += cost(frame);
    if (channel != null) {
      Own own = byChannel.computeIfAbsent(channel, first -> new Own());
      own.entries.add(entry);
      own.latest.put(key, entry);
    }
  }

  /** Adds a message that is written bit by bit behind everything else. */
  void add(OutStream stream) {
    all.add(new Entry(Unpooled.EMPTY_BUFFER, null, Session.NO_KEY, stream));
    bytes += OVERHEAD_BYTES;
    stream.queued(this);
  }

  /** Counts what such a message keeps. */
  void charge(int more) {
    bytes += more;
  }

  /** The first that waits, where that is a message that is written bit by bit. */
  @Nullable OutStream stream() {
    return all.isEmpty() ? null : all.iterator().next().stream;
  }

  /** Nothing more of such messages is sent; one that has begun stays where it is. */
  void cutStreams(CloseException why) {
    all.stream().map(entry -> entry.stream).filter(Objects::nonNull).forEach(one -> one.fail(why));
  }

  /** Drops the latest frame of a channel that has the key, if there is one. */
  boolean dropLatest(SessionChannel channel, String key) {
    Own own = byChannel.get(channel);
    Entry latest = own == null ? null : own.latest.get(key);
    if (latest == null) {
      return false;
    }
    drop(latest);
    return true;
  }

  /** Drops the oldest frames of a channel until no more than {@code most} is left of all. */
  int trim(SessionChannel channel, long most) {
    int dropped = 0;
    while (bytes > most && dropOldest(channel)) {
      dropped++;
    }
    return dropped;
  }

  private boolean dropOldest(SessionChannel channel) {
    Own own = byChannel.get(channel);
    if (own == null) {
      return false;
    }
    drop(own.entries.iterator().next());
    return true;
  }

  private void drop(Entry entry) {
    all.remove(entry);
    forget(entry);
    entry.frame.release();
  }

  /** Takes the first frame out; the caller owns the reference. */
  ByteBuf poll() {
    Iterator<Entry> entries = all.iterator();
    Entry first = entries.next();
    entries.remove();
    forget(first);
    return first.frame;
  }

  private void forget(Entry entry) {
    bytes -= cost(entry.frame);
    SessionChannel channel = entry.channel;
    Own own = channel == null ? null : byChannel.get(channel);
    if (own != null) {
      own.entries.remove(entry);
      own.latest.remove(entry.key, entry);
      if (own.entries.isEmpty()) {
        byChannel.remove(channel);
      }
    }
  }

  /** Gives up what is left. */
  void release() {
    cutStreams(SessionChannel.closed());
    all.forEach(entry -> entry.frame.release());
    all.clear();
    byChannel.clear();
    bytes = 0;
  }
}
