package io.carillon.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The yardstick: the same work on plain Netty, as well as we can write it. {@code /echo} sends each
 * message back and flushes once per read; every other path is a topic whose members get what any of
 * them sends. A publication is made into bytes once, is one task per event loop, and each connection
 * is flushed once per turn of its loop.
 */
public final class NettyServer {
  private final Map<EventLoop, Members> loops = new HashMap<>();

  private NettyServer() {}

  /** Listens on the port given as the only argument. */
  public static void main(String[] args) throws InterruptedException {
    new NettyServer().listen(Integer.parseInt(args[0]));
  }

  private void listen(int port) throws InterruptedException {
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    Class<? extends ServerChannel> type =
        Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    int threads = 2 * Runtime.getRuntime().availableProcessors();
    MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(threads, io);
    group.forEach(loop -> loops.put((EventLoop) loop, new Members((EventLoop) loop)));
    Channel server =
        new ServerBootstrap()
            .group(group)
            .channel(type)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpObjectAggregator(16 << 10))
                        .addLast(new Upgrade());
                  }
                })
            .bind("127.0.0.1", port)
            .sync()
            .channel();
    System.out.println("listening");
    server.closeFuture().sync();
  }

  private final class Upgrade extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      FullHttpRequest request = (FullHttpRequest) message;
      try {
        String path = request.uri();
        WebSocketServerHandshaker handshaker =
            new WebSocketServerHandshakerFactory("ws://localhost" + path, null, false, 1 << 20)
                .newHandshaker(request);
        ctx.pipeline().replace(this, "session", path.equals("/echo") ? new Echo() : topic(ctx, path));
        handshaker.handshake(ctx.channel(), request);
      } finally {
        request.release();
      }
    }

    private Member topic(ChannelHandlerContext ctx, String path) {
      Member member = new Member(path);
      loops.get((EventLoop) ctx.channel().eventLoop()).add(path, ctx.channel());
      return member;
    }
  }

  /** What both kinds of session do with control frames. */
  private abstract static class Session extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      WebSocketFrame frame = (WebSocketFrame) message;
      if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
        onMessage(ctx, frame);
      } else if (frame instanceof PingWebSocketFrame) {
        ctx.writeAndFlush(new PongWebSocketFrame(frame.content()));
      } else if (frame instanceof CloseWebSocketFrame) {
        ctx.writeAndFlush(frame).addListener(sent -> ctx.close());
      } else {
        frame.release();
      }
    }

    abstract void onMessage(ChannelHandlerContext ctx, WebSocketFrame frame);

    static ByteBuf encode(ByteBufAllocator allocator, WebSocketFrame frame) {
      ByteBuf payload = frame.content();
      int length = payload.readableBytes();
      ByteBuf encoded = allocator.directBuffer(length + 10);
      encoded.writeByte(frame instanceof TextWebSocketFrame ? 0x81 : 0x82);
      if (length < 126) {
        encoded.writeByte(length);
      } else if (length <= 0xffff) {
        encoded.writeByte(126).writeShort(length);
      } else {
        encoded.writeByte(127).writeLong(length);
      }
      return encoded.writeBytes(payload);
    }
  }

  private static final class Echo extends Session {
    @Override
    void onMessage(ChannelHandlerContext ctx, WebSocketFrame frame) {
      ByteBuf encoded = encode(ctx.alloc(), frame);
      frame.release();
      ctx.pipeline().firstContext().write(encoded, ctx.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }
  }

  private final class Member extends Session {
    private final String path;

    Member(String path) {
      this.path = path;
    }

    @Override
    void onMessage(ChannelHandlerContext ctx, WebSocketFrame frame) {
      ByteBuf encoded = encode(ctx.alloc(), frame);
      frame.release();
      for (Members members : loops.values()) {
        ByteBuf share = encoded.retainedDuplicate();
        if (members.loop == ctx.channel().eventLoop()) {
          members.deliver(path, share);
        } else {
          members.loop.execute(() -> members.deliver(path, share));
        }
      }
      encoded.release();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      loops.get((EventLoop) ctx.channel().eventLoop()).remove(path, ctx.channel());
    }
  }

  /** The members of every topic on one event loop. */
  private static final class Members {
    private final EventLoop loop;
    private final Map<String, List<Channel>> topics = new HashMap<>();
    private final Set<Channel> written = new LinkedHashSet<>();

    Members(EventLoop loop) {
      this.loop = loop;
    }

    void add(String path, Channel channel) {
      topics.computeIfAbsent(path, first -> new ArrayList<>()).add(channel);
    }

    void remove(String path, Channel channel) {
      topics.getOrDefault(path, new ArrayList<>()).remove(channel);
    }

    void deliver(String path, ByteBuf frame) {
      List<Channel> members = topics.getOrDefault(path, List.of());
      for (int i = 0; i < members.size(); i++) {
        Channel member = members.get(i);
        member.pipeline().firstContext().write(frame.retainedDuplicate(), member.voidPromise());
        if (written.isEmpty()) {
          loop.execute(this::flush);
        }
        written.add(member);
      }
      frame.release();
    }

    private void flush() {
      for (Channel channel : written) {
        channel.flush();
      }
      written.clear();
    }
  }
}
