package io.carillon.examples;

import io.carillon.channel.Channel;
import io.carillon.channel.CloseException;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code /shop}: questions both ways. A client asks with {@code {"item":"bell"}} what that costs. A
 * message of the same form buys it: the server asks the client back whether it agrees to the price,
 * and says {@code "sold":true} if it does.
 */
public final class ShopVerticle extends ChannelVerticle {
  private static final Map<String, Integer> CENTS = Map.of("bell", 12_000, "rope", 850);

  /** Shorter than a handler may take, which waits for the answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  record Wish(String item) {
    Wish(@Nullable String item) {
      this.item = Objects.requireNonNullElse(item, "");
    }
  }

  record Offer(String item, int cents, boolean sold) {}

  record Consent(boolean agreed) {}

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/shop", Wish.class, Offer.class)
        .request((ch, wish) -> Future.succeededFuture(offer(wish, false)))
        .message(ShopVerticle::sell);
  }

  static Future<Void> sell(Channel<Offer> channel, Wish wish) {
    return channel
        .request(offer(wish, false), Consent.class, PATIENCE)
        .map(Consent::agreed)
        .otherwise(false) // no answer is no consent
        .compose(agreed -> channel.send(offer(wish, agreed)));
  }

  static Offer offer(Wish wish, boolean sold) {
    Integer cents = CENTS.get(wish.item());
    if (cents == null) {
      throw CloseException.http(404, "not sold here");
    }
    return new Offer(wish.item(), cents, sold);
  }
}
