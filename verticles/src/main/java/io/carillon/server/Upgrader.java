package io.carillon.server;

import static io.carillon.protocol.Dialect.CARILLON_V1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.protocol.Dialect;
import io.carillon.route.JoinPhase;
import io.carillon.route.RouteSettings;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The opening handshake (RFC 6455, section 4.2): what is a proper upgrade, who may join, and the
 * 101 answer. What is refused before it is answered as HTTP, and its connection is closed.
 *
 * <p>Owned by one event loop.
 */
final class Upgrader {
  private static final Logger LOG = LoggerFactory.getLogger(Upgrader.class);
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_BYTES = 16;
  private static final Pattern ABSOLUTE =
      Pattern.compile("(?:http|ws)s?://", Pattern.CASE_INSENSITIVE);

  /** For browsers that have to offer something beside a bearer entry; spoken like none. */
  private static final String PLAIN_PROTOCOL = "carillon.plain";

  /** Where a client connects that subscribes to every topic, the first one too. */
  private static final String CARRIER = "/.multiplex";

  private final Loop loop;
  private final Announcements routes;
  private final TrustedProxies proxies;

  Upgrader(Loop loop, Announcements routes, TrustedProxies proxies) {
    this.loop = loop;
    this.routes = routes;
    this.proxies = proxies;
  }

  /** Whether the request asks for a WebSocket, properly or not. */
  static boolean isAttempt(HttpServerRequest request) {
    return HttpMethod.GET.equals(request.method())
        && request.version() != HttpVersion.HTTP_2
        && hasToken(request.headers(), "upgrade", "websocket")
        && hasToken(request.headers(), "connection", "upgrade");
  }

  /** Answers a request to an event route that is no upgrade, or to no route at all. */
  void refuse(HttpServerRequest request) {
    refusal(request).answer(request);
  }

  private HttpError refusal(HttpServerRequest request) {
    if (request.uri().length() > HttpOptions.MAX_URI_BYTES) {
      return HttpError.URI_TOO_LONG;
    }
    try {
      if (routes.find(Topic.of(target(request))) instanceof RouteTable.Lookup.NotFound) {
        return HttpError.NOT_FOUND;
      }
    } catch (IllegalArgumentException e) {
      return new HttpError(400, String.valueOf(e.getMessage()));
    }
    return HttpMethod.GET.equals(request.method())
        ? HttpError.UPGRADE_REQUIRED
        : HttpError.METHOD_NOT_ALLOWED;
  }

  /**
   * Path and query of the request. A client may send them behind scheme and host, as it would to a
   * proxy (RFC 9112, section 3.2.2).
   */
  private static String target(HttpServerRequest request) {
    String uri = request.uri();
    if (uri.startsWith("/") || !ABSOLUTE.matcher(uri).lookingAt()) {
      return uri;
    }
    int host = uri.indexOf("//") + 2;
    for (int i = host; i < uri.length(); i++) {
      if (uri.charAt(i) == '/') {
        return uri.substring(i);
      }
      if (uri.charAt(i) == '?') {
        return "/" + uri.substring(i);
      }
    }
    return "/";
  }

  /** Takes the request as far as it gets. */
  void upgrade(HttpServerRequest request) {
    if (request.uri().length() > HttpOptions.MAX_URI_BYTES) {
      HttpError.URI_TOO_LONG.answerAndClose(request);
      return;
    }
    Topic topic;
    List<ExtensionOffer> extensions;
    try {
      topic = Topic.of(target(request));
      extensions = ExtensionOffer.parse(request.headers().getAll("sec-websocket-extensions"));
    } catch (IllegalArgumentException e) {
      new HttpError(400, String.valueOf(e.getMessage())).answerAndClose(request);
      return;
    }
    if (topic.uri().equals(CARRIER)) {
      carrier(request, extensions);
      return;
    }
    RouteTable.Lookup lookup = routes.find(topic);
    if (lookup instanceof RouteTable.Lookup.Found found) {
      HttpError improper = improper(request);
      if (improper == null) {
        open(request, topic, found.candidates(), extensions);
      } else {
        improper.answerAndClose(request);
      }
    } else if (lookup instanceof RouteTable.Lookup.Missing missing) {
      new HttpError(400, "query parameter missing: " + missing.parameter()).answerAndClose(request);
    } else {
      HttpError.NOT_FOUND.answerAndClose(request);
    }
  }

