package io.carillon.bridge;

import io.carillon.broker.Addresses;
import io.carillon.broker.BrokerException;
import io.carillon.broker.Clients;
import io.carillon.broker.Joined;
import io.carillon.broker.JoinedPage;
import io.carillon.broker.Reached;
import io.carillon.broker.Target;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link Clients} for a verticle that knows nothing but the event bus. */
final class Sends implements Handler<Message<Object>> {
  private static final Logger LOG = LoggerFactory.getLogger(Sends.class);

  private final Clients clients;

  Sends(Vertx vertx) {
    this.clients = Clients.of(vertx);
  }

  @Override
  public void handle(Message<Object> message) {
    try {
      answer(message)
          .onComplete(message::reply, refused -> refuse(message, (BrokerException) refused));
    } catch (IllegalArgumentException e) {
      refuse(
          message,
          new BrokerException(BrokerException.Code.INVALID, String.valueOf(e.getMessage())));
    }
  }

  private Future<JsonObject> answer(Message<Object> message) {
    MultiMap headers = message.headers();
    if (Addresses.ACTION_LIST.equals(headers.get(Addresses.ACTION))) {
      return target(headers)
          .list(
              or(headers.get(Addresses.AFTER), ""),
              Integer.parseInt(or(headers.get(Addresses.LIMIT), "100")))
          .map(Sends::json);
    }
    return act(message)
        .map(
            reached ->
                new JsonObject()
                    .put("connections", reached.connections())
                    .put("complete", reached.complete()));
  }

  private static JsonObject json(JoinedPage page) {
    JsonArray channels = new JsonArray();
    for (Joined one : page.channels()) {
      JsonObject channel =
          new JsonObject()
              .put(Addresses.CHANNEL, one.channel())
              .put(Addresses.CONNECTION, one.connection())
              .put(Addresses.TOPIC, one.topic());
      one.user().ifPresent(user -> channel.put(Addresses.USER, user));
      channels.add(channel);
    }
    return new JsonObject()
        .put("channels", channels)
        .put("next", page.next())
        .put("complete", page.complete());
  }

  private Future<Reached> act(Message<Object> message) {
    MultiMap headers = message.headers();
    String action = headers.get(Addresses.ACTION);
    if (Addresses.ACTION_JOIN.equals(action)) {
      return audience(headers).join(or(headers.get(Addresses.TOPIC), ""));
    }
    if (Addresses.ACTION_LEAVE.equals(action)) {
      return audience(headers).leave(or(headers.get(Addresses.TOPIC), ""));
    }
    Target target = target(headers);
    if (action == null || action.equals(Addresses.ACTION_SEND)) {
      if (message.body() == null) {
        throw new IllegalArgumentException("a send needs a body");
      }
      return target.send(message.body());
    }
    return switch (action) {
      case Addresses.ACTION_CONNECTED -> target.connected();
      case Addresses.ACTION_DISCONNECT ->
          target.disconnect(code(headers), or(headers.get(Addresses.REASON), ""));
      default -> throw new IllegalArgumentException("unknown action: action=" + action);
    };
  }

  private Target target(MultiMap headers) {
    Target target = audience(headers);
    String topic = headers.get(Addresses.TOPIC);
    String except = headers.get(Addresses.EXCEPT);
    Target narrowed = topic == null ? target : target.on(topic);
    return except == null ? narrowed : narrowed.exceptSession(except);
  }

  private Target audience(MultiMap headers) {
    String session = headers.get(Addresses.SESSION);
    String user = headers.get(Addresses.USER);
    String connection = headers.get(Addresses.CONNECTION);
    if (session != null) {
      return clients.session(session);
    }
    if (user != null) {
      return clients.user(user);
    }
    if (connection != null) {
      return clients.connection(connection);
    }
    if (headers.contains(Addresses.ALL)) {
      return clients.all();
    }
    throw new IllegalArgumentException("a header is needed: session, user, connection or all");
  }

  private static int code(MultiMap headers) {
    return Integer.parseInt(or(headers.get(Addresses.CODE), "1000"));
  }

  private static String or(@Nullable String value, String otherwise) {
    return value == null ? otherwise : value;
  }

  private static void refuse(Message<?> message, BrokerException refusal) {
    if (message.replyAddress() == null) {
      LOG.warn("send refused: {}", refusal.getMessage());
    } else {
      message.fail(refusal.code().number(), refusal.getMessage());
    }
  }
}
