package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoginIT {
  @Test
  void firstMessageIsTheNameAndTheOthersAreHeardUnderIt() throws Exception {
    try (Node node = Node.of(LoginVerticle.class)) {
      Client ann = node.join("/login");
      Client bob = node.join("/login");
      ann.send("ann");
      assertThat(ann.text()).isEqualTo("hello ann");
      bob.send("bob");
      assertThat(bob.text()).isEqualTo("hello bob");

      ann.send("hi");
      assertThat(bob.text()).isEqualTo("ann: hi");
      bob.send("ann");
      assertThat(ann.text()).isEqualTo("ann: hi");
      assertThat(ann.text()).isEqualTo("bob: ann");
    }
  }
}