  /** What RFC 6455, section 4.2.1, demands of a request and this one lacks, or null. */
  private static @Nullable HttpError improper(HttpServerRequest request) {
    MultiMap headers = request.headers();
    List<String> versions = headers.getAll("sec-websocket-version");
    if (request.version() != HttpVersion.HTTP_1_1
        || versions.size() != 1
        || !versions.get(0).trim().equals("13")) {
      return HttpError.UPGRADE_REQUIRED;
    }
    if (headers.getAll("host").size() != 1) {
      return new HttpError(400, "exactly one Host header is needed");
    }
    List<String> keys = headers.getAll("sec-websocket-key");
    if (keys.size() != 1 || !isKey(keys.get(0).trim())) {
      return new HttpError(400, "Sec-WebSocket-Key must be 16 bytes in base64, once");
    }
    if (hasBody(headers)) {
      return new HttpError(400, "an upgrade request has no body");
    }
    return null;
  }

  private static boolean isKey(String key) {
    try {
      return key.length() == 24 && Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }

  private static boolean hasBody(MultiMap headers) {
    String length = headers.get("content-length");
    return headers.contains("transfer-encoding") || (length != null && !length.trim().equals("0"));
  }

  private static boolean hasToken(MultiMap headers, String name, String token) {
    return tokens(headers, name).anyMatch(token::equalsIgnoreCase);
  }

  /** The entries of a header that is a comma list and may be repeated. */
  private static Stream<String> tokens(MultiMap headers, String name) {
    return headers.getAll(name).stream()
        .flatMap(value -> Arrays.stream(value.split(",", -1)))
        .map(String::trim);
  }

  /** The subprotocol to speak, spelled as the client spelled it; null for none. */
  private record Subprotocol(@Nullable String spelled, @Nullable Dialect dialect) {
    private static final Subprotocol NONE = new Subprotocol(null, null);

    /** The first of the client's offers that is spoken here. */
    static Subprotocol choose(MultiMap headers) {
      return tokens(headers, "sec-websocket-protocol")
          .map(offer -> new Subprotocol(offer, Dialect.of(offer).orElse(null)))
          .filter(one -> one.dialect != null || PLAIN_PROTOCOL.equalsIgnoreCase(one.spelled))
          .findFirst()
          .orElse(NONE);
    }

    /** The offer of the extension, which alone can do without a first topic. */
    static Subprotocol chooseExtension(MultiMap headers) {
      return tokens(headers, "sec-websocket-protocol")
          .filter(CARILLON_V1.subprotocol()::equalsIgnoreCase)
          .findFirst()
          .map(offer -> new Subprotocol(offer, CARILLON_V1))
          .orElse(NONE);
    }
  }

  /** A connection that begins without a topic. */
  private void carrier(HttpServerRequest request, List<ExtensionOffer> extensions) {
    Subprotocol subprotocol = Subprotocol.chooseExtension(request.headers());
    HttpError improper =
        subprotocol.dialect == null
            ? new HttpError(400, "the subprotocol carillon.v1 is needed here")
            : improper(request);
    if (improper != null) {
      improper.answerAndClose(request);
      return;
    }
    Session session = new MultiplexSession(loop, handshake(request), CARILLON_V1, routes, 0);
    DeflateAgreement agreed = agree(RouteSettings.DEFAULT, extensions);
    new Opening(request, session, subprotocol, agreed, loop.limits().maxMessageBytes()).complete();
    LOG.info("connected: path={}, connection={}", CARRIER, session.id());
  }

  // ---- from here on the connection is ours

  private Handshake handshake(HttpServerRequest request) {
    TrustedProxies.Origin origin = proxies.origin(request);
    return Handshake.of(
        request.method().name(),
        target(request),
        origin.secure(),
        origin.address(),
        request.headers());
  }

  private void open(
      HttpServerRequest request,
      Topic topic,
      List<Bound> candidates,
      List<ExtensionOffer> extensions) {
    Subprotocol subprotocol = Subprotocol.choose(request.headers());
    Handshake handshake = handshake(request);
    Session session =
        subprotocol.dialect == null
            ? new PlainSession(loop, handshake)
            : new MultiplexSession(
                loop, handshake, subprotocol.dialect, routes, topic.uri().length());
    SessionChannel channel = session.open(topic, candidates);
    int max =
        subprotocol.dialect == null
            ? channel.maxMessageBytes()
            : loop.limits().maxMessageBytes(); // and each topic has its own
    DeflateAgreement agreed =
        agree(subprotocol.dialect == null ? channel.settings() : RouteSettings.DEFAULT, extensions);
    Opening opening = new Opening(request, session, subprotocol, agreed, max);
    if (joinPhase(candidates) == JoinPhase.AFTER_UPGRADE) {
      opening.complete();
      if (!channel.hasLeft()) {
        channel.join().onFailure(e -> channel.carrier().onRefused(reason(e)));
      }
    } else {
      channel.join().onComplete(joined -> opening.complete(), e -> opening.refuse(reason(e)));
    }
  }

  /** What to say to offers of compression; null where the settings have it off. */
  private @Nullable DeflateAgreement agree(
      RouteSettings settings, List<ExtensionOffer> extensions) {
    return loop.compression(settings).isOff() ? null : DeflateAgreement.on(extensions);
  }

  private static void logJoined(SessionChannel channel) {
    if (LOG.isInfoEnabled()) {
      LOG.info(
          "joined: path={}, route={}, connection={}",
          channel.topic().path(),
          channel.routeName(),
          channel.connectionId());
    }
  }

  private static JoinPhase joinPhase(List<Bound> candidates) {
    return candidates.stream()
        .filter(one -> one.route().takes(ChannelEvent.Kind.JOIN))
        .findFirst()
        .orElse(candidates.get(0))
        .route()
        .settings()
        .joinPhase();
  }

  static CloseException reason(Throwable failure) {
    return failure instanceof CloseException close
        ? close
        : CloseException.http(500, "Internal Server Error");
  }

  /** One upgrade between its request and its answer. */
  private final class Opening {
    private final HttpServerRequest request;
    private final Session session;
    private final int maxMessageBytes;
    private final @Nullable DeflateAgreement agreed;
    private final TakeOver takeOver;
    private final MultiMap headers;
    private final Subprotocol subprotocol;
    private boolean answered;

    Opening(
        HttpServerRequest request,
        Session session,
        Subprotocol subprotocol,
        @Nullable DeflateAgreement agreed,
        int maxMessageBytes) {
      this.request = request;
      this.session = session;
      this.maxMessageBytes = maxMessageBytes;
      this.agreed = agreed;
      this.headers = request.headers();
      this.subprotocol = subprotocol;
      if (agreed != null) {
        session.onDeflateAgreed();
      }
      this.takeOver = new TakeOver(request);
      request.connection().closeHandler(closed -> onClosed());
    }

    private void onClosed() {
      if (!answered) {
        answered = true;
        session.onGone();
      }
    }

    void complete() {
      if (answered || !takeOver.isPossible()) {
        onClosed();
        return;
      }
      answered = true;
      Inflation inflation = agreed == null ? null : new Inflation(loop.zlib(), agreed);
      WebSocketTransport transport =
          new WebSocketTransport(session, maxMessageBytes + session.maxPrefixBytes(), inflation);
      takeOver.complete(head(headers, spoken(session, subprotocol), agreed), transport);
      session.start(transport);
      session.forEachChannel(Upgrader::logJoined);
    }

    void refuse(CloseException why) {
      if (answered) {
        return;
      }
      answered = true;
      session.onRefused();
      new HttpError(why.httpStatus(), why.reason()).answerAndClose(request);
    }
  }

  /** What its route and the client have agreed on, else what the server speaks by itself. */
  private static String spoken(Session session, Subprotocol chosen) {
    SessionChannel only = session.find(0);
    String own = chosen.spelled == null ? "" : chosen.spelled;
    return only == null ? own : only.offeredSubprotocol().orElse(own);
  }

  /** The 101 answer (RFC 6455, section 4.2.2). */
  private static String head(
      MultiMap headers, String subprotocol, @Nullable DeflateAgreement agreed) {
    String protocol =
        subprotocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: "
        + accept(headers.get("sec-websocket-key").trim())
        + "\r\n"
        + protocol
        + (agreed == null ? "" : "Sec-WebSocket-Extensions: " + agreed.answer() + "\r\n")
        + "\r\n";
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1").digest((key + ACCEPT_SUFFIX).getBytes(US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-1", e);
    }
  }
}
