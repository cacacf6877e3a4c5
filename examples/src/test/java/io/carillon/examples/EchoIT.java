package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class EchoIT {
  private static final int LONG = 100_000;
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(EchoVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hello", "", "grüß dich \uD83D\uDD14", "{\"type\":\"no\", \"matter\" : 1}"})
  void textStaysText(String text) throws Exception {
    Client ann = node.join("/echo");
    ann.send(text);
    assertThat(ann.text()).isEqualTo(text);
  }

  @Test
  void binaryStaysBinary() throws Exception {
    Client ann = node.join("/echo");
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    ann.send(all);
    ann.send(new byte[0]);
    ann.send((byte) 'a');
    assertThat(ann.bytes()).isEqualTo(all);
    assertThat(ann.bytes()).isEmpty();
    assertThat(ann.bytes()).containsExactly('a');
  }

  @Test
  void fragmentsAreOneMessage() throws Exception {
    Client ann = node.join("/echo");
    ann.send("ding ", false);
    ann.send("do", false);
    ann.send("ng", true);
    assertThat(ann.text()).isEqualTo("ding dong");
  }

  @Test
  void longMessagesComeBackWhole() throws Exception {
    Client ann = node.join("/echo");
    ann.send("ü".repeat(LONG));
    ann.send(new byte[LONG]);
    assertThat(ann.text()).isEqualTo("ü".repeat(LONG));
    assertThat(ann.bytes()).hasSize(LONG);
  }

  @Test
  void echoesKeepTheirOrderAndTheirKind() throws Exception {
    Client ann = node.join("/echo");
    for (byte i = 0; i < 100; i++) {
      ann.send("text " + i);
      ann.send(i);
    }
    for (byte i = 0; i < 100; i++) {
      assertThat(ann.text()).isEqualTo("text " + i);
      assertThat(ann.bytes()).containsExactly(i);
    }
  }

  @Test
  void anEchoIsForItsSenderOnly() throws Exception {
    Client ann = node.join("/echo");
    Client bob = node.join("/echo");
    ann.send("of ann");
    assertThat(ann.text()).isEqualTo("of ann");
    bob.send("of bob");
    assertThat(bob.text()).isEqualTo("of bob");
  }
}
