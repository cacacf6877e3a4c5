package io.carillon.broker;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Carries Java objects over the event bus of one JVM as they are. A consumer on another node never
 * gets them: every message with these options stays local.
 *
 * <pre>{@code
 * vertx.eventBus().send(address, publication, ByReference.options(vertx));
 * }</pre>
 */
public final class ByReference implements MessageCodec<Object, Object> {
  private static final String NAME = "carillon.by-reference";

  private ByReference() {}

  /** Returns options for a message that stays in this JVM and is not copied. */
  public static DeliveryOptions options(Vertx vertx) {
    try {
      vertx.eventBus().registerCodec(new ByReference());
    } catch (IllegalStateException alreadyThere) {
      // One registration for each Vert.x; the bus has no way to ask first.
    }
    return new DeliveryOptions().setLocalOnly(true).setCodecName(NAME);
  }

  @Override
  public void encodeToWire(Buffer buffer, Object value) {
    throw new UnsupportedOperationException("by-reference messages stay in their JVM");
  }

  @Override
  public Object decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("by-reference messages stay in their JVM");
  }

  @Override
  public Object transform(Object value) {
    return value;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
