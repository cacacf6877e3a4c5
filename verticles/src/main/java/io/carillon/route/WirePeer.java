package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.broker.Addresses;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.channel.Frame;
import io.carillon.channel.Locals;
import io.carillon.channel.MessageStream;
import io.carillon.channel.Peer;
import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a channel whose connection is on another node: sends and closes are messages
 * to the HTTP verticle that has it. Also keeps what handlers attached to the channel here.
 */
final class WirePeer implements Peer {
  /** What the way over the bus may take beside the time that the client has, in milliseconds. */
  private static final long GRACE_MILLIS = 1_000;

  private final EventBus bus;
  private final String client;
  private final String id;
  private final String connectionId;
  private final Topic topic;
  private volatile Handshake handshake;
  private final Map<Object, Object> attachments = new HashMap<>(2);
  private final Locals locals = new Locals();
  private final Locals connectionLocals;
  private volatile boolean open = true;

  /**
   * @param shared what channels of the connection share; null for a channel that is all of it
   */
  WirePeer(
      EventBus bus,
      String client,
      String id,
      String connectionId,
      Topic topic,
      Handshake handshake,
      @Nullable Locals shared) {
    this.bus = bus;
    this.client = client;
    this.id = id;
    this.connectionId = connectionId;
    this.topic = topic;
    this.handshake = handshake;
    this.connectionLocals = shared == null ? locals : shared;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String connectionId() {
    return connectionId;
  }

  @Override
  public Topic topic() {
    return topic;
  }

  @Override
  public Handshake handshake() {
    return handshake;
  }

  /** The client has said anew who it is. */
  void handshake(Handshake news) {
    handshake = news;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public Locals locals() {
    return locals;
  }

  @Override
  public Locals connectionLocals() {
    return connectionLocals;
  }

  /** Completes when the other node has queued the message. */
  @Override
  public Future<Void> send(Payload payload) {
    if (!open) {
      return Future.failedFuture(closed());
    }
    return bus.<Void>request(client, payload.toBody(), action(Addresses.ACTION_SEND))
        .<Void>mapEmpty()
        .recover(failure -> Future.failedFuture(refusal(failure)));
  }

  @Override
  public MessageStream stream(boolean text) {
    throw CloseException.http(501, "a message is streamed on the node of its client only");
  }

  @Override
  public Future<Payload> request(Payload payload, long timeoutMillis) {
    if (!open) {
      return Future.failedFuture(closed());
    }
    DeliveryOptions options =
        action(Addresses.ACTION_REQUEST)
            .addHeader(Addresses.TIMEOUT, Long.toString(timeoutMillis))
            .setSendTimeout(timeoutMillis + GRACE_MILLIS);
    return bus.<Object>request(client, payload.toBody(), options)
        .map(reply -> Codec.payloadOf(reply.body()))
        .recover(failure -> Future.failedFuture(requestFailure(failure)));
  }

  private static CloseException requestFailure(Throwable failure) {
    if (failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE) {
      return CloseException.ofWire(reply.failureCode(), String.valueOf(reply.getMessage()));
    }
    return failure instanceof ReplyException reply && reply.failureType() == ReplyFailure.TIMEOUT
        ? CloseException.http(504, "no answer")
        : closed();
  }

  @Override
  public Future<Void> control(Frame frame) {
    if (frame instanceof Frame.Close end) {
      close(end.status());
      return Future.succeededFuture();
    }
    return Future.failedFuture(CloseException.http(501, "pings and pongs do not cross nodes"));
  }

  @Override
  public void close(CloseStatus status) {
    if (open) {
      open = false;
      bus.send(
          client,
          null,
          action(Addresses.ACTION_CLOSE)
              .addHeader(Addresses.CODE, Integer.toString(status.code()))
              .addHeader(Addresses.REASON, status.reason()));
    }
  }

  void left() {
    open = false;
  }

  /** The channels that handlers of this peer were given, one for each route that knows it. */
  Collection<Object> attached() {
    return attachments.values();
  }

  /** The runners of those routes. */
  List<Object> runners() {
    return List.copyOf(attachments.keySet());
  }

  @Nullable Object attachment(Object runner) {
    return attachments.get(runner);
  }

  void attach(Object runner, Object value) {
    attachments.put(runner, value);
  }

  private DeliveryOptions action(String action) {
    return new DeliveryOptions()
        .addHeader(Addresses.VERSION, Addresses.CONTRACT_VERSION)
        .addHeader(Addresses.ACTION, action)
        .addHeader(Addresses.CHANNEL, id);
  }

  private static RuntimeException refusal(Throwable failure) {
    if (failure instanceof ReplyException reply && reply.failureCode() == Addresses.DROPPED) {
      return new DroppedException();
    }
    return failure instanceof ReplyException reply
            && reply.failureCode() == CloseStatus.AGAIN.code()
        ? new CloseException(CloseStatus.AGAIN.withReason("slow consumer"))
        : closed();
  }

  private static CloseException closed() {
    return new CloseException(CloseStatus.GOING_AWAY.withReason("closed"));
  }
}
