package io.carillon.server;

import io.carillon.auth.Handshake;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.http.HttpServerRequestWrapper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upgrade on its way through the application's handlers, with what is known of it already.
 *
 * <p>Vert.x tells those who want to put headers on a response when it writes it. It never writes a
 * 101, so they are told here. Owned by one event loop.
 */
final class Arrival extends HttpServerRequestWrapper {
  private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);

  private final Handshake handshake;
  private final HttpServerResponse response;
  private final boolean byToken;
  private @Nullable Redeemed redeemed;
  private @Nullable Handler<?> headersEnd;

  Arrival(HttpServerRequest request, Handshake handshake, @Nullable Redeemed redeemed) {
    super((HttpServerRequestInternal) request);
    this.handshake = handshake;
    this.redeemed = redeemed;
    this.byToken = redeemed != null;
    this.response = overheard(request.response());
  }

  /** The same response, of which the handler for the end of its headers is known here too. */
  private HttpServerResponse overheard(HttpServerResponse real) {
    return (HttpServerResponse)
        Proxy.newProxyInstance(
            HttpServerResponse.class.getClassLoader(),
            new Class<?>[] {HttpServerResponse.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("headersEndHandler")) {
                headersEnd = (Handler<?>) arguments[0];
              }
              try {
                Object result = method.invoke(real, arguments);
                return result == real ? proxy : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public HttpServerResponse response() {
    return response;
  }

  /** Who sends it. */
  Handshake handshake() {
    return handshake;
  }

  /** Whether its one-time URI came to nothing, because the client has gone. */
  boolean isOver() {
    return byToken && redeemed == null;
  }

  /** What it came by; once, and null from then on. */
  @Nullable Redeemed takeRedeemed() {
    Redeemed taken = redeemed;
    redeemed = null;
    return taken;
  }

  /** Now headers are put on the response, or never. */
  void beforeHead() {
    Handler<?> handler = headersEnd;
    headersEnd = null;
    if (handler != null) {
      try {
        handler.handle(null);
      } catch (RuntimeException e) {
        LOG.error("headers-end handler failed: path={}", handshake, e);
      }
    }
  }
}
