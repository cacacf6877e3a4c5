package io.carillon.server;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Knows of a connection whose first request was no upgrade whether a later one was read ahead of
 * its turn. What a client sends behind such a request has been taken for HTTP by the time it is
 * answered, so it cannot become a WebSocket.
 */
final class Pipelining extends ChannelDuplexHandler {
  static final String NAME = "carillon.pipelining";

  private int unanswered = 1; // the request that this was installed for
  private boolean ahead;

  /** Begins with a request that is no upgrade; nothing happens where that was done before. */
  static void watch(ChannelPipeline pipeline) {
    if (pipeline.context(NAME) == null && pipeline.context(TakeOver.VERTX_HANDLER) != null) {
      pipeline.addBefore(TakeOver.VERTX_HANDLER, NAME, new Pipelining());
    }
  }

  /** Whether the request that was read last was ahead of its turn. */
  static boolean isAhead(ChannelPipeline pipeline) {
    return pipeline.get(NAME) instanceof Pipelining one && one.ahead;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpRequest) {
      ahead = unanswered > 0;
      unanswered++;
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof LastHttpContent) {
      unanswered--;
    }
    ctx.write(message, promise);
  }
}
