package io.carillon.auth;

import io.carillon.broker.Addresses;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;

/**
 * Issues one-time URIs to clients that have authenticated on an HTTP route of the application, for
 * browsers, which cannot set headers on a WebSocket request.
 *
 * <pre>{@code
 * router.post("/updates/listen").handler(ctx ->
 *     WebSocketTokens.of(vertx).respond(ctx, new Guest(ctx.body().asJsonObject().getString("name"))));
 *
 * routes.route("/updates/listen", String.class, String.class)
 *     .needsToken(Guest.class)
 *     .message((ch, text) -> ch.broadcast(ch.token(Guest.class).orElseThrow().name() + ": " + text));
 * }</pre>
 *
 * <p>The URI is {@code /websocket/token/} and 22 letters and digits. A client that opens a
 * WebSocket there, or subscribes to it, on any node, gets what it stands for: the bound URI, and
 * the data in every event. It does so once and within 30 s by default. If it does not, or is
 * refused then, the leave handler of the bound URI runs, once in the cluster, with {@code
 * NEVER_JOINED} and the data: so every URI that was issued comes to exactly one leave.
 *
 * <p>May be used from any thread.
 */
public final class WebSocketTokens {
  /** What every one-time URI begins with. */
  public static final String PREFIX = "/websocket/token/";

  private final Vertx vertx;

  private WebSocketTokens(Vertx vertx) {
    this.vertx = vertx;
  }

  /** The tokens of the server that runs on {@code vertx}. */
  public static WebSocketTokens of(Vertx vertx) {
    return new WebSocketTokens(vertx);
  }

  /** Issues a URI for the one of the request itself, with its query. */
  public Future<String> issue(RoutingContext context, Object data) {
    return issue(context, Handshake.of(context).uri(), data);
  }

  /**
   * Issues a one-time URI.
   *
   * @param context the request of the client, whose address and user it is counted for, and whose
   *     {@link RequestCache} goes along
   * @param uri what it stands for: path and query of an event route
   * @param data a record, or another value that JSON can hold; at most 16 KiB by default
   * @return {@code /websocket/token/...}; fails with {@link HttpException}: 400 if {@code uri} is
   *     no topic that can be joined, 413 if there is too much data, 429 if the address or the user
   *     has too many that are not used yet, 503 if the server has
   * @throws IllegalArgumentException if the data cannot be written as JSON
   */
  public Future<String> issue(RoutingContext context, String uri, Object data) {
    Handshake handshake = Handshake.of(context);
    TokenData token = TokenData.of(data, RequestCache.of(context), handshake.identity());
    JsonObject request = token.toJson().put("uri", uri).put("address", handshake.remoteAddress());
    return vertx
        .eventBus()
        .<String>request(Addresses.TOKENS, request, new DeliveryOptions().setLocalOnly(true))
        .map(Message::body)
        .recover(failure -> Future.failedFuture(refusal(failure)));
  }

  private static HttpException refusal(Throwable failure) {
    return failure instanceof ReplyException reply
            && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE
        ? new HttpException(reply.failureCode(), reply.getMessage())
        : new HttpException(503, "tokens cannot be issued", failure);
  }

  /** Issues a URI for the one of the request itself, and answers with it: 200 and plain text. */
  public Future<Void> respond(RoutingContext context, Object data) {
    return respond(context, Handshake.of(context).uri(), data);
  }

  /**
   * Issues a one-time URI and answers the request with it; where that fails, with the status that
   * says why.
   *
   * @return completes when there is a URI, and the answer is on its way; fails as {@link #issue}
   */
  public Future<Void> respond(RoutingContext context, String uri, Object data) {
    return issue(context, uri, data)
        .onFailure(context::fail)
        .onSuccess(
            issued ->
                context
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain;charset=utf-8")
                    .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                    .end(issued))
        .mapEmpty();
  }

  /** Whether a path, or path and query, is below the one of one-time URIs. */
  public static boolean isBelow(String uri) {
    return uri.startsWith(PREFIX);
  }
}
