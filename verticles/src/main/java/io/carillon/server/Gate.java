package io.carillon.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;

/**
 * Stands in the place of the HTTP decoder from the moment an upgrade request is seen until it is
 * answered. A client may not send anything in this time (RFC 6455, section 4.1): one that does is
 * cut off, because the decoder would take its frames for a request and read on out of step.
 */
final class Gate extends ChannelInboundHandlerAdapter {
  static final String NAME = "carillon.gate";
  private static final String HTTP_DECODER = "httpDecoder";

  private boolean early;

  /** Puts a gate where the decoder is, which hands on what it has read already. */
  static Gate close(ChannelPipeline pipeline) {
    Gate gate = new Gate();
    pipeline.replace(HTTP_DECODER, NAME, gate);
    return gate;
  }

  /** Whether the client sent something it may not. */
  boolean sawEarlyData() {
    return early;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf bytes)) {
      ctx.fireChannelRead(message); // the end of the request, which the decoder was about to say
      return;
    }
    early = early || bytes.isReadable();
    bytes.release();
    if (early) {
      ctx.close();
    }
  }
}
