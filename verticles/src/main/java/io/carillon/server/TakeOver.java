package io.carillon.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.List;

/**
 * Takes a connection from Vert.x' HTTP server over into our own WebSocket layer, on the same event
 * loop. This is the one class that knows how Vert.x sets up its pipeline.
 *
 * <p>Order matters. The 101 answer goes out from below the HTTP encoder. Then Vert.x' own handler
 * is told that the connection is closed, so that its accounting is right, and removed: it holds the
 * 14 KB of objects that an HTTP connection is made of. What is specific to HTTP goes, TLS stays,
 * and the WebSocket transport takes the place of the {@link Gate}.
 */
final class TakeOver {
  static final String VERTX_HANDLER = "handler";
  private static final List<String> HTTP_HANDLERS =
      List.of(
          "httpEncoder",
          "inflater",
          "deflater",
          "chunkedWriter",
          "idle",
          "logging",
          Pipelining.NAME);

  private final ChannelHandlerContext vertxContext;
  private final Gate gate;

  /**
   * Begins with a request that has not been answered; nothing more is read as HTTP from now on.
   *
   * @throws IllegalStateException if the connection is not one that can be taken over
   */
  TakeOver(HttpServerRequest request) {
    if (!(request.connection() instanceof HttpServerConnection connection)) {
      throw new IllegalStateException("not a connection of the HTTP server");
    }
    this.vertxContext = connection.channelHandlerContext();
    this.gate = Gate.close(vertxContext.pipeline());
  }

  /** Whether the request was read while the one before it was unanswered. */
  static boolean isBehindAnother(HttpServerRequest request) {
    return request.connection() instanceof HttpServerConnection connection
        && Pipelining.isAhead(connection.channelHandlerContext().pipeline());
  }

  /** Looks from a request that is no upgrade on for those that are read ahead of their turn. */
  static void watch(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2
        && request.connection() instanceof HttpServerConnection connection) {
      Pipelining.watch(connection.channelHandlerContext().pipeline());
    }
  }

  /** Whether the client is still there and has kept to the rules so far. */
  boolean isPossible() {
    return vertxContext.channel().isActive() && !gate.sawEarlyData();
  }

  /** Answers 101 with {@code head} and puts {@code transport} in charge. */
  void complete(String head, WebSocketTransport transport) {
    ChannelPipeline pipeline = vertxContext.pipeline();
    ByteBuf answer = vertxContext.alloc().directBuffer(head.length());
    answer.writeCharSequence(head, US_ASCII);
    ChannelHandlerContext below = pipeline.context(gate);
    below.write(answer, below.voidPromise());
    closeVertxHandler(pipeline);
    HTTP_HANDLERS.forEach(name -> removeIfPresent(pipeline, name));
    pipeline.replace(gate, "carillon.websocket", transport);
    pipeline.flush();
  }

  private static void closeVertxHandler(ChannelPipeline pipeline) {
    ChannelHandlerContext context = pipeline.context(VERTX_HANDLER);
    try {
      ((ChannelInboundHandler) context.handler()).channelInactive(context);
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP connection could not be closed", e);
    }
    pipeline.remove(VERTX_HANDLER);
  }

  private static void removeIfPresent(ChannelPipeline pipeline, String name) {
    if (pipeline.context(name) != null) {
      pipeline.remove(name);
    }
  }
}
