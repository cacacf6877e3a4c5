package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.broker.Asked;
import io.carillon.broker.Publication;
import io.carillon.broker.Publications;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.codec.Codec;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.regex.Pattern;

/**
 * What arrives at the bus address of an HTTP verticle: publications from the broker, and in the
 * documented form what handlers that are not of this JVM say to one client: send and close.
 */
final class ClientMessages {
  private static final int NOT_FOUND = 404;
  private static final int BAD_REQUEST = 400;
  private static final Pattern TIMEOUT = Pattern.compile("[1-9][0-9]{0,8}");

  private final Loop loop;

  ClientMessages(Loop loop) {
    this.loop = loop;
  }

  private void deliver(Publication publication) {
    if (!loop.fanOut().deliver(publication)) {
      loop.reachable().deliver(publication);
    }
  }

  void handle(Message<Object> message) {
    if (message.body() instanceof Asked asked) {
      loop.reachable().take(asked);
      return;
    }
    if (Publications.forEach(message.body(), this::deliver)) {
      return;
    }
    String version = message.headers().get(Addresses.VERSION);
    if (version != null && !Addresses.isSpoken(version)) {
      message.fail(BAD_REQUEST, "contract version not spoken here: version=" + version);
      return;
    }
    if (Addresses.ACTION_REFRESH.equals(message.headers().get(Addresses.ACTION))) {
      refresh(message);
      return;
    }
    String id = message.headers().get(Addresses.CHANNEL);
    SessionChannel channel = id == null ? null : loop.find(id);
    if (channel == null) {
      message.fail(NOT_FOUND, "no such channel");
      return;
    }
    String action = message.headers().get(Addresses.ACTION);
    if (action == null || action.equals(Addresses.ACTION_SEND)) {
      send(channel, message);
    } else if (action.equals(Addresses.ACTION_REQUEST)) {
      request(channel, message);
    } else if (action.equals(Addresses.ACTION_CLOSE)) {
      close(channel, message);
    } else {
      message.fail(BAD_REQUEST, "unknown action: action=" + action);
    }
  }

  private void refresh(Message<Object> message) {
    String id = message.headers().get(Addresses.CONNECTION);
    Session session = id == null ? null : loop.findSession(id);
    if (session == null) {
      message.fail(NOT_FOUND, "no such connection");
    } else if (message.body() instanceof JsonObject claims) {
      try {
        loop.credentials().refresh(session, claims);
        message.reply(null);
      } catch (CloseException e) {
        message.fail(e.wireCode(), e.reason());
      }
    } else {
      message.fail(BAD_REQUEST, "a refresh needs claims");
    }
  }

  private static void send(SessionChannel channel, Message<Object> message) {
    if (message.body() == null) {
      message.fail(BAD_REQUEST, "a send needs a body");
      return;
    }
    channel
        .send(channel.inOwnEncoding(Codec.payloadOf(message.body())))
        .onComplete(queued -> message.reply(null), e -> message.fail(code(e), e.getMessage()));
  }

  private static void request(SessionChannel channel, Message<Object> message) {
    String timeout = message.headers().get(Addresses.TIMEOUT);
    if (message.body() == null || timeout == null || !TIMEOUT.matcher(timeout).matches()) {
      message.fail(BAD_REQUEST, "a request needs a body, and a timeout in milliseconds");
      return;
    }
    channel
        .request(channel.inOwnEncoding(Codec.payloadOf(message.body())), Long.parseLong(timeout))
        .onComplete(
            answer -> message.reply(answer.toBody()),
            e -> {
              CloseException why = Upgrader.reason(e);
              message.fail(why.wireCode(), why.reason());
            });
  }

  private static int code(Throwable failure) {
    if (failure instanceof DroppedException) {
      return Addresses.DROPPED;
    }
    return failure instanceof CloseException close
        ? close.status().code()
        : CloseStatus.INTERNAL_SERVER_ERROR.code();
  }

  private static void close(SessionChannel channel, Message<Object> message) {
    String code = message.headers().get(Addresses.CODE);
    String reason = message.headers().get(Addresses.REASON);
    try {
      CloseStatus status =
          code == null
              ? CloseStatus.OK
              : new CloseStatus(Integer.parseInt(code), "")
                  .withReason(reason == null ? "" : reason);
      channel.close(status);
      message.reply(null);
    } catch (IllegalArgumentException e) {
      message.fail(BAD_REQUEST, e.getMessage());
    }
  }
}
