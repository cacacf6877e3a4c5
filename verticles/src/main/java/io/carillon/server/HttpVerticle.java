package io.carillon.server;

import io.carillon.auth.Guards;
import io.carillon.auth.JwtOptions;
import io.carillon.auth.WebSocketTokens;
import io.carillon.broker.Addresses;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for HTTP, upgrades connections to WebSockets and turns what happens on them into join,
 * message and leave events on the event bus. Deploy one per event loop; instances share the port.
 *
 * <p>{@link #start} makes everything ready, {@link #listen} opens the port, so that routes deployed
 * in between are there for the first client.
 */
public final class HttpVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(HttpVerticle.class);

  private static final String ARRIVAL = "carillon.arrival";

  private final HttpOptions options;
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();
  private @Nullable HttpServer server;
  private @Nullable Loop loop;
  private @Nullable Admission admission;
  private @Nullable Upgrader upgrader;
  private @Nullable Tokens tokens;
  private @Nullable Arrival arriving;
  private @Nullable Router router;
  private @Nullable Router upgrades;
  private @Nullable RevocationFeed revocations;
  private final ErrorHandlers errors = new ErrorHandlers();
  private boolean listening;
  private boolean stopping;

  /** An HTTP verticle with the given settings. */
  public HttpVerticle(HttpOptions options) {
    this.options = options;
  }

  /** The number of event loops of {@code vertx}, and so of the instances to deploy. */
  public static int eventLoops(Vertx vertx) {
    int loops = 0;
    for (EventExecutor loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
      loops += loop.isShutdown() ? 0 : 1;
    }
    return loops;
  }

  @Override
  public Future<?> start() throws Exception {
    if (!(context instanceof ContextInternal own) || !own.isEventLoopContext()) {
      throw new IllegalStateException("an HTTP verticle runs on an event loop only");
    }
    String node = Addresses.node(vertx);
    Loop ours =
        new Loop(
            (VertxInternal) vertx,
            own.nettyEventLoop(),
            node,
            Addresses.nextInstance(vertx),
            options);
    RouteTable routes = new RouteTable(node);
    Announcements announcements = new Announcements(vertx, ours, routes);
    loop = ours;
    TrustedProxies proxies = new TrustedProxies(options.trustedProxies());
    Admission door =
        new Admission(Connections.of(vertx), ours.counters(), options.limits(), proxies);
    admission = door;
    Tokens uris = new Tokens((VertxInternal) vertx, ours, node, announcements, options.tokens());
    tokens = uris;
    Bearers bearers = new Bearers(vertx, ours, options.jwt());
    Access access =
        new Access(
            ours,
            announcements,
            uris,
            bearers,
            options,
            BrowserSessions.of(vertx, options.sessions()));
    Upgrader events = new Upgrader(ours, access, proxies, door, errors);
    upgrader = events;
    router = router(events, access);
    upgrades = upgrades(events);
    server = server(door);
    ClientMessages clients = new ClientMessages(ours);
    consumers.add(
        vertx.eventBus().<Object>consumer(ours.address(), m -> receive(m, announcements, clients)));
    consumers.add(vertx.eventBus().<Object>consumer(Addresses.ROUTES, announcements::handle));
    consumers.add(vertx.eventBus().<Object>localConsumer(Addresses.NODES, announcements::onNode));
    consumers.add(vertx.eventBus().<Object>localConsumer(Addresses.NODES, uris::onNode));
    consumers.add(vertx.eventBus().<Object>localConsumer(Addresses.TOKENS, uris::onIssue));
    consumers.add(vertx.eventBus().<Object>consumer(Addresses.tokens(node), uris::onTold));
    consumers.add(vertx.eventBus().<Object>localConsumer(Addresses.COUNTERS, this::onCounters));
    vertx.setPeriodic(options.limits().sweepMillis(), tick -> sweep(ours, door));
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .compose(listening -> uris.start())
        .compose(here -> ours.reachable().start(access))
        .compose(ready -> takeTokens(bearers, ours.credentials()))
        .onSuccess(ready -> announcements.collect());
  }

  private Future<Void> takeTokens(Bearers bearers, Credentials credentials) {
    if (options.jwt().isEmpty()) {
      return Future.succeededFuture();
    }
    JwtOptions jwt = options.jwt().get();
    vertx.setPeriodic(jwt.reloadInterval().toMillis(), tick -> bearers.reloadIfChanged());
    RevocationFeed feed = new RevocationFeed(vertx, jwt, credentials);
    revocations = feed;
    return feed.start();
  }

  /** Answers to our question come to the address that clients' messages come to. */
  private static void receive(
      Message<Object> message, Announcements announcements, ClientMessages clients) {
    if (Addresses.ACTION_ANNOUNCE.equals(message.headers().get(Addresses.ACTION))) {
      announcements.handle(message);
    } else {
      clients.handle(message);
    }
  }

  /**
   * Opens the port.
   *
   * @return the port, which is another than configured where that is 0; fails when it is taken
   */
  public Future<Integer> listen() {
    return listen(options.port());
  }

  /** Opens another port than the configured one. */
  public Future<Integer> listen(int port) {
    Promise<Integer> result = ((VertxInternal) vertx).promise();
    context.runOnContext(
        ours ->
            Objects.requireNonNull(server, "not started")
                .listen(port, options.host())
                .map(HttpServer::actualPort)
                .onSuccess(open -> listening = true)
                .onComplete(result));
    return result.future();
  }

  /**
   * Takes no more connections, lets every leave handler run and closes clients with 1001; what is
   * not done within the stop time-out is cut.
   */
  @Override
  public Future<?> stop() {
    stopping = true;
    vertx.sharedData().getLocalMap("carillon").removeIfPresent(certificateKey(), deploymentID());
    Loop ours = loop;
    HttpServer listening = server;
    if (ours == null || listening == null) {
      return Future.succeededFuture();
    }
    long millis = options.stopTimeout().toMillis();
    Future<Void> closed =
        listening
            .shutdown(millis, TimeUnit.MILLISECONDS)
            .recover(never -> Future.succeededFuture());
    ours.sessions().forEach(session -> session.end(CloseStatus.GOING_AWAY));
    return Objects.requireNonNull(tokens)
        .stop()
        .eventually(() -> drained(ours, millis))
        .eventually(() -> closed)
        .andThen(done -> ours.reachable().stop())
        .eventually(() -> revocations == null ? Future.succeededFuture() : revocations.stop())
        .eventually(() -> Future.join(consumers.stream().map(MessageConsumer::unregister).toList()))
        .andThen(done -> ours.zlib().close());
  }

  private Future<Void> drained(Loop ours, long millis) {
    Promise<Void> promise = Promise.promise();
    long timer = millis == 0 ? -1 : vertx.setTimer(millis, late -> promise.tryComplete());
    ours.sessions().whenEmpty(promise::tryComplete);
    if (millis == 0) {
      promise.tryComplete();
    }
    return promise
        .future()
        .andThen(
            done -> {
              vertx.cancelTimer(timer);
              if (ours.sessions().size() > 0) {
                LOG.warn(
                    "stop timed out: connections cut={}, milliseconds={}",
                    ours.sessions().size(),
                    millis);
              }
            });
  }

  private void onCounters(Message<Object> request) {
    request.reply(Counters.of(vertx).toJson().put("connections", Connections.of(vertx).size()));
  }

  private void sweep(Loop ours, Admission door) {
    long now = System.nanoTime();
    door.sweep(now);
    ours.audit().sweep(now);
    ours.reachable().sweep(now);
    ours.sessions().forEach(session -> session.sweep(now));
    ours.credentials().sweep(System.currentTimeMillis());
  }

  // ---- HTTP

  private HttpServer server(Admission door) {
    HttpServerOptions http =
        new HttpServerOptions()
            .setHost(options.host())
            // The request line holds the method and the version beside the URI.
            .setMaxInitialLineLength(HttpOptions.MAX_URI_BYTES + 64)
            .setMaxHeaderSize(HttpOptions.MAX_HEADER_BYTES)
            .setHttp2ClearTextEnabled(false)
            // Extensions are ours to agree on, and every handler less makes an upgrade cheaper.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setCompressionSupported(true)
            .setIdleTimeout((int) options.idleTimeout().toSeconds())
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setSslHandshakeTimeout(options.limits().handshakeTimeout().toMillis())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    options.tls().ifPresent(files -> secure(http, files));
    HttpServer made =
        vertx
            .createHttpServer(http)
            .connectionHandler(door::onConnection)
            .requestHandler(this::onRequest)
            .invalidRequestHandler(this::onInvalid);
    options
        .tls()
        .filter(files -> watchesCertificate())
        .ifPresent(
            files -> {
              CertificateFiles watched = new CertificateFiles(files);
              vertx.setPeriodic(
                  files.reloadInterval().toMillis(), tick -> watched.reloadIfChanged(vertx, made));
            });
    return made;
  }

  /** All instances share one listening server; the first of them looks after its certificate. */
  private boolean watchesCertificate() {
    return vertx.sharedData().getLocalMap("carillon").putIfAbsent(certificateKey(), deploymentID())
        == null;
  }

  private String certificateKey() {
    return "certificate:" + options.host() + ":" + options.port();
  }

  private static void secure(HttpServerOptions http, TlsOptions files) {
    http.setSsl(true)
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
        .setKeyCertOptions(CertificateFiles.pem(files))
        .setSslEngineOptions(
            switch (files.engine()) {
              case JDK -> new JdkSSLEngineOptions();
              case OPENSSL -> new OpenSSLEngineOptions();
            });
  }

  private void onRequest(HttpServerRequest request) {
    Objects.requireNonNull(admission).onRequest(request);
    if (stopping && !request.path().startsWith(Health.PATH)) {
      errors.answerAndClose(HttpError.STOPPING, request);
    } else if (Upgrader.isAttempt(request)) {
      upgrade(request);
    } else {
      TakeOver.watch(request);
      Objects.requireNonNull(router).handle(request);
    }
  }

  /** From here on a one-time URI is the one that it stands for. */
  private void upgrade(HttpServerRequest request) {
    Upgrader events = Objects.requireNonNull(upgrader);
    if (Upgrader.isToken(request)) {
      events.redeem(
          request,
          redeemed ->
              upgrade(new RedeemedRequest(request, redeemed.topic().uri()), redeemed, events));
    } else if (upgrades == null) {
      events.upgrade(request);
    } else {
      upgrade(request, null, events);
    }
  }

  private void upgrade(HttpServerRequest request, @Nullable Redeemed redeemed, Upgrader events) {
    Router handlers = upgrades;
    if (handlers == null) {
      events.upgrade(request, redeemed);
    } else {
      events.introduce(
          request,
          redeemed,
          arrival -> {
            arriving = arrival; // until the first handler of the router, which runs at once
            handlers.handle(arrival);
          });
    }
  }

  /** What upgrades run through; null if the application has nothing to say to them. */
  private @Nullable Router upgrades(Upgrader events) throws ReflectiveOperationException {
    Router made = Router.router(vertx);
    made.route().handler(this::arrive);
    for (String name : options.routes()) {
      httpRoutes(name).mountUpgrades(made, vertx, config());
    }
    if (made.getRoutes().size() == 1) {
      return null;
    }
    made.route().handler(ctx -> pass(ctx, events));
    made.route().failureHandler(this::onFailure);
    return made;
  }

  /** A one-time URI that the application refuses was not used. */
  private void arrive(RoutingContext ctx) {
    Arrival arrival = arriving;
    arriving = null;
    if (arrival != null) {
      ctx.put(ARRIVAL, arrival);
      arrival.handshake().attachTo(ctx);
      ctx.addEndHandler(end -> Objects.requireNonNull(upgrader).unused(arrival));
    }
    ctx.next();
  }

  private static void pass(RoutingContext ctx, Upgrader events) {
    Arrival arrival = ctx.get(ARRIVAL);
    events.pass(ctx.request(), arrival);
  }

  private Router router(Upgrader events, Access access) throws ReflectiveOperationException {
    Router made = Router.router(vertx);
    made.route().handler(BodyHandler.create(false).setBodyLimit(options.maxBodyBytes()));
    Health.mount(made, vertx, () -> listening && !stopping);
    ClientLibrary.mount(made, vertx);
    made.route().handler(events::identify);
    if (options.jwt().isPresent()) {
      RefreshRoute.mount(made, vertx);
    }
    if (!options.guards().isEmpty()) {
      made.route().handler(Guards.handler(access.guard()));
    }
    for (String name : options.routes()) {
      HttpRoutes own = httpRoutes(name);
      own.mount(made, vertx, config());
      own.mountErrors(errors);
    }
    made.route().handler(ctx -> events.refuse(ctx.request()));
    made.route().failureHandler(this::onFailure);
    return made;
  }

  private static HttpRoutes httpRoutes(String name) throws ReflectiveOperationException {
    try {
      return ClassNames.instance(name, HttpRoutes.class);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          "http.routes must name classes on the class path: " + name);
    } catch (ClassCastException e) {
      throw new IllegalArgumentException("http.routes must name HttpRoutes: " + name);
    }
  }

  private void onFailure(RoutingContext ctx) {
    int status = statusOf(ctx);
    String text = text(ctx, status);
    if (status == 413) {
      Counters.of(vertx).count(Counters.Limit.MAX_BODY_BYTES);
    }
    if (status >= 500) {
      LOG.error("HTTP handler failed: path={}", shown(ctx.request().path()), ctx.failure());
    }
    if (loop != null && upgrader != null) {
      loop.audit().refused(status, text, ctx.request().path(), "", upgrader.address(ctx.request()));
    }
    errors.answer(new HttpError(status, text), ctx.request());
  }

  /** What a handler says to the client, if it does. */
  private static String text(RoutingContext ctx, int status) {
    String said =
        ctx.failure() instanceof HttpException known
            ? known.getPayload()
            : ctx.failure() instanceof CloseException why ? why.reason() : null;
    return said == null || said.isEmpty()
        ? HttpResponseStatus.valueOf(status).reasonPhrase()
        : said;
  }

  private static String shown(String path) {
    return WebSocketTokens.isBelow(path) ? WebSocketTokens.PREFIX + "..." : path;
  }

  private static int statusOf(RoutingContext ctx) {
    if (ctx.failure() instanceof CloseException why) {
      return why.httpStatus();
    }
    return ctx.statusCode() >= 400 ? ctx.statusCode() : 500;
  }

  /** A request that the decoder gave up on. */
  private void onInvalid(HttpServerRequest request) {
    Objects.requireNonNull(admission).onRequest(request);
    Throwable cause = request.decoderResult().cause();
    if (cause instanceof TooLongHttpLineException) {
      Counters.of(vertx).count(Counters.Limit.MAX_URI_BYTES);
    } else if (cause instanceof TooLongHttpHeaderException) {
      Counters.of(vertx).count(Counters.Limit.MAX_HEADER_BYTES);
    }
    HttpError error =
        cause instanceof TooLongHttpLineException
            ? HttpError.URI_TOO_LONG
            : cause instanceof TooLongHttpHeaderException
                ? HttpError.HEADERS_TOO_LARGE
                : new HttpError(400, "Bad Request");
    errors.answerAndClose(error, request);
  }
}
