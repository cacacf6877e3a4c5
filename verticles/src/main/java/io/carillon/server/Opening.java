package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.channel.CloseException;
import io.carillon.route.Rate;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One upgrade between its request and its answer. From its making on nothing more is read from the
 * client; it ends once: with the 101, with a refusal, or because the client has gone.
 *
 * <p>Owned by one event loop.
 */
final class Opening {
  private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

  private final Loop loop;
  private final HttpServerRequest request;
  private final @Nullable Arrival arrival;
  private final Handshake asked;
  private final List<ExtensionOffer> extensions;
  private final SwitchingProtocols answers;
  private final Consumer<HttpError> refusals;
  private final TakeOver takeOver;
  private @Nullable Session session;
  private @Nullable Offer offer;
  private boolean over;

  /**
   * Begins.
   *
   * @param arrival how the application's handlers know the request; null if they do not
   * @param asked what it says
   * @param refusals answers the request with an error
   */
  Opening(
      Loop loop,
      HttpServerRequest request,
      @Nullable Arrival arrival,
      Handshake asked,
      List<ExtensionOffer> extensions,
      SwitchingProtocols answers,
      Consumer<HttpError> refusals) {
    this.loop = loop;
    this.request = request;
    this.arrival = arrival;
    this.asked = asked;
    this.extensions = extensions;
    this.answers = answers;
    this.refusals = refusals;
    this.takeOver = new TakeOver(request);
    request.connection().closeHandler(closed -> onClosed());
  }

  /** Whether there is nothing left to answer. */
  boolean isOver() {
    return over;
  }

  /** What the connection becomes if all goes well; told from now on when it does not. */
  void lead(Session to, Offer taken) {
    session = to;
    offer = taken;
  }

  private void onClosed() {
    if (!over) {
      over = true;
      if (session != null) {
        session.onGone();
      }
    }
  }

  /** Answers 101 and hands the connection over to the session. */
  void complete() {
    Session ready = session;
    Offer taken = offer;
    if (over || ready == null || taken == null || !takeOver.isPossible()) {
      onClosed();
      return;
    }
    over = true;
    DeflateAgreement agreed =
        loop.compression(ready.settings()).isOff() ? null : DeflateAgreement.on(extensions);
    if (agreed != null) {
      ready.onDeflateAgreed();
    }
    Inflation inflation = agreed == null ? null : new Inflation(loop.zlib(), agreed);
    Rate own = ready.settings().rate();
    Rate rate = own == null ? loop.limits().rate() : own;
    WebSocketTransport transport =
        new WebSocketTransport(ready, ready.maxMessageBytes(), inflation, rate);
    if (arrival != null) {
      arrival.beforeHead();
    }
    takeOver.complete(answers.head(request, subprotocol(ready, taken), agreed), transport);
    ready.start(transport);
    if (!ready.isEnding()) {
      ready.forEachChannel(Opening::logJoined);
    }
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

  /** Which candidate of the route has taken the client is known only now. */
  private static @Nullable String subprotocol(Session session, Offer offer) {
    return offer.dialect() != null || offer.isPlain() ? offer.spelled() : session.subprotocol();
  }

  /** Answers with an error, and closes. */
  void refuse(CloseException why) {
    if (over) {
      return;
    }
    over = true;
    if (session != null) {
      session.onRefused();
    } else {
      loop.audit().refused(why, request.path(), "", asked.remoteAddress());
    }
    refusals.accept(HttpError.of(why));
  }
}
