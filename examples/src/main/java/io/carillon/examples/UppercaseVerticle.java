package io.carillon.examples;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.annotation.JsonValue;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;

/**
 * {@code /api/uppercase_ws?name&age}: greets, then answers {@code {"TextInput":"abc"}} with {@code
 * {"Uppercase":"ABC"}}. Only the letters a to z change.
 */
public final class UppercaseVerticle extends ChannelVerticle {

  /** What a client says: one member, whose name is the kind of event. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
  @JsonSubTypes(@JsonSubTypes.Type(ClientEvent.TextInput.class))
  sealed interface ClientEvent {
    /** The answer to this event. */
    ServerEvent answer();

    @JsonTypeName("TextInput")
    record TextInput(@JsonValue String text) implements ClientEvent {
      @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
      public TextInput {}

      @Override
      public ServerEvent answer() {
        return new ServerEvent.Uppercase(upper(text));
      }
    }
  }

  /** What the server says, in the same form. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.WRAPPER_OBJECT)
  @JsonSubTypes(@JsonSubTypes.Type(ServerEvent.Uppercase.class))
  sealed interface ServerEvent {
    @JsonTypeName("Uppercase")
    record Uppercase(@JsonValue String text) implements ServerEvent {}
  }

  /** Who asks. */
  record Asker(String name, int age) {}

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/api/uppercase_ws?name&age", ClientEvent.class, ServerEvent.class)
        .params(Asker.class)
        .socket(
            s ->
                s.send(new ServerEvent.Uppercase("Hello!"))
                    .compose(sent -> s.forEach(event -> s.send(event.answer()))));
  }

  private static String upper(String text) {
    StringBuilder upper = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      upper.append(c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c);
    }
    return upper.toString();
  }
}
