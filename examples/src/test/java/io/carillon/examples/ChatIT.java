package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ChatIT {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(ChatVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void theOthersHearWhoComesAndWhoLeaves() throws Exception {
    Client first = node.join("/chat/tea?name=ann");
    Client second = node.join("/chat/tea?name=ann");
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann came\"}");

    second.send("{\"text\":\"me too\"}");
    assertThat(second.text()).isEqualTo("{\"who\":\"ann\",\"text\":\"me too\"}");
    assertThat(first.text()).isEqualTo("{\"who\":\"ann\",\"text\":\"me too\"}");

    second.close();
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann left\"}");
  }

  @Test
  void whoVanishesLeavesToo() throws Exception {
    Client first = node.join("/chat/coffee?name=ann");
    Client second = node.join("/chat/coffee?name=ann");
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann came\"}");
    second.vanish();
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann left\"}");
  }

  @Test
  void anotherRoomAndAnotherQueryAreOtherTopics() throws Exception {
    Client tea = node.join("/chat/green?name=ann");
    Client coffee = node.join("/chat/black?name=ann");
    Client bob = node.join("/chat/green?name=bob");
    tea.send("{\"text\":\"one\"}");
    assertThat(tea.text()).isEqualTo("{\"who\":\"ann\",\"text\":\"one\"}");
    coffee.send("{\"text\":\"two\"}");
    assertThat(coffee.text()).isEqualTo("{\"who\":\"ann\",\"text\":\"two\"}");
    bob.send("{\"text\":\"three\"}");
    assertThat(bob.text()).isEqualTo("{\"who\":\"bob\",\"text\":\"three\"}");
  }

  @Test
  void theEchoBesideItKeepsTextAndBinary() throws Exception {
    Client ann = node.join("/echo");
    ann.send("{\"text\" : \"as it is\"}");
    ann.send((byte) 7);
    assertThat(ann.text()).isEqualTo("{\"text\" : \"as it is\"}");
    assertThat(ann.bytes()).containsExactly(7);
  }

  @Test
  void whatIsNotAMessageEndsThatClientOnly() throws Exception {
    Client first = node.join("/chat/milk?name=ann");
    Client second = node.join("/chat/milk?name=ann");
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann came\"}");
    second.send("hello");
    assertThat(second.closed().code()).isEqualTo(1007);
    assertThat(first.text()).isEqualTo("{\"who\":\"room\",\"text\":\"ann left\"}");
    first.send("{\"text\":\"alone\"}");
    assertThat(first.text()).isEqualTo("{\"who\":\"ann\",\"text\":\"alone\"}");
  }
}
