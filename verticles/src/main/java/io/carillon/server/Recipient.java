package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection that something is for, and those of its channels that it is for.
 *
 * @param whole whether the connection itself is meant
 */
record Recipient(Session session, List<SessionChannel> channels, boolean whole) {
  /** A connection with all its channels. */
  static Recipient whole(Session session) {
    List<SessionChannel> channels = new ArrayList<>(1);
    session.forEachChannel(channels::add);
    return new Recipient(session, channels, true);
  }

  /** Some channels by their connections. */
  static Collection<Recipient> joined(List<SessionChannel> channels) {
    Map<Session, Recipient> all = new LinkedHashMap<>();
    for (SessionChannel one : channels) {
      all.computeIfAbsent(
              one.carrier().session(), session -> new Recipient(session, new ArrayList<>(1), false))
          .channels()
          .add(one);
    }
    return all.values();
  }

  /** What the parameters of an ask leave of it; null if that is nothing. */
  @Nullable Recipient narrowed(JsonObject by) {
    String except = by.getString(Addresses.EXCEPT);
    if (!session.isConnected()
        || (except != null
            && except.equals(session.handshake().identity().session().orElse(null)))) {
      return null;
    }
    String topic = by.getString(Addresses.TOPIC);
    if (topic == null) {
      return this;
    }
    List<SessionChannel> there =
        channels.stream().filter(one -> one.topic().uri().equals(topic)).toList();
    return there.isEmpty() ? null : new Recipient(session, there, false);
  }

  /** Sends to each of the channels; says whether one of them took it. */
  boolean send(Sending message) {
    boolean sent = false;
    for (SessionChannel one : channels) {
      sent |= one.isJoined() && one.sendNow(message.to(one)).succeeded();
    }
    return sent;
  }

  /** Ends the connection, or the channels that are meant; says whether there was anything to. */
  boolean disconnect(CloseStatus status) {
    if (whole) {
      session.end(status);
    } else {
      channels.forEach(one -> one.end(status));
    }
    return true;
  }
}
