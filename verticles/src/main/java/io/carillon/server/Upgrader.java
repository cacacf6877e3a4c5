package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.Identity;
import io.carillon.auth.WebSocketTokens;
import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.Dialect;
import io.carillon.route.JoinPhase;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
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
  private static final int KEY_BYTES = 16;
  private static final int TOO_MANY = 429;
  private static final Pattern ABSOLUTE =
      Pattern.compile("(?:http|ws)s?://", Pattern.CASE_INSENSITIVE);

  /** Where a client connects that subscribes to every topic, the first one too. */
  private static final String CARRIER = "/.multiplex";

  private final Loop loop;
  private final Access access;
  private final TrustedProxies proxies;
  private final Admission admission;
  private final SwitchingProtocols answers = new SwitchingProtocols();
  private final ErrorHandlers errors;

  Upgrader(
      Loop loop, Access access, TrustedProxies proxies, Admission admission, ErrorHandlers errors) {
    this.admission = admission;
    this.loop = loop;
    this.access = access;
    this.proxies = proxies;
    this.errors = errors;
  }

  /** Whether the request asks for a WebSocket, properly or not. */
  static boolean isAttempt(HttpServerRequest request) {
    return HttpMethod.GET.equals(request.method())
        && request.version() != HttpVersion.HTTP_2
        && hasToken(request.headers(), "upgrade", "websocket")
        && hasToken(request.headers(), "connection", "upgrade");
  }

  /** Finds out who sends a request that is no upgrade, for the application's own routes. */
  void identify(RoutingContext context) {
    access
        .identify(context, handshake(context.request()))
        .onComplete(
            known -> {
              known.attachTo(context);
              context.next();
            },
            e -> context.fail(reason(e).httpStatus(), e));
  }

  /** Who sends a request, for logs. */
  String address(HttpServerRequest request) {
    return proxies.origin(request).address();
  }

  /** Answers a request to an event route that is no upgrade, or to no route at all. */
  void refuse(HttpServerRequest request) {
    errors.answer(refusal(request), request);
  }

  private HttpError refusal(HttpServerRequest request) {
    if (request.uri().length() > HttpOptions.MAX_URI_BYTES) {
      loop.counters().count(Counters.Limit.MAX_URI_BYTES);
      return HttpError.URI_TOO_LONG;
    }
    try {
      if (access.find(Topic.of(target(request))) instanceof RouteTable.Lookup.NotFound) {
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

  /** Whether the request is for a one-time URI, a proper one or not. */
  static boolean isToken(HttpServerRequest request) {
    return WebSocketTokens.isBelow(target(request));
  }

  /**
   * Uses up the one-time URI of a request that could be upgraded; any other request is refused.
   *
   * @param next what becomes of the request then
   */
  void redeem(HttpServerRequest request, Consumer<Redeemed> next) {
    HttpError refusal = admission.refusal(request);
    HttpError error = refusal != null ? refusal : improper(request);
    if (error != null) {
      errors.answerAndClose(error, request);
      return;
    }
    access
        .redeem(target(request), proxies.origin(request).address())
        .onComplete(next::accept, e -> errors.answerAndClose(HttpError.of(reason(e)), request));
  }

  /**
   * Finds out who asks for an upgrade, ahead of the application's handlers; a page of another
   * origin does not get there.
   *
   * @param redeemed what the client has come by
   * @param next what becomes of the request then
   */
  void introduce(HttpServerRequest request, @Nullable Redeemed redeemed, Consumer<Arrival> next) {
    Handshake asked = handshake(request);
    if (isForeign(asked)) {
      access.unused(redeemed);
      errors.answerAndClose(HttpError.FOREIGN_ORIGIN, request);
      return;
    }
    access
        .open(request, redeemed == null ? asked : redeemed.in(asked))
        .onComplete(
            known -> next.accept(new Arrival(request, known, redeemed)),
            e -> {
              CloseException why = reason(e);
              loop.audit().refused(why, request.path(), "", asked.remoteAddress());
              access.unused(redeemed);
              errors.answerAndClose(HttpError.of(why), request);
            });
  }

  /** What is no topic or leads nowhere is refused as such, behind the handlers. */
  private boolean isForeign(Handshake asked) {
    try {
      Topic topic = Topic.of(asked.uri());
      if (topic.uri().equals(CARRIER)) {
        return !access.takesOriginSomewhere(topic, asked);
      }
      return access.find(topic) instanceof RouteTable.Lookup.Found found
          && !access.takesOrigin(topic, asked, found.candidates());
    } catch (IllegalArgumentException notATopic) {
      return false;
    }
  }

  /** The application's handlers have refused the request, or the client has gone meanwhile. */
  void unused(Arrival arrival) {
    access.unused(arrival.takeRedeemed());
  }

  /** Takes a request on that the application's handlers let pass. */
  void pass(HttpServerRequest request, Arrival arrival) {
    if (arrival.isOver()) {
      return;
    }
    Redeemed redeemed = arrival.takeRedeemed();
    HttpError refusal = redeemed == null ? admission.refusal(request) : null;
    HttpError error = refusal != null ? refusal : begin(request, arrival, redeemed);
    if (error != null) {
      access.unused(redeemed);
      errors.answerAndClose(error, request);
    }
  }

  /** Takes the request as far as it gets. */
  void upgrade(HttpServerRequest request) {
    HttpError refusal = admission.refusal(request);
    if (refusal != null) {
      errors.answerAndClose(refusal, request);
    } else {
      upgrade(request, null);
    }
  }

  /**
   * As above, for a request that has come in already.
   *
   * @param redeemed what the client has come by
   */
  void upgrade(HttpServerRequest request, @Nullable Redeemed redeemed) {
    HttpError error = begin(request, null, redeemed);
    if (error != null) {
      access.unused(redeemed);
      errors.answerAndClose(error, request);
    }
  }

  /** Begins to open the connection; says why it does not, or null. */
  private @Nullable HttpError begin(
      HttpServerRequest request, @Nullable Arrival arrival, @Nullable Redeemed redeemed) {
    if (request.uri().length() > HttpOptions.MAX_URI_BYTES) {
      loop.counters().count(Counters.Limit.MAX_URI_BYTES);
      return HttpError.URI_TOO_LONG;
    }
    Topic topic;
    List<ExtensionOffer> extensions;
    try {
      topic = Topic.of(target(request));
      extensions = ExtensionOffer.parse(request.headers().getAll("sec-websocket-extensions"));
    } catch (IllegalArgumentException e) {
      return new HttpError(400, String.valueOf(e.getMessage()));
    }
    if (topic.uri().equals(CARRIER)) {
      return carrier(topic, request, arrival, extensions);
    }
    RouteTable.Lookup lookup = access.find(topic);
    if (!(lookup instanceof RouteTable.Lookup.Found found)) {
      return refusal(lookup);
    }
    HttpError improper = improper(request);
    if (improper != null) {
      return improper;
    }
    Handshake handshake = handshake(request);
    if (!access.takesOrigin(topic, handshake, found.candidates())) {
      return HttpError.FOREIGN_ORIGIN;
    }
    Opening opening = opening(request, arrival, handshake, extensions);
    identified(request, arrival, redeemed == null ? handshake : redeemed.in(handshake))
        .compose(known -> access.permit(topic, known, found.candidates()).map(known))
        .onComplete(
            known -> open(opening, topic, known, found.candidates(), redeemed),
            e -> {
              opening.refuse(reason(e));
              access.unused(redeemed);
            });
    return null;
  }

  private static HttpError refusal(RouteTable.Lookup lookup) {
    return lookup instanceof RouteTable.Lookup.Missing missing
        ? new HttpError(400, "query parameter missing: " + missing.parameter())
        : HttpError.NOT_FOUND;
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
    if (TakeOver.isBehindAnother(request)) {
      return new HttpError(400, "an upgrade must not be sent behind an unanswered request");
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

  /** Whether a header that is a comma list, and may be repeated, has that entry. */
  private static boolean hasToken(MultiMap headers, String name, String token) {
    for (String value : headers.getAll(name)) {
      int from = 0;
      while (from <= value.length()) {
        int comma = value.indexOf(',', from);
        int to = comma < 0 ? value.length() : comma;
        if (isToken(value, from, to, token)) {
          return true;
        }
        from = to + 1;
      }
    }
    return false;
  }

  private static boolean isToken(String value, int from, int to, String token) {
    int first = from;
    int end = to;
    while (first < end && value.charAt(first) <= ' ') {
      first++;
    }
    while (first < end && value.charAt(end - 1) <= ' ') {
      end--;
    }
    return end - first == token.length()
        && value.regionMatches(true, first, token, 0, token.length());
  }

  /** A connection that begins without a topic. */
  private @Nullable HttpError carrier(
      Topic topic,
      HttpServerRequest request,
      @Nullable Arrival arrival,
      List<ExtensionOffer> extensions) {
    Handshake handshake = handshake(request);
    Offer offer = Offer.chooseExtension(handshake);
    HttpError improper =
        offer.dialect() == null
            ? new HttpError(400, "the subprotocol carillon.v1 is needed here")
            : improper(request);
    if (improper == null && !access.takesOriginSomewhere(topic, handshake)) {
      improper = HttpError.FOREIGN_ORIGIN;
    }
    if (improper != null) {
      return improper;
    }
    Opening opening = opening(request, arrival, handshake, extensions);
    identified(request, arrival, handshake)
        .onComplete(known -> open(opening, known, offer), e -> opening.refuse(reason(e)));
    return null;
  }

  private void open(Opening opening, Handshake handshake, Offer offer) {
    if (opening.isOver()) {
      return;
    }
    Session session = new MultiplexSession(loop, handshake, Dialect.CARILLON_V1, access, "");
    opening.lead(session, offer);
    reachable(opening, session)
        .onSuccess(
            ready -> {
              opening.complete();
              LOG.info("connected: path={}, connection={}", CARRIER, session.id());
            });
  }

  /**
   * Makes a connection known under its session and its user, if it has any.
   *
   * @return fails when the connection may not be; it has been refused then
   */
  private static Future<Void> reachable(Opening opening, Session session) {
    if (session.handshake().identity() == Identity.ANONYMOUS) {
      return Future.succeededFuture();
    }
    return session
        .loop()
        .reachable()
        .add(session)
        .compose(
            known ->
                opening.isOver()
                    ? Future.failedFuture(new CloseException(CloseStatus.GOING_AWAY))
                    : Future.<Void>succeededFuture())
        .onFailure(
            e -> {
              CloseException why = reason(e);
              if (why.httpStatus() == TOO_MANY) {
                // Behind the upgrade, because a browser cannot read the status of a refused one.
                session.end(why.status());
                opening.complete();
              } else {
                opening.refuse(why);
              }
            });
  }

  // ---- from here on the connection is ours

  private Handshake handshake(HttpServerRequest request) {
    TrustedProxies.Origin origin = proxies.origin(request);
    return Handshake.of(
        request.method().name(),
        target(request),
        origin.secure(),
        origin.address(),
        headers(request, origin.host()));
  }

  /** What a proxy has put into the place of the host that the client asked for is put right. */
  private static MultiMap headers(HttpServerRequest request, @Nullable String host) {
    return host == null
        ? request.headers()
        : MultiMap.caseInsensitiveMultiMap().addAll(request.headers()).set("host", host);
  }

  /** Who asks is known already where the application's handlers have been told. */
  private Future<Handshake> identified(
      HttpServerRequest request, @Nullable Arrival arrival, Handshake handshake) {
    if (arrival == null) {
      return access.open(request, handshake);
    }
    Handshake known = arrival.handshake();
    // They may have sent the request on to another URI.
    return Future.succeededFuture(
        known.uri().equals(handshake.uri()) ? known : handshake.with(known.identity()));
  }

  private Opening opening(
      HttpServerRequest request,
      @Nullable Arrival arrival,
      Handshake handshake,
      List<ExtensionOffer> extensions) {
    return new Opening(
        loop,
        request,
        arrival,
        handshake,
        extensions,
        answers,
        error -> errors.answerAndClose(error, request));
  }

  private void open(
      Opening opening,
      Topic topic,
      Handshake handshake,
      List<Bound> candidates,
      @Nullable Redeemed redeemed) {
    if (opening.isOver()) {
      access.unused(redeemed);
      return;
    }
    Offer offer = Offer.choose(handshake, candidates);
    Dialect dialect = offer.dialect();
    Session session =
        dialect == null
            ? new PlainSession(loop, handshake)
            : new MultiplexSession(loop, handshake, dialect, access, handshake.uri());
    opening.lead(session, offer);
    SessionChannel channel = session.open(topic, candidates);
    reachable(opening, session)
        .onComplete(ready -> join(opening, channel, candidates), e -> access.unused(redeemed));
  }

  private static void join(Opening opening, SessionChannel channel, List<Bound> candidates) {
    if (joinPhase(candidates) == JoinPhase.AFTER_UPGRADE) {
      opening.complete();
      if (!channel.hasLeft()) {
        channel.join().onFailure(e -> channel.carrier().onRefused(reason(e)));
      }
    } else {
      channel.join().onComplete(joined -> opening.complete(), e -> opening.refuse(reason(e)));
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
}
