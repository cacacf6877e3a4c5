package io.carillon.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the load driver: the opening handshake, and frames in both directions. It is
 * strict: whatever the server may not send ends the connection and counts as an error.
 *
 * <p>Owned by the event loop of the driver.
 */
final class Client extends ChannelInboundHandlerAdapter {
  /** Who hears of it. */
  interface Owner {
    void onOpen(Client client);

    /** A text message: {@code length} bytes of {@code in} from {@code at} on. */
    void onText(Client client, ByteBuf in, int at, int length, long nowNanos);

    /** Everything that was there has been read. */
    void onRead(Client client);

    /** It did not come to be, or is no more; once. */
    void onGone(Client client, String why);
  }

  private enum State {
    CONNECTING,
    HANDSHAKE,
    OPEN,
    CLOSING,
    GONE
  }

  // The key of RFC 6455, section 1.3, so that the right answer is known without a SHA-1 here.
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
  private static final String ACCEPT = "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=";
  private static final int MAX_HEAD_BYTES = 16 << 10;
  private static final int MAX_FRAME_BYTES = 1 << 24;

  private final int id;
  private final URI uri;
  private final Owner owner;
  private State state = State.CONNECTING;
  private boolean opened;
  private @Nullable Channel channel;
  private @Nullable ByteBuf rest;

  /** What the mode of the driver keeps for this connection. */
  @Nullable Object attachment;

  Client(int id, URI uri, Owner owner) {
    this.id = id;
    this.uri = uri;
    this.owner = owner;
  }

  int id() {
    return id;
  }

  URI uri() {
    return uri;
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  /** Whether the handshake succeeded, whatever came after it. */
  boolean wasOpen() {
    return opened;
  }

  /** Whether there still is a connection. */
  boolean isThere() {
    return state != State.GONE;
  }

  /** Queues a frame and sends it. */
  void send(ByteBuf frame) {
    Channel to = channel;
    if (state == State.OPEN && to != null) {
      to.writeAndFlush(frame, to.voidPromise());
    } else {
      frame.release();
    }
  }

  /** Says goodbye, and waits for the server to close. */
  void close() {
    Channel to = channel;
    if (state == State.OPEN && to != null) {
      to.writeAndFlush(Masked.close(to.alloc()), to.voidPromise());
      state = State.CLOSING;
    }
  }

  /** Ends it without a word. */
  void cut() {
    Channel to = channel;
    if (to != null) {
      to.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    state = State.HANDSHAKE;
    String head =
        "GET "
            + uri.getRawPath()
            + " HTTP/1.1\r\nHost: "
            + uri.getAuthority()
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: "
            + KEY
            + "\r\n\r\n";
    ByteBuf request = ctx.alloc().directBuffer(head.length());
    request.writeCharSequence(head, US_ASCII);
    ctx.writeAndFlush(request, ctx.voidPromise());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    long now = System.nanoTime();
    ByteBuf before = rest;
    if (before != null) {
      before.writeBytes(in);
      in.release();
      in = before;
      rest = null;
    }
    if (state == State.HANDSHAKE) {
      readHead(in);
    }
    while ((state == State.OPEN || state == State.CLOSING) && readFrame(ctx, in, now)) {
      // until no whole frame is left
    }
    if (state == State.GONE || !in.isReadable()) {
      in.release();
    } else {
      keep(ctx, in);
    }
  }

  /** A frame that has not come whole; never the read buffer itself, which may be large. */
  private void keep(ChannelHandlerContext ctx, ByteBuf in) {
    ByteBuf kept = ctx.alloc().heapBuffer(Math.max(256, in.readableBytes()));
    kept.writeBytes(in);
    in.release();
    rest = kept;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (state == State.OPEN) {
      owner.onRead(this);
    }
  }

  private void readHead(ByteBuf in) {
    String text = in.toString(US_ASCII);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (text.length() > MAX_HEAD_BYTES) {
        gone("endless response head");
      }
      return;
    }
    in.skipBytes(end + 4);
    String head = text.substring(0, end + 2);
    if (!head.startsWith("HTTP/1.1 101")) {
      gone("answered " + head.substring(0, head.indexOf('\r')));
    } else if (!head.toLowerCase(Locale.ROOT).contains(ACCEPT + "\r\n")) {
      gone("wrong Sec-WebSocket-Accept");
    } else {
      state = State.OPEN;
      opened = true;
      owner.onOpen(this);
    }
  }

  /** Reads one frame, if it is here whole. */
  private boolean readFrame(ChannelHandlerContext ctx, ByteBuf in, long now) {
    int readable = in.readableBytes();
    if (readable < 2) {
      return false;
    }
    int at = in.readerIndex();
    int first = in.getByte(at) & 0xff;
    int second = in.getByte(at + 1) & 0xff;
    int head = second == 126 ? 4 : second == 127 ? 10 : 2;
    if (second > 127) {
      gone("masked frame from the server");
      return false;
    }
    if (readable < head) {
      return false;
    }
    long length =
        second == 126 ? in.getUnsignedShort(at + 2) : second == 127 ? in.getLong(at + 2) : second;
    if (length < 0 || length > MAX_FRAME_BYTES) {
      gone("frame too large: bytes=" + length);
      return false;
    }
    if (readable < head + length) {
      return false;
    }
    in.skipBytes(head + (int) length);
    onFrame(ctx, first, in, at + head, (int) length, now);
    return true;
  }

  private void onFrame(
      ChannelHandlerContext ctx, int first, ByteBuf in, int at, int length, long now) {
    switch (first) {
      case 0x81 -> owner.onText(this, in, at, length, now);
      case 0x88 -> {
        if (state == State.OPEN) {
          ctx.writeAndFlush(Masked.close(ctx.alloc()), ctx.voidPromise());
          gone("closed by the server: code=" + (length >= 2 ? in.getUnsignedShort(at) : 0));
        }
        ctx.close();
      }
      case 0x89 -> {
        byte[] payload = new byte[length];
        in.getBytes(at, payload);
        ctx.writeAndFlush(Masked.frame(ctx.alloc(), 0xa, payload), ctx.voidPromise());
      }
      case 0x8a -> {}
      default -> gone("frame that is not expected: first byte=" + first);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ByteBuf left = rest;
    rest = null;
    if (left != null) {
      left.release();
    }
    gone(state == State.CLOSING ? "closed" : "connection lost");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    gone(String.valueOf(cause));
    ctx.close();
  }

  /** It could not be connected, or broke a rule, or is closed. */
  void gone(String why) {
    if (state != State.GONE) {
      state = State.GONE;
      owner.onGone(this, why);
      cut();
    }
  }
}
