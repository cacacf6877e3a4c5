package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.examples.Client.Closed;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RoomIT {
  private static Node node;

  private static int tests;

  /** The room of this test. */
  private final String room = "/rooms/" + tests++;

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(RoomVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void whatOneSaysAllInTheRoomHear() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));

    long before = Instant.now().toEpochMilli();
    ann.send(say("hi"));
    String heard = bob.text();
    assertThat(ann.text()).isEqualTo(heard);
    long at = new JsonObject(heard).getLong("at");
    assertThat(at).isBetween(before, Instant.now().toEpochMilli());
    assertThat(heard)
        .isEqualTo("{\"type\":\"said\",\"who\":\"ann\",\"text\":\"hi\",\"at\":" + at + "}");
  }

  @Test
  void anotherRoomDoesNotHear() throws Exception {
    Client ann = enter(room, "ann");
    Client cat = enter(room + "-garden", "cat");
    ann.send(say("for this room"));
    hears(ann, "ann", "for this room");
    cat.send(say("nobody came"));
    hears(cat, "cat", "nobody came");
  }

  @Test
  void whatOneSaysKeepsItsOrder() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));
    for (int i = 0; i < 100; i++) {
      ann.send(say("line " + i));
    }
    for (int i = 0; i < 100; i++) {
      hears(bob, "ann", "line " + i);
    }
  }

  @Test
  void aNewNameIsToldAndTheSameIsNot() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));

    ann.send(hello("eve"));
    ann.send(hello("eve"));
    ann.send(say("a new name"));
    for (Client each : new Client[] {ann, bob}) {
      assertThat(each.text()).isEqualTo("{\"type\":\"renamed\",\"who\":\"ann\",\"to\":\"eve\"}");
      hears(each, "eve", "a new name");
    }
    ann.close();
    assertThat(bob.text()).isEqualTo(left("eve"));
  }

  @Test
  void whoGoesHasLeftOnce() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    Client cat = enter(room, "cat");
    assertThat(ann.text()).isEqualTo(came("bob"));
    assertThat(ann.text()).isEqualTo(came("cat"));
    assertThat(bob.text()).isEqualTo(came("cat"));
    bob.close();
    assertThat(ann.text()).isEqualTo(left("bob"));
    cat.vanish();
    assertThat(ann.text()).isEqualTo(left("cat"));
    ann.send(say("alone"));
    hears(ann, "ann", "alone");
  }

  @Test
  void whoNeverSaidHelloComesAndGoesUnnoticed() throws Exception {
    Client ann = enter(room, "ann");
    Client silent = node.join(room);
    ann.send(say("is there anybody?"));
    hears(silent, "ann", "is there anybody?");
    hears(ann, "ann", "is there anybody?");
    silent.close();
    enter(room, "bob").close();
    assertThat(ann.text()).isEqualTo(came("bob"));
    assertThat(ann.text()).isEqualTo(left("bob"));
  }

  @Test
  void twoMayHaveOneName() throws Exception {
    Client first = enter(room, "ann");
    Client second = enter(room, "ann");
    assertThat(first.text()).isEqualTo(came("ann"));
    second.close();
    assertThat(first.text()).isEqualTo(left("ann"));
    first.send(say("one of us"));
    hears(first, "ann", "one of us");
  }

  @Test
  void theLongestNameAndTextAreTaken() throws Exception {
    String bell = "\uD83D\uDD14";
    String escaped = "\\uD83D\\uDD14";
    Client ann = node.join(room);
    ann.send(hello(escaped.repeat(RoomVerticle.MAX_NAME)));
    assertThat(new JsonObject(ann.text()).getString("who"))
        .isEqualTo(bell.repeat(RoomVerticle.MAX_NAME));
    ann.send(say(escaped.repeat(RoomVerticle.MAX_TEXT)));
    hears(ann, bell.repeat(RoomVerticle.MAX_NAME), bell.repeat(RoomVerticle.MAX_TEXT));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'{\"type\":\"hello\",\"name\":\"\"}'"
            + "| name must have 1 to 40 characters: characters=0",
        "'{\"type\":\"hello\"}' | name must have 1 to 40 characters: characters=0",
        "'{\"type\":\"hello\",\"name\":\"   \"}'"
            + "| name must have 1 to 40 characters: characters=3",
        "'{\"type\":\"hello\",\"name\":\"12345678901234567890123456789012345678901\"}'"
            + "| name must have 1 to 40 characters: characters=41",
        "'{\"type\":\"hello\",\"name\":\"a\\nb\"}' | name must not have control characters",
        "'{\"type\":\"say\",\"text\":\"\"}' | text must have 1 to 1000 characters: characters=0",
      })
  void aBadNameOrTextEndsThatClientOnly(String request, String reason) throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));
    bob.send(request);
    assertThat(bob.closed()).isEqualTo(new Closed(1007, reason));
    assertThat(ann.text()).isEqualTo(left("bob"));
    ann.send(say("still here"));
    hears(ann, "ann", "still here");
  }

  @Test
  void aTextThatIsTooLongEndsThatClientOnly() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));
    bob.send(say("x".repeat(RoomVerticle.MAX_TEXT + 1)));
    assertThat(bob.closed())
        .isEqualTo(new Closed(1007, "text must have 1 to 1000 characters: characters=1001"));
    assertThat(ann.text()).isEqualTo(left("bob"));
    ann.send(say("still here"));
    hears(ann, "ann", "still here");
  }

  @Test
  void aMessageOverTheLimitOfTheRouteIsNotRead() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));
    bob.send(say("x".repeat(16 * 1024)));
    assertThat(bob.closed().code()).isEqualTo(1009);
    assertThat(ann.text()).isEqualTo(left("bob"));
    ann.send(say("still here"));
    hears(ann, "ann", "still here");
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret", "{\"type\":\"shout\",\"text\":\"secret\"}", "{}", "", "[]"})
  void whatIsNoRequestEndsThatClientOnly(String message) throws Exception {
    Client ann = enter(room, "ann");
    Client bob = enter(room, "bob");
    assertThat(ann.text()).isEqualTo(came("bob"));
    bob.send(message);
    Closed end = bob.closed();
    assertThat(end.code()).isEqualTo(1007);
    assertThat(end.reason()).isNotEmpty().doesNotContain("secret");
    assertThat(ann.text()).isEqualTo(left("bob"));
    ann.send(say("still here"));
    hears(ann, "ann", "still here");
  }

  @Test
  void whoSpeaksAheadOfHelloIsRefused() throws Exception {
    Client ann = enter(room, "ann");
    Client bob = node.join(room);
    bob.send(say("let me in"));
    assertThat(bob.closed()).isEqualTo(new Closed(4409, "hello must come first"));
    ann.send(say("still here"));
    hears(ann, "ann", "still here");
  }

  /** Joins, says hello and hears it. */
  private static Client enter(String room, String name) throws Exception {
    Client client = node.join(room);
    client.send(hello(name));
    assertThat(client.text()).isEqualTo(came(name));
    return client;
  }

  private static void hears(Client client, String who, String text) throws Exception {
    JsonObject heard = new JsonObject(client.text());
    assertThat(heard.getString("type")).isEqualTo("said");
    assertThat(heard.getString("who")).isEqualTo(who);
    assertThat(heard.getString("text")).isEqualTo(text);
  }

  private static String hello(String name) {
    return "{\"type\":\"hello\",\"name\":\"" + name + "\"}";
  }

  private static String say(String text) {
    return "{\"type\":\"say\",\"text\":\"" + text + "\"}";
  }

  private static String came(String who) {
    return "{\"type\":\"came\",\"who\":\"" + who + "\"}";
  }

  private static String left(String who) {
    return "{\"type\":\"left\",\"who\":\"" + who + "\"}";
  }
}
