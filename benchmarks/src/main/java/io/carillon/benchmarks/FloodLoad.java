package io.carillon.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Clients that misbehave at a fixed rate. What the server says is read away; a connection that it
 * closes is opened again. Nothing is sent to a connection that does not take it.
 */
final class FloodLoad extends Load {
  private enum Kind {
    HANDSHAKES,
    LORIS,
    PINGS,
    FRAGMENTS,
    TOPICS
  }

  private static final int TICK_MILLIS = 5;
  private static final int FRAGMENTS_PER_MESSAGE = 1000;

  private final Kind kind;
  private final int connections;
  private final int rate;
  private final String topic;
  private final Queue<Flooder> flooders = new ArrayDeque<>();
  private int opened;
  private long due;
  private long done;
  private long agreed;

  FloodLoad(Options options) {
    super(options);
    kind = Kind.valueOf(options.text("kind").toUpperCase(Locale.ROOT));
    connections = options.integer("conns", 100, 1, 10_000);
    rate = options.integer("rate", 1000, 1, 1_000_000);
    topic = options.text("topic", "");
  }

  @Override
  boolean run() throws Exception {
    long begin = System.nanoTime();
    loop()
        .scheduleAtFixedRate(
            () -> tick(System.nanoTime() - begin), 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    pause(warmup);
    long[] before = call(() -> new long[] {done, agreed});
    Window measured = new Window(pids);
    pause(secs);
    long[] after = call(() -> new long[] {done, agreed});
    long units = after[0] - before[0];
    measured.end(report, units);
    report
        .put("kind", kind.name().toLowerCase(Locale.ROOT))
        .put("conns", connections)
        .put("opened", call(() -> opened))
        .put("agreed_per_s", (after[1] - before[1]) / secs);
    return units > 0;
  }

  private void tick(long sinceNanos) {
    long until = sinceNanos / 1000 * rate / 1_000_000;
    long now = until - due;
    due = until;
    if (kind == Kind.HANDSHAKES) {
      for (long i = 0; i < now; i++) {
        open();
        done++;
      }
      return;
    }
    // One at a time: those that the server times out shall not all come back at once.
    if (flooders.size() < connections && opened < 100 * connections) {
      open();
    }
    for (long i = 0; i < now && !flooders.isEmpty(); i++) {
      Flooder next = flooders.remove();
      flooders.add(next);
      done += next.misbehave() ? 1 : 0;
    }
    flooders.forEach(Flooder::flush);
  }

  private void open() {
    Flooder flooder = new Flooder();
    flooders.add(flooder);
    while (flooders.size() > connections) {
      flooders.remove().cut();
    }
    connect(opened++ % 20_000, urls.get(0), flooder)
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                flooders.remove(flooder);
              }
            });
  }

  /** One connection. */
  private final class Flooder extends ChannelInboundHandlerAdapter {
    private @Nullable Channel channel;
    private boolean ready;
    private int fragments;

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      if (kind == Kind.LORIS) {
        write(ctx.channel(), "GET " + urls.get(0).getRawPath() + " HTTP/1.1\r\n");
        ready = true;
      } else if (kind != Kind.HANDSHAKES) {
        write(ctx.channel(), upgrade(urls.get(0)));
      }
      ctx.flush();
    }

    private String upgrade(URI uri) {
      return "GET "
          + uri.getRawPath()
          + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          + (kind == Kind.TOPICS ? "Sec-WebSocket-Protocol: carillon.v1\r\n" : "")
          + "\r\n";
    }

    /** Does it once; false where the connection does not take it. */
    boolean misbehave() {
      Channel to = channel;
      if (!ready || to == null || !to.isWritable()) {
        return false;
      }
      switch (kind) {
        case LORIS -> write(to, "x: y\r\n");
        case PINGS -> to.write(Masked.frame(to.alloc(), 9, new byte[8]));
        case FRAGMENTS -> fragment(to);
        case TOPICS -> {
          String one = topic.isEmpty() ? "/fan/flood" + done % 1000 : topic;
          text(to, "·SUBSCRIBE·" + one + "·");
          text(to, "·UNSUBSCRIBE·" + one + "·");
        }
        case HANDSHAKES -> {}
      }
      return true;
    }

    private void fragment(Channel to) {
      int opcode = fragments == 0 ? 1 : 0;
      fragments = (fragments + 1) % FRAGMENTS_PER_MESSAGE;
      ByteBuf frame = Masked.frame(to.alloc(), opcode, new byte[] {'x'});
      if (fragments != 0) {
        frame.setByte(0, opcode); // another one follows
      }
      to.write(frame);
    }

    private void text(Channel to, String text) {
      to.write(Masked.text(to.alloc(), text.getBytes(UTF_8)));
    }

    private void write(Channel to, String text) {
      to.write(Unpooled.copiedBuffer(text, US_ASCII));
    }

    void flush() {
      if (channel != null) {
        channel.flush();
      }
    }

    void cut() {
      if (channel != null) {
        channel.close();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ready = true; // the answer to the upgrade is what comes first
      if (kind == Kind.TOPICS && message instanceof ByteBuf in) {
        in.forEachByte(this::countAgreed);
      }
      ReferenceCountUtil.release(message);
    }

    /** Of what is said to SUBSCRIBE and UNSUBSCRIBE, only OK has this letter. */
    private boolean countAgreed(byte letter) {
      agreed += letter == 'K' ? 1 : 0;
      return true;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      flooders.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  @Override
  public void onText(Client client, ByteBuf in, int at, int length, long now) {
    throw new IllegalStateException("a flood has no clients");
  }

  @Override
  public void onRead(Client client) {
    throw new IllegalStateException("a flood has no clients");
  }
}
