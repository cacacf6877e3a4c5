package io.carillon.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.Objects;

/**
 * Connections that get back what they send, with a fixed number of messages on the way. A message
 * holds the time, its number and its connection; each echo is compared with it in full. It is plain
 * text, or a {@link Said} in JSON.
 */
final class EchoLoad extends Load {
  private static final int STAMP_DIGITS = 16;
  private static final int NUMBER_DIGITS = 8;

  private static final String CHAT_HEAD =
      "{\"room\":\"lobby\",\"from\":\"ada\",\"at\":1763712000000,\"text\":\"";
  private static final String CHAT_TAIL = "\"}";

  private static final class Loops {
    private final long[] sentAt;
    private long sent;
    private long received;

    Loops(int depth) {
      sentAt = new long[depth];
    }
  }

  private final int connections;
  private final int depth;
  private final byte[] message;
  private final int stampAt;
  private final ByteBuf expected;
  private Histogram latency = new Histogram();
  private boolean sending;
  private boolean measuring;
  private long sent;
  private long echoed;
  private long bad;
  private long reads;

  EchoLoad(Options options) {
    super(options);
    connections = options.integer("conns", 100, 1, 50_000);
    depth = options.integer("depth", 1, 1, 10_000);
    message = new byte[options.integer("size", 128, 96, 1 << 20)];
    Arrays.fill(message, (byte) 'x');
    boolean chat = options.text("shape", "text").equals("chat");
    stampAt = chat ? CHAT_HEAD.length() : 0;
    if (chat) {
      put(0, CHAT_HEAD);
      put(message.length - CHAT_TAIL.length(), CHAT_TAIL);
    }
    expected = Unpooled.wrappedBuffer(message);
  }

  private void put(int at, String ascii) {
    System.arraycopy(ascii.getBytes(US_ASCII), 0, message, at, ascii.length());
  }

  @Override
  boolean run() throws Exception {
    for (int i = 0; i < connections; i++) {
      add(urls.get(i % urls.size())).attachment = new Loops(depth);
    }
    openAll();
    pause(0.3);
    call(this::begin);
    pause(warmup);
    long[] before = call(() -> new long[] {echoed, reads});
    Window measured = new Window(pids);
    call(() -> measuring = true);
    pause(secs);
    long[] after = call(() -> new long[] {echoed, reads});
    measured.end(report, after[0] - before[0]);
    call(() -> sending = measuring = false);
    await(() -> echoed + bad >= sent, 2);
    return call(() -> verdict(before, after));
  }

  private boolean begin() {
    sending = true;
    for (Client client : clients()) {
      answer(client, depth);
    }
    return true;
  }

  private boolean verdict(long[] before, long[] after) {
    long lostMessages = Math.max(0, sent - echoed - bad);
    report
        .put("conns", connections)
        .put("depth", depth)
        .put("size", message.length)
        .put("per_read", (after[0] - before[0]) / (double) Math.max(1, after[1] - before[1]))
        .put("lost", lostMessages)
        .put("bad", bad)
        .put("closed", lostConnections());
    latencies(latency);
    return lostMessages + bad == 0 && after[0] > before[0];
  }

  /** Sends so many messages at once. */
  private void answer(Client client, int count) {
    Loops loops = (Loops) Objects.requireNonNull(client.attachment);
    ByteBuf frames = allocator().directBuffer(count * (message.length + 14));
    long now = System.nanoTime();
    for (int i = 0; i < count; i++) {
      fill(client, now, loops.sent);
      loops.sentAt[(int) (loops.sent++ % depth)] = now;
      Masked.append(frames, 1, message);
    }
    sent += count;
    client.send(frames);
  }

  private void fill(Client client, long stamp, long number) {
    Hex.put(message, stampAt, STAMP_DIGITS, stamp);
    Hex.put(message, stampAt + STAMP_DIGITS, NUMBER_DIGITS, number);
    Hex.put(message, stampAt + STAMP_DIGITS + NUMBER_DIGITS, NUMBER_DIGITS, client.id());
  }

  @Override
  public void onText(Client client, ByteBuf in, int at, int length, long now) {
    Loops loops = (Loops) Objects.requireNonNull(client.attachment);
    if (loops.received == loops.sent) {
      bad++; // nothing is on the way
      return;
    }
    long stamp = loops.sentAt[(int) (loops.received % depth)];
    fill(client, stamp, loops.received++);
    if (length == message.length && ByteBufUtil.equals(in, at, expected, 0, length)) {
      echoed++;
    } else {
      bad++;
    }
    if (measuring) {
      latency.add(now - stamp);
    }
  }

  @Override
  public void onRead(Client client) {
    reads++;
    Loops loops = (Loops) Objects.requireNonNull(client.attachment);
    int free = depth - (int) (loops.sent - loops.received);
    if (sending && free > 0) {
      answer(client, free);
    }
  }
}
