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

  @Test
  void shopSellsToWhoAgrees() {
    FakeChannel<ShopVerticle.Offer> channel =
        FakeChannel.<ShopVerticle.Offer>of("/shop", "/shop")
            .willAnswer(new ShopVerticle.Consent(true))
            .willAnswer(new ShopVerticle.Consent(false));
    ShopVerticle.Wish bell = new ShopVerticle.Wish("bell");

    ShopVerticle.sell(channel, bell); // agreed
    ShopVerticle.sell(channel, bell); // not agreed
    ShopVerticle.sell(channel, bell); // not answered

    ShopVerticle.Offer unsold = new ShopVerticle.Offer("bell", 12_000, false);
    assertThat(channel.asked()).containsExactly(unsold, unsold, unsold);
    assertThat(channel.sent())
        .containsExactly(new ShopVerticle.Offer("bell", 12_000, true), unsold, unsold);
  }
}
