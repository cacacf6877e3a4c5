package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.broker.ByReference;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.RouteSettings;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sends events to handler instances: as they are to those of this JVM that take objects, in the
 * documented form of the bus contract to all others. Owned by one event loop.
 */
final class Dispatcher {
  private final Vertx vertx;
  private final String node;
  private final String ownAddress;
  private final Limits limits;
  private final long thread = Thread.currentThread().getId();
  private final DeliveryOptions byReference;

  Dispatcher(Vertx vertx, String node, String ownAddress, Limits limits) {
    this.vertx = vertx;
    this.node = node;
    this.ownAddress = ownAddress;
    this.limits = limits;
    this.byReference = ByReference.options(vertx);
  }

  /** Sends an event to the instance that its channel is bound to, or will be from now on. */
  void send(Event event) {
    Instance instance = event.bound().instance(node, thread, event.channel()::isServedBy);
    if (instance == null && event.kind() == ChannelEvent.Kind.LEAVE) {
      event.succeed(); // nobody is left to hear it
    } else if (instance == null) {
      event.fail(CloseException.http(503, "no handler"));
    } else if (instance.takesObjects()) {
      event.bound().introduce();
      vertx.eventBus().send(instance.address(), event, byReference);
    } else {
      sendPlain(event, instance);
    }
  }

  /** Chooses the instance now, at which a channel without a join handler is not known yet. */
  void bind(SessionChannel channel, Bound bound) {
    bound.instance(node, thread, channel::isServedBy);
  }

  /** How long an event of this route may be in a handler; a join is part of the handshake too. */
  Duration timeout(Event event) {
    Duration timeout = timeout(event.bound().route().settings());
    Duration handshake = limits.handshakeTimeout();
    boolean shorter = event.kind() == ChannelEvent.Kind.JOIN && handshake.compareTo(timeout) < 0;
    return shorter ? handshake : timeout;
  }

  /** How long a handler of a route may leave others waiting. */
  Duration timeout(RouteSettings settings) {
    long own = settings.handlerTimeoutMillis();
    return own > 0 ? Duration.ofMillis(own) : limits.handlerTimeout();
  }

  private void sendPlain(Event event, Instance instance) {
    vertx
        .eventBus()
        .request(instance.address(), body(event), options(event))
        .onComplete(reply -> onReply(event, reply), failure -> onFailure(event, failure));
  }

  private static @Nullable Object body(Event event) {
    Payload payload = event.payload();
    return payload == null ? null : payload.toBody();
  }

  private DeliveryOptions options(Event event) {
    SessionChannel channel = event.channel();
    DeliveryOptions options =
        new DeliveryOptions()
            .setSendTimeout(timeout(event).toMillis())
            .addHeader(Addresses.VERSION, Addresses.CONTRACT_VERSION)
            .addHeader(Addresses.EVENT, event.kind().wireName())
            .addHeader(Addresses.ROUTE, event.route())
            .addHeader(Addresses.RANK, Integer.toString(event.rank()))
            .addHeader(Addresses.TOPIC, channel.topic().uri())
            .addHeader(Addresses.CHANNEL, channel.id())
            .addHeader(Addresses.CONNECTION, channel.connectionId())
            .addHeader(Addresses.CLIENT, ownAddress)
            .addHeader(Addresses.PARAMETERS, parameters(event).encode());
    if (event.bound().introduce()) {
      options.addHeader(Addresses.HANDSHAKE, channel.handshake().toJson().encode());
    }
    CloseException why = event.failure();
    if (why != null) {
      options
          .addHeader(Addresses.FAILURE, Integer.toString(why.wireCode()))
          .addHeader(Addresses.FAILURE_REASON, why.reason());
    }
    LeaveStatus status = event.status();
    if (event.kind() == ChannelEvent.Kind.LEAVE && status != null) {
      options
          .addHeader(Addresses.KIND, status.kind().wireName())
          .addHeader(Addresses.CODE, Integer.toString(status.closeStatus().code()))
          .addHeader(Addresses.REASON, status.closeStatus().reason());
    }
    return options;
  }

  private static JsonObject parameters(Event event) {
    Map<String, Object> values = new HashMap<>(event.params().asMap());
    return new JsonObject(values);
  }

  private static void onReply(Event event, Message<Object> reply) {
    if (Addresses.OUTCOME_FORWARD.equals(reply.headers().get(Addresses.OUTCOME))) {
      String why = reply.headers().get(Addresses.REASON);
      if (why != null && event.kind() == ChannelEvent.Kind.JOIN) {
        String code = reply.headers().get(Addresses.CODE);
        event.decline(CloseException.ofWire(code == null ? 400 : number(code), why));
      } else {
        event.forward();
      }
    } else if (event.kind() == ChannelEvent.Kind.REQUEST && reply.body() != null) {
      event.answer(event.channel().inOwnEncoding(Codec.payloadOf(reply.body())));
    } else {
      event.succeed();
    }
  }

  /** What is none becomes 1011, as any unknown code does. */
  private static int number(String code) {
    try {
      return Integer.parseInt(code);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** A leave that nobody hears any more is over; what else nobody hears has failed. */
  private static void onFailure(Event event, Throwable failure) {
    boolean refused =
        failure instanceof ReplyException reply
            && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE;
    if (event.kind() == ChannelEvent.Kind.LEAVE && !refused) {
      event.succeed();
    } else {
      event.fail(refusal(failure));
    }
  }

  /** What a failed request means; see the table in {@code docs/bus.md}. */
  private static CloseException refusal(Throwable failure) {
    if (!(failure instanceof ReplyException reply)) {
      return new CloseException(CloseStatus.INTERNAL_SERVER_ERROR);
    }
    return switch (reply.failureType()) {
      case NO_HANDLERS -> CloseException.http(503, "no handler");
      case TIMEOUT -> CloseException.http(504, "handler timed out");
      case RECIPIENT_FAILURE ->
          CloseException.ofWire(
              reply.failureCode(), Objects.requireNonNullElse(reply.getMessage(), ""));
      default -> new CloseException(CloseStatus.INTERNAL_SERVER_ERROR);
    };
  }
}
