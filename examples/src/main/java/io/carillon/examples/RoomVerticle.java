package io.carillon.examples;

import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code /rooms/:room}: the chat of the first page. A client says {@link RoomRequest.Hello} first;
 * from then on the room hears what it says, its changes of name, and that it left.
 *
 * <p>A name has 1 to {@value #MAX_NAME} characters, a text 1 to {@value #MAX_TEXT}, neither of
 * blanks alone; a name has no control characters. A client that sends another is closed with 1007,
 * one that speaks before it said hello with 4409.
 *
 * <p>Names are kept per instance, which is enough because all events of a channel come to the same
 * one. Two clients may have the same name.
 */
public final class RoomVerticle extends ChannelVerticle {
  /** Longest name, in characters (code points). */
  static final int MAX_NAME = 40;

  /** Longest text, in characters (code points). */
  static final int MAX_TEXT = 1000;

  /** Room for the longest text with every character escaped. */
  private static final int MAX_MESSAGE_BYTES = 16 * 1024;

  private final Map<String, String> names = new HashMap<>();

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/rooms/:room", RoomRequest.class, RoomEvent.class)
        .maxMessageBytes(MAX_MESSAGE_BYTES)
        .message((ch, request) -> request.match(hello -> hello(ch, hello), say -> say(ch, say)))
        .leave((ch, status) -> left(ch));
  }

  private Future<Void> hello(Channel<RoomEvent> channel, RoomRequest.Hello hello) {
    String name = hello.name();
    requireLength("name", name, MAX_NAME);
    if (name.codePoints().anyMatch(Character::isISOControl)) {
      throw CloseException.http(422, "name must not have control characters");
    }
    @Nullable String before = names.put(channel.id(), name);
    if (before == null) {
      return channel.broadcast(new RoomEvent.Came(name));
    }
    return before.equals(name)
        ? Future.succeededFuture()
        : channel.broadcast(new RoomEvent.Renamed(before, name));
  }

  private Future<Void> say(Channel<RoomEvent> channel, RoomRequest.Say say) {
    @Nullable String name = names.get(channel.id());
    if (name == null) {
      throw CloseException.http(409, "hello must come first");
    }
    requireLength("text", say.text(), MAX_TEXT);
    return channel.broadcast(new RoomEvent.Said(name, say.text(), System.currentTimeMillis()));
  }

  private Future<Void> left(Channel<RoomEvent> channel) {
    @Nullable String name = names.remove(channel.id());
    return name == null ? Future.succeededFuture() : channel.broadcast(new RoomEvent.Left(name));
  }

  private static void requireLength(String what, String value, int max) {
    int characters = value.codePointCount(0, value.length());
    if (value.isBlank() || characters > max) {
      throw CloseException.http(
          422, what + " must have 1 to " + max + " characters: characters=" + characters);
    }
  }
}
