package io.carillon.examples;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a client asks of a room, as JSON with a member {@code type}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(RoomRequest.Hello.class),
  @JsonSubTypes.Type(RoomRequest.Say.class)
})
sealed interface RoomRequest {

  /** Calls the function for the kind of request this is. */
  <R> R match(Function<Hello, R> hello, Function<Say, R> say);

  /** Gives the client its name, at first and again to change it. */
  @JsonTypeName("hello")
  record Hello(String name) implements RoomRequest {
    public Hello(@Nullable String name) {
      this.name = Objects.requireNonNullElse(name, "");
    }

    @Override
    public <R> R match(Function<Hello, R> hello, Function<Say, R> say) {
      return hello.apply(this);
    }
  }

  /** Says something to everyone in the room. */
  @JsonTypeName("say")
  record Say(String text) implements RoomRequest {
    public Say(@Nullable String text) {
      this.text = Objects.requireNonNullElse(text, "");
    }

    @Override
    public <R> R match(Function<Hello, R> hello, Function<Say, R> say) {
      return say.apply(this);
    }
  }
}
