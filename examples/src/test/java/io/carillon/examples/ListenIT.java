package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ListenIT {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(ListenVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void everyMessageGoesToAllAsItCame() throws Exception {
    Client ann = node.join("/listen");
    Client bob = node.join("/listen");
    Client cat = node.join("/listen");

    bob.send("{\"any\" :  \"text\"}");
    bob.send((byte) 0, (byte) 0xff, (byte) 'x');
    bob.send("");

    for (Client each : List.of(ann, bob, cat)) {
      assertThat(each.text()).isEqualTo("{\"any\" :  \"text\"}");
      assertThat(each.bytes()).containsExactly(0, 0xff, 'x');
      assertThat(each.text()).isEmpty();
    }
  }

  @Test
  void theOrderOfASenderIsTheSameForAll() throws Exception {
    Client ann = node.join("/listen?order");
    Client bob = node.join("/listen?order");
    for (int i = 0; i < 200; i++) {
      ann.send("message " + i);
    }
    for (int i = 0; i < 200; i++) {
      assertThat(ann.text()).isEqualTo("message " + i);
      assertThat(bob.text()).isEqualTo("message " + i);
    }
  }

  @Test
  void whoHasGoneIsNotMissed() throws Exception {
    Client ann = node.join("/listen?gone");
    Client bob = node.join("/listen?gone");
    Client cat = node.join("/listen?gone");
    bob.close();
    cat.vanish();
    ann.send("still here");
    assertThat(ann.text()).isEqualTo("still here");
  }

  @Test
  void aQueryMakesAnotherTopic() throws Exception {
    Client ann = node.join("/listen?lang=de");
    Client bob = node.join("/listen?lang=en");
    ann.send("hallo");
    assertThat(ann.text()).isEqualTo("hallo");
    bob.send("hello");
    assertThat(bob.text()).isEqualTo("hello");
  }
}
