package io.carillon.server;

import static io.carillon.protocol.Dialect.CARILLON_V1;

import io.carillon.auth.Handshake;
import io.carillon.protocol.Dialect;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The client's offer of a subprotocol that is taken, spelled as the client spelled it.
 *
 * @param spelled null where none is taken
 * @param dialect null for connections of one topic
 */
record Offer(@Nullable String spelled, @Nullable Dialect dialect) {
  /** For browsers that have to offer something beside a bearer entry; spoken like none. */
  private static final String PLAIN_PROTOCOL = "carillon.plain";

  private static final Offer NONE = new Offer(null, null);

  /** The first offer that is spoken here: by the server, or by one of the routes. */
  static Offer choose(Handshake handshake, List<Bound> candidates) {
    return first(
        handshake,
        offer ->
            offer.equalsIgnoreCase(PLAIN_PROTOCOL)
                || Dialect.of(offer).isPresent()
                || candidates.stream().anyMatch(one -> one.route().settings().speaks(offer)));
  }

  /** The offer of the extension, which alone can do without a first topic. */
  static Offer chooseExtension(Handshake handshake) {
    return first(handshake, CARILLON_V1.subprotocol()::equalsIgnoreCase);
  }

  private static Offer first(Handshake handshake, Predicate<String> isSpoken) {
    return handshake.subprotocols().stream()
        .filter(isSpoken)
        .findFirst()
        .map(offer -> new Offer(offer, Dialect.of(offer).orElse(null)))
        .orElse(NONE);
  }

  boolean isPlain() {
    return PLAIN_PROTOCOL.equalsIgnoreCase(spelled);
  }
}
