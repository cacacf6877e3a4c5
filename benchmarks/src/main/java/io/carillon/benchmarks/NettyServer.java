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
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The yardstick: the same work on plain Netty, as well as we can write it. {@code /echo} sends each
 * message back and flushes once per read; every other path is a topic whose members get what any of
 * them sends. A publication is made into bytes once, is one task per event loop, and each
 * connection is flushed once per turn of its loop.
 *
 * <p>It does less than the server: text is not checked for UTF-8, nothing is bounded, no handler is
 * asked, and nobody is pinged.
 */
public final class NettyServer {
  private static final int MAX_MESSAGE_BYTES = 1 << 20;

  private final Map<EventLoop, Topics> loops = new HashMap<>();

  private final @Nullable SslContext tls;

  private NettyServer(@Nullable SslContext tls) {
    this.tls = tls;
  }

  /**
   * Listens on the port given first; three more arguments are the files of a certificate and its
   * key, in PEM, to speak TLS, and {@code jdk} or {@code openssl}.
   */
  public static void main(String[] args) throws InterruptedException, SSLException {
    SslContext tls =
        args.length < 4
            ? null
            : SslContextBuilder.forServer(new File(args[1]), new File(args[2]))
                .sslProvider(SslProvider.valueOf(args[3].toUpperCase(Locale.ROOT)))
                .build();
    new NettyServer(tls).listen(Integer.parseInt(args[0]));
  }

  private void listen(int port) throws InterruptedException {
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    Class<? extends ServerChannel> type =
        Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    // As many as Vert.x makes by default.
    int threads = 2 * Runtime.getRuntime().availableProcessors();
    MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(threads, io);
    group.forEach(loop -> loops.put((EventLoop) loop, new Topics((EventLoop) loop)));
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
                    if (tls != null) {
                      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
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
            new WebSocketServerHandshakerFactory(
                    "ws://localhost" + path, null, false, MAX_MESSAGE_BYTES)
                .newHandshaker(request);
        ctx.pipeline()
            .replace(this, "session", path.equals("/echo") ? new Echo() : join(ctx, path));
        handshaker.handshake(ctx.channel(), request);
      } finally {
        request.release();
      }
    }

    private Member join(ChannelHandlerContext ctx, String path) {
      Topics topics = Objects.requireNonNull(loops.get(ctx.channel().eventLoop()));
      return topics.join(path, new Member(ctx.channel()));
    }
  }

  /** What both kinds of session do with frames. */
  private abstract static class Session extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      WebSocketFrame frame = (WebSocketFrame) message;
      if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
        ByteBuf encoded = encode(ctx.alloc(), frame);
        frame.release();
        onMessage(ctx, encoded);
      } else if (frame instanceof PingWebSocketFrame) {
        ctx.writeAndFlush(new PongWebSocketFrame(frame.content()));
      } else if (frame instanceof CloseWebSocketFrame) {
        ctx.writeAndFlush(frame).addListener(sent -> ctx.close());
      } else {
        frame.release();
      }
    }

    abstract void onMessage(ChannelHandlerContext ctx, ByteBuf encoded);

    /** Header and payload in one buffer; Netty's own encoder makes two. */
    private static ByteBuf encode(ByteBufAllocator allocator, WebSocketFrame frame) {
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

    /** Past all handlers: what is written has been encoded. Not for TLS, where nothing is sent. */
    static void write(Channel channel, ByteBuf encoded) {
      channel.pipeline().firstContext().write(encoded, channel.voidPromise());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  private static final class Echo extends Session {
    @Override
    void onMessage(ChannelHandlerContext ctx, ByteBuf encoded) {
      write(ctx.channel(), encoded);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }
  }

  private final class Member extends Session {
    private final Channel channel;
    private @Nullable Topic topic;
    private int place;
    private boolean written;

    Member(Channel channel) {
      this.channel = channel;
    }

    @Override
    void onMessage(ChannelHandlerContext ctx, ByteBuf encoded) {
      Topic mine = topic;
      if (mine == null) {
        encoded.release();
        return;
      }
      mine.topics.read.add(encoded.retainedDuplicate());
      mine.deliver(encoded);
    }

    /** What one read brought goes to each of the other loops in one piece. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      Topic mine = topic;
      if (mine == null || mine.topics.read.isEmpty()) {
        return;
      }
      List<ByteBuf> read = mine.topics.read;
      for (Topics topics : loops.values()) {
        if (topics != mine.topics) {
          List<ByteBuf> shares = new ArrayList<>(read.size());
          read.forEach(frame -> shares.add(frame.retainedDuplicate()));
          topics.loop.execute(() -> shares.forEach(frame -> topics.deliver(mine.path, frame)));
        }
      }
      read.forEach(ByteBuf::release);
      read.clear();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (topic != null) {
        topic.leave(this);
      }
    }
  }

  /** The topics that have members on one event loop. */
  private static final class Topics {
    private final EventLoop loop;
    private final Map<String, Topic> all = new HashMap<>();
    private final List<Member> written = new ArrayList<>();
    private final List<ByteBuf> read = new ArrayList<>();

    Topics(EventLoop loop) {
      this.loop = loop;
    }

    Member join(String path, Member member) {
      return all.computeIfAbsent(path, first -> new Topic(this, path)).join(member);
    }

    void deliver(String path, ByteBuf frame) {
      Topic topic = all.get(path);
      if (topic == null) {
        frame.release();
      } else {
        topic.deliver(frame);
      }
    }

    private void written(Member member) {
      if (!member.written) {
        member.written = true;
        if (written.isEmpty()) {
          loop.execute(this::flush);
        }
        written.add(member);
      }
    }

    private void flush() {
      for (Member member : written) {
        member.written = false;
        member.channel.unsafe().flush();
      }
      written.clear();
    }
  }

  /** The members of one topic on one event loop. */
  private static final class Topic {
    private final Topics topics;
    private final String path;
    private final List<Member> members = new ArrayList<>();

    Topic(Topics topics, String path) {
      this.topics = topics;
      this.path = path;
    }

    Member join(Member member) {
      member.topic = this;
      member.place = members.size();
      members.add(member);
      return member;
    }

    void leave(Member member) {
      Member last = members.remove(members.size() - 1);
      if (last != member) {
        members.set(member.place, last);
        last.place = member.place;
      }
      member.topic = null;
    }

    /** Hands the same bytes to every member, and gives up the reference to them. */
    void deliver(ByteBuf frame) {
      for (Member member : members) {
        Session.write(member.channel, frame.retainedDuplicate());
        topics.written(member);
      }
      frame.release();
    }
  }
}
