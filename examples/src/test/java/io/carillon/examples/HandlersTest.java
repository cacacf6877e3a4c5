package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.carillon.testing.FakeChannel;
import org.junit.jupiter.api.Test;

/** Handlers without a server. */
class HandlersTest {
  @Test
  void controllerEchoesToItsClientOnly() {
    FakeChannel<Payload> session = FakeChannel.of("/websocket", "/websocket");
    RwfEchoVerticle.Echo echo = new RwfEchoVerticle.Echo();

    echo.connected(session);
    echo.message(session, Payload.text("hi"));

    assertThat(session.sent()).containsExactly(Payload.text("hi"));
    assertThat(session.broadcasts()).isEmpty();
    assertThat(session.closed()).isEmpty();
  }

  @Test
  void whoHasLoggedInSpeaksUnderItsName() {
    FakeChannel<String> channel = FakeChannel.of("/login", "/login");

    LoginVerticle.login(channel, "ann");
    LoginVerticle.login(channel, "bob");
    LoginVerticle.say(channel, "hi");

    assertThat(channel.sent()).containsExactly("hello ann", "hello bob");
    assertThat(channel.broadcasts()).containsExactly("ann: hi");
  }
}
