package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.codec.Codec;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Payload;
import io.carillon.examples.UppercaseVerticle.ClientEvent;
import io.carillon.examples.UppercaseVerticle.ServerEvent;
import org.junit.jupiter.api.Test;

class WireFormTest {
  @Test
  void aClientEventIsNamedByItsMember() {
    assertThat(decode(ClientEvent.class, "{\"TextInput\":\"abc\"}"))
        .isEqualTo(new ClientEvent.TextInput("abc"));
  }

  @Test
  void aServerEventIsNamedByItsMember() {
    assertThat(encode(ServerEvent.class, new ServerEvent.Uppercase("ABC")))
        .isEqualTo("{\"Uppercase\":\"ABC\"}");
    assertThat(Codec.payloadOf(new ServerEvent.Uppercase("ABC")).text())
        .isEqualTo("{\"Uppercase\":\"ABC\"}");
  }

  @Test
  void onlyTheLettersAToZChange() {
    assertThat(new ClientEvent.TextInput("azAZ-19 äß").answer())
        .isEqualTo(new ServerEvent.Uppercase("AZAZ-19 äß"));
  }

  @Test
  void anEventOfAnUnknownNameIsRefused() {
    for (String json :
        new String[] {
          "{\"Uppercase\":\"abc\"}",
          "{\"java.lang.String\":\"abc\"}",
          "{\"TextInput\":{}}",
          "{\"TextInput\":null}",
          "{\"TextInput\":\"a\",\"More\":\"b\"}",
          "{}",
          "\"abc\""
        }) {
      assertThatThrownBy(() -> decode(ClientEvent.class, json))
          .as(json)
          .isInstanceOf(DecodeException.class);
    }
  }

  @Test
  void roomRequestsAreNamedByTheirType() {
    assertThat(decode(RoomRequest.class, "{\"type\":\"hello\",\"name\":\"ann\"}"))
        .isEqualTo(new RoomRequest.Hello("ann"));
    assertThat(decode(RoomRequest.class, "{\"type\":\"say\",\"text\":\"hi\"}"))
        .isEqualTo(new RoomRequest.Say("hi"));
    assertThat(decode(RoomRequest.class, "{\"type\":\"say\"}")).isEqualTo(new RoomRequest.Say(""));
    assertThatThrownBy(() -> decode(RoomRequest.class, "{\"type\":\"shout\",\"text\":\"hi\"}"))
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void roomEventsAreNamedByTheirType() {
    assertThat(encode(RoomEvent.class, new RoomEvent.Came("ann")))
        .isEqualTo("{\"type\":\"came\",\"who\":\"ann\"}");
    assertThat(encode(RoomEvent.class, new RoomEvent.Said("ann", "hi", 1700000000000L)))
        .isEqualTo("{\"type\":\"said\",\"who\":\"ann\",\"text\":\"hi\",\"at\":1700000000000}");
    assertThat(encode(RoomEvent.class, new RoomEvent.Renamed("ann", "eve")))
        .isEqualTo("{\"type\":\"renamed\",\"who\":\"ann\",\"to\":\"eve\"}");
    assertThat(encode(RoomEvent.class, new RoomEvent.Left("ann")))
        .isEqualTo("{\"type\":\"left\",\"who\":\"ann\"}");
  }

  private static <T> T decode(Class<T> type, String json) {
    return Codec.of(type).decode(Payload.text(json));
  }

  private static <T> String encode(Class<T> type, T value) {
    return Codec.of(type).encode(value).text();
  }
}
