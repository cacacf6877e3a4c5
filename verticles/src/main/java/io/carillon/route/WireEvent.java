package io.carillon.route;

import io.carillon.broker.Addresses;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.channel.Params;
import io.carillon.channel.Peer;
import io.carillon.codec.Payload;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An event that came in the documented form, from an HTTP verticle on another node. */
final class WireEvent implements ChannelEvent {
  private final @Nullable Message<Object> message;
  private final Kind kind;
  private final String route;
  private final int rank;
  private final Params params;
  private final Object runner;
  private final WirePeer peer;
  private final @Nullable LeaveStatus status;
  private final @Nullable CloseException failure;
  private final AtomicBoolean answered = new AtomicBoolean();

  WireEvent(
      @Nullable Message<Object> message,
      Kind kind,
      String route,
      int rank,
      Params params,
      Object runner,
      WirePeer peer,
      @Nullable LeaveStatus status,
      @Nullable CloseException failure) {
    this.message = message;
    this.kind = kind;
    this.route = route;
    this.rank = rank;
    this.params = params;
    this.runner = runner;
    this.peer = peer;
    this.status = status;
    this.failure = failure;
  }

  @Override
  public Kind kind() {
    return kind;
  }

  @Override
  public String route() {
    return route;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public Params params() {
    return params;
  }

  @Override
  public Peer peer() {
    return peer;
  }

  @Override
  public @Nullable Payload payload() {
    Object body = message == null ? null : message.body();
    if (body == null) {
      return null;
    }
    return body instanceof Buffer buffer ? Payload.binary(buffer) : Payload.text(body.toString());
  }

  @Override
  public @Nullable LeaveStatus status() {
    return status;
  }

  @Override
  public @Nullable CloseException failure() {
    return failure;
  }

  @Override
  public @Nullable Object attachment() {
    return peer.attachment(runner);
  }

  @Override
  public void attach(Object value) {
    peer.attach(runner, value);
  }

  @Override
  public void succeed() {
    if (mayAnswer()) {
      message().reply(null);
    }
  }

  @Override
  public void answer(Payload payload) {
    if (mayAnswer()) {
      message().reply(payload.toBody());
    }
  }

  @Override
  public void fail(CloseException failure) {
    if (mayAnswer()) {
      message().fail(failure.wireCode(), failure.reason());
    }
  }

  @Override
  public void forward() {
    if (mayAnswer()) {
      message()
          .reply(
              null, new DeliveryOptions().addHeader(Addresses.OUTCOME, Addresses.OUTCOME_FORWARD));
    }
  }

  @Override
  public void decline(CloseException why) {
    if (mayAnswer()) {
      message()
          .reply(
              null,
              new DeliveryOptions()
                  .addHeader(Addresses.OUTCOME, Addresses.OUTCOME_FORWARD)
                  .addHeader(Addresses.CODE, Integer.toString(why.wireCode()))
                  .addHeader(Addresses.REASON, why.reason()));
    }
  }

  /** Nobody waits for the answer where the node that asked is lost. */
  private boolean mayAnswer() {
    return message != null && answered.compareAndSet(false, true);
  }

  private Message<Object> message() {
    return Objects.requireNonNull(message);
  }
}
