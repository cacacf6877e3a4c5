package io.carillon.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The load driver: one process, one thread that has connections, closed or open loops of messages,
 * and an eye on every one of them. Everything a mode counts belongs to that thread; the main thread
 * only says when what begins and ends.
 *
 * <p>Only loopback may be a target; connections, sizes and times are bounded. It prints one JSON
 * object and ends with 0; with 1 when a message was lost, doubled, out of order or altered or a
 * connection failed; with 2 when it could not measure.
 */
abstract class Load implements Client.Owner {
  static final String USAGE =
      """
      usage: load MODE --url ws://127.0.0.1:PORT/PATH[,..] [--key value ..]

      fanout   subscribers, and one publisher who is one more of them
               --subs N --size BYTES --secs S
               --window K   closed loop: at most K messages on the way (default 1)
               --rate R     open loop instead: R messages/s, latency from the intended time
               --topics T   so many paths (PATH0, PATH1, ..) with N subscribers each, the first of
                            which publishes; needs --rate
               several urls: the same path on several nodes, subscribers in turn, publisher on the first
      echo     --conns N --depth D --size BYTES --secs S
               --shape chat   a record in JSON instead of plain text
      flood    --kind KIND --conns N --rate R --secs S   misbehaves, R times a second over N connections:
               handshakes   opens connections that never say a word
               loris        sends a header line of a request that never ends
               pings        sends pings, fragments: fragments of one byte, topics: a SUBSCRIBE and an
                            UNSUBSCRIBE (carillon.v1)
               --topic T    of that topic, not of a thousand
      connect  --conns N --hold S (open until a line comes on standard input, S seconds at most)

      all      --warmup S      of the same load before it is measured (connect: --warm N connections)
               --pid P[,P]     server processes whose CPU time is taken
               --beside P[,P]  processes that are part of the load, and do not disturb
               --connecting C  handshakes under way at once (default 128)
      """;

  private static final int READ_BYTES = 32 << 10;
  private static final int PER_ADDRESS = 5000;
  private static final int MAX_CONNECTIONS = 100_000;
  private static final double MAX_SECONDS = 600;
  private static final double STUCK_SECONDS = 15;

  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final @Nullable SslContext secured;
  private final List<Client> clients = new ArrayList<>();
  private final int connecting;
  final List<URI> urls;
  final List<Long> pids;
  final List<Long> beside;
  final double secs;
  final double warmup;
  final JsonObject report = new JsonObject();
  private int next;
  private int open;
  private int underWay;
  private int failed;
  private int lost;
  private boolean ending;
  private @Nullable String failure;

