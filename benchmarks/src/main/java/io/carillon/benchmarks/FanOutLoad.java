package io.carillon.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publishers and subscribers. A message is 16 hexadecimal digits of the time it was sent, 8 of its
 * number on its topic, and filler; each delivery is compared with it in full.
 */
final class FanOutLoad extends Load {
  private static final int STAMP_DIGITS = 16;
  private static final int NUMBER_DIGITS = 8;
  private static final int HEAD = STAMP_DIGITS + NUMBER_DIGITS;
  private static final long TICK_NANOS = 200_000;

  /** Which numbers a connection has seen: the highest, and a bit for each of the 64 up to it. */
  private static final class Seen {
    private final int topic;
    private long highest = -1;
    private long recent;

    Seen(int topic) {
      this.topic = topic;
    }
  }

  private final int topics;
  private final int subscribers;
  private final int window;
  private final double rate;
  private final byte[] message;
  private final ByteBuf filler;
  private final Client[] publishers;
  private final long[] published;
  private final int receivers;
  private Histogram latency = new Histogram();
  private boolean publishing;
  private boolean measuring;
  private long sent;
  private long delivered;
  private long reads;
  private long duplicates;
  private long outOfOrder;
  private long bad;
  private long dueNanos;
  private @Nullable ScheduledFuture<?> ticks;

  FanOutLoad(Options options) {
    super(options);
    subscribers = options.integer("subs", 100, 1, 50_000);
    topics = options.integer("topics", 0, 0, 10_000);
    window = options.integer("window", 1, 1, 10_000);
    rate = options.number("rate", 0, 0, 1e6);
    message = new byte[options.integer("size", 128, HEAD, 1 << 20)];
    Arrays.fill(message, (byte) 'x');
    filler = Unpooled.wrappedBuffer(message.clone());
    publishers = new Client[Math.max(1, topics)];
    published = new long[publishers.length];
    // Without topics the publisher is one more; with them it is the first of each topic.
    receivers = topics == 0 ? subscribers + 1 : subscribers;
    if (topics > 0 && rate == 0) {
      throw new IllegalArgumentException("--topics needs --rate");
    }
  }

  @Override
  boolean run() throws Exception {
    for (int topic = 0; topic < publishers.length; topic++) {
      for (int i = 0; i < receivers; i++) {
        URI node = urls.get(i % urls.size());
        Client client = add(topics == 0 ? node : URI.create(node + Integer.toString(topic)));
        client.attachment = new Seen(topic);
        if (i == 0) {
          publishers[topic] = client;
        }
      }
    }
    openAll();
    pause(0.3);
    call(this::begin);
    pause(warmup);
    long[] before = call(() -> new long[] {delivered, sent, reads});
    Window measured = new Window(pids, beside);
    call(() -> measuring = true);
    pause(secs);
    long[] after = call(() -> new long[] {delivered, sent, reads});
    measured.end(report, after[0] - before[0]);
    call(() -> measuring = false);
    call(this::finish);
    await(() -> delivered == sent * receivers, 3);
    pause(0.05); // for what should not come
    return call(() -> verdict(before, after));
  }

  private boolean begin() {
    publishing = true;
    dueNanos = System.nanoTime();
    if (rate > 0) {
      ticks = loop().scheduleAtFixedRate(this::pump, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
    } else {
      pump();
    }
    return true;
  }

  private boolean finish() {
    publishing = false;
    if (ticks != null) {
      ticks.cancel(false);
    }
    return true;
  }

  private boolean verdict(long[] before, long[] after) {
    long lostMessages = Math.max(0, sent * receivers - delivered);
    report
        .put("topics", topics)
        .put("subs", subscribers)
        .put("size", message.length)
        .put(rate > 0 ? "rate" : "window", rate > 0 ? rate : window)
        .put("messages_per_s", (after[1] - before[1]) / report.getDouble("secs"))
        .put("per_read", (after[0] - before[0]) / (double) Math.max(1, after[2] - before[2]))
        .put("lost", lostMessages)
        .put("duplicate", duplicates)
        .put("out_of_order", outOfOrder)
        .put("bad", bad)
        .put("closed", lostConnections());
    latencies(latency);
    return lostMessages + duplicates + outOfOrder + bad == 0 && after[0] > before[0];
  }

  private void pump() {
    if (!publishing) {
      return;
    }
    if (rate > 0) {
      for (long now = System.nanoTime(); now >= dueNanos; dueNanos += (long) (1e9 / rate)) {
        publish(dueNanos);
      }
      return;
    }
    // The next one may go when all but window - 1 of those before it have reached everybody.
    while ((sent - window + 1) * receivers <= delivered && publishers[0].isOpen()) {
      publish(System.nanoTime());
    }
  }

  private void publish(long stamp) {
    int topic = (int) (sent++ % publishers.length);
    Hex.put(message, 0, STAMP_DIGITS, stamp);
    Hex.put(message, STAMP_DIGITS, NUMBER_DIGITS, published[topic]++);
    publishers[topic].send(Masked.text(allocator(), message));
  }

  @Override
  public void onText(Client client, ByteBuf in, int at, int length, long now) {
    Seen seen = (Seen) Objects.requireNonNull(client.attachment);
    long stamp = length < HEAD ? -1 : Hex.get(in, at, STAMP_DIGITS);
    long number = length < HEAD ? -1 : Hex.get(in, at + STAMP_DIGITS, NUMBER_DIGITS);
    if (length != message.length
        || stamp < 0
        || stamp > now
        || number < 0
        || number >= published[seen.topic]
        || !ByteBufUtil.equals(in, at + HEAD, filler, HEAD, length - HEAD)) {
      bad++;
      return;
    }
    if (!isNew(seen, number)) {
      duplicates++;
      return;
    }
    delivered++;
    if (measuring) {
      latency.add(now - stamp);
    }
  }

  private boolean isNew(Seen seen, long number) {
    if (number > seen.highest) {
      long step = number - seen.highest;
      seen.recent = step < 64 ? seen.recent << step | 1 : 1;
      seen.highest = number;
      return true;
    }
    long back = seen.highest - number;
    if (back < 64 && (seen.recent >>> back & 1) != 0) {
      return false;
    }
    if (back < 64) {
      seen.recent |= 1L << back;
    }
    outOfOrder++;
    return true;
  }

  @Override
  public void onRead(Client client) {
    reads++;
    pump();
  }
}
