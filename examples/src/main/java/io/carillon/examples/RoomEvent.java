package io.carillon.examples;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;

/** What a room tells everyone in it, as JSON with a member {@code type}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(RoomEvent.Came.class),
  @JsonSubTypes.Type(RoomEvent.Said.class),
  @JsonSubTypes.Type(RoomEvent.Renamed.class),
  @JsonSubTypes.Type(RoomEvent.Left.class)
})
sealed interface RoomEvent {

  /** Somebody said hello. */
  @JsonTypeName("came")
  record Came(String who) implements RoomEvent {}

  /**
   * Somebody said something.
   *
   * @param at when the server heard it, in milliseconds of the epoch
   */
  @JsonTypeName("said")
  record Said(String who, String text, long at) implements RoomEvent {}

  /** Somebody took another name. */
  @JsonTypeName("renamed")
  record Renamed(String who, String to) implements RoomEvent {}

  /** Somebody who had said hello has gone. */
  @JsonTypeName("left")
  record Left(String who) implements RoomEvent {}
}