  Load(Options options) {
    urls = urls(options.text("url"));
    secured = urls.stream().anyMatch(url -> "wss".equals(url.getScheme())) ? tls() : null;
    pids = options.pids("pid");
    beside = options.pids("beside");
    secs = options.number("secs", 5, 0.1, MAX_SECONDS);
    warmup = options.number("warmup", 1, 0, MAX_SECONDS);
    connecting = options.integer("connecting", 128, 1, 10_000);
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    loop = (EventLoop) new MultiThreadIoEventLoopGroup(1, io).next();
    bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOCATOR, allocator())
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES));
    if (Epoll.isAvailable()) {
      bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
    }
  }

  /** Runs the mode that the arguments name, and ends the process. */
  public static void main(String[] args) throws Exception {
    int status;
    try {
      Options options = new Options(args);
      String mode = options.words().isEmpty() ? "" : options.words().get(0);
      Load load =
          switch (mode) {
            case "fanout" -> new FanOutLoad(options);
            case "echo" -> new EchoLoad(options);
            case "connect" -> new ConnectLoad(options);
            case "flood" -> new FloodLoad(options);
            default ->
                throw new IllegalArgumentException("the mode is fanout, echo, connect or flood");
          };
      options.done();
      load.report.put("mode", mode).put("url", String.valueOf(load.urls));
      boolean fine = load.run();
      if (load.failure != null) {
        load.report.put("failure", load.failure);
      }
      System.out.println(load.report.encode());
      status = fine && load.failed == 0 && load.lost == 0 ? 0 : 1;
    } catch (IllegalArgumentException e) {
      System.err.println("load: " + e.getMessage() + "\n\n" + USAGE);
      status = 2;
    } catch (IllegalStateException e) {
      System.err.println("load: " + e.getMessage());
      status = 2;
    }
    System.exit(status);
  }

  /** Measures; says whether everything was as it has to be. */
  abstract boolean run() throws Exception;

  static ByteBufAllocator allocator() {
    return PooledByteBufAllocator.DEFAULT;
  }

  EventLoop loop() {
    return loop;
  }

  /** For certificates that nobody vouches for; the address is this machine's. */
  private static SslContext tls() {
    try {
      return SslContextBuilder.forClient()
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .endpointIdentificationAlgorithm(null)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS", e);
    }
  }

  private static List<URI> urls(String list) {
    List<URI> urls = new ArrayList<>();
    for (String text : list.split(",", -1)) {
      URI url = URI.create(text);
      boolean loopback =
          ("ws".equals(url.getScheme()) || "wss".equals(url.getScheme()))
              && url.getHost() != null
              && url.getHost().matches("localhost|127(\\.\\d{1,3}){3}");
      if (!loopback || url.getPort() < 1) {
        throw new IllegalArgumentException(
            "only ws://127.x.x.x:PORT may be loaded, or wss: " + text);
      }
      urls.add(url);
    }
    return List.copyOf(urls);
  }

  // ---- connections

  /** Adds a connection, to be opened with the others. */
  Client add(URI uri) {
    if (clients.size() == MAX_CONNECTIONS) {
      throw new IllegalArgumentException("too many connections: max=" + MAX_CONNECTIONS);
    }
    Client client = new Client(clients.size(), uri, this);
    clients.add(client);
    return client;
  }

  List<Client> clients() {
    return clients;
  }

  /**
   * Opens all that were added.
   *
   * @throws IllegalStateException if one does not come to be
   */
  void openAll() throws Exception {
    call(
        () -> {
          openMore();
          return true;
        });
    int before = -1;
    while (!await(() -> open + failed == clients.size(), STUCK_SECONDS)) {
      int now = call(() -> open);
      if (now == before) {
        throw new IllegalStateException("no handshake has ended for 15 s: open=" + now);
      }
      before = now;
    }
    if (failed > 0) {
      throw new IllegalStateException("connections failed: " + failed + ", first: " + failure);
    }
  }

  private void openMore() {
    while (next < clients.size() && underWay < connecting) {
      Client client = clients.get(next++);
      underWay++;
      connect(client);
    }
  }

  private void connect(Client client) {
    connect(client.id(), client.uri(), client)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                client.gone(String.valueOf(((ChannelFuture) done).cause()));
              }
            });
  }

  /** Connects to the host of {@code uri}; {@code number} spreads many over source addresses. */
  ChannelFuture connect(int number, URI uri, ChannelHandler handler) {
    InetSocketAddress to = new InetSocketAddress(uri.getHost(), uri.getPort());
    SslContext tls = secured;
    ChannelHandler all =
        tls == null || !"wss".equals(uri.getScheme())
            ? handler
            : new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(tls.newHandler(channel.alloc()), handler);
              }
            };
    // The kernel looks for a free port ever longer as those of one source address run out.
    return bootstrap
        .clone()
        .handler(all)
        .connect(to, new InetSocketAddress(source(number / PER_ADDRESS), 0));
  }

  private static InetAddress source(int number) {
    try {
      return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (1 + number)});
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  @Override
  public void onOpen(Client client) {
    open++;
    underWay--;
    openMore();
  }

  @Override
  public void onGone(Client client, String why) {
    if (ending) {
      return;
    }
    failure = failure == null ? why : failure;
    if (client.wasOpen()) {
      lost++;
    } else {
      failed++;
      underWay--;
      openMore();
    }
  }

  /** Says goodbye to all, and gives the server a moment to close first. */
  void closeAll() throws Exception {
    call(
        () -> {
          ending = true;
          clients.forEach(Client::close);
          return true;
        });
    await(() -> clients.stream().noneMatch(Client::isThere), 5);
    call(
        () -> {
          clients.forEach(Client::cut);
          return true;
        });
    // Those that were cut have said so by now: their notice was queued first.
    call(
        () -> {
          clients.clear();
          next = 0;
          open = 0;
          ending = false;
          return true;
        });
  }

  /** Connections that were closed by the server, or lost. */
  int lostConnections() {
    return lost;
  }

  // ---- phases

  /** Runs on the driver's thread. */
  <T> T call(Callable<T> task) throws Exception {
    try {
      return loop.submit(task).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the driver failed: " + e.getCause(), e);
    }
  }

  static void pause(double seconds) throws InterruptedException {
    Thread.sleep((long) (seconds * 1e3));
  }

  /** Waits until it is so; false when it is not within that time. */
  boolean await(BooleanSupplier condition, double seconds) throws Exception {
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (!call(condition::getAsBoolean)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(2);
    }
    return true;
  }

  void latencies(Histogram times) {
    report
        .put("p50_us", times.quantile(0.5) / 1e3)
        .put("p99_us", times.quantile(0.99) / 1e3)
        .put("max_us", times.max() / 1e3);
  }

  /** Waits for a line on standard input, so long at most. */
  static void hold(double seconds) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < deadline && System.in.available() == 0) {
      Thread.sleep(20);
    }
  }
}
