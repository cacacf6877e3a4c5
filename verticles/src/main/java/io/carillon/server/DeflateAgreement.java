package io.carillon.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What was agreed with a client about permessage-deflate (RFC 7692, section 7.1).
 *
 * <p>The server never takes its context over, so that one deflater and one compressed form of a
 * broadcast do for all clients. It has no window of less than 15 bits, and declines an offer that
 * demands one. A client that leaves the size of its window to the server gets {@value
 * #CLIENT_WINDOW_BITS} bits, because that window is what an idle connection holds.
 *
 * @param clientTakesOver whether messages of the client refer to earlier ones
 * @param clientWindowBits how far they refer back, as a power of two
 * @param answer the value of the header that says so
 */
record DeflateAgreement(boolean clientTakesOver, int clientWindowBits, String answer) {
  /** The window that a client is asked for where it can be asked. */
  static final int CLIENT_WINDOW_BITS = 12;

  private static final int MOST_WINDOW_BITS = 15;

  /** The smallest that zlib has; a client that says 8 may use it nevertheless. */
  private static final int LEAST_WINDOW_BITS = 9;

  private static final String NAME = "permessage-deflate";
  private static final String SERVER_NO_TAKEOVER = "server_no_context_takeover";
  private static final String CLIENT_NO_TAKEOVER = "client_no_context_takeover";
  private static final String SERVER_BITS = "server_max_window_bits";
  private static final String CLIENT_BITS = "client_max_window_bits";
  private static final Set<String> FLAGS = Set.of(SERVER_NO_TAKEOVER, CLIENT_NO_TAKEOVER);
  private static final Pattern BITS = Pattern.compile("[89]|1[0-5]");

  /** The agreement on the first of the offers that can be taken; null if there is none. */
  static @Nullable DeflateAgreement on(List<ExtensionOffer> offers) {
    for (ExtensionOffer offer : offers) {
      DeflateAgreement agreed = on(offer);
      if (agreed != null) {
        return agreed;
      }
    }
    return null;
  }

  private static @Nullable DeflateAgreement on(ExtensionOffer offer) {
    Map<String, String> parameters = new HashMap<>();
    for (ExtensionOffer.Parameter one : offer.parameters()) {
      if (!isValid(one) || parameters.put(one.name(), one.value()) != null) {
        return null;
      }
    }
    String most = Integer.toString(MOST_WINDOW_BITS);
    if (!offer.name().equals(NAME) || !parameters.getOrDefault(SERVER_BITS, most).equals(most)) {
      return null;
    }
    return on(parameters);
  }

  private static boolean isValid(ExtensionOffer.Parameter one) {
    if (FLAGS.contains(one.name())) {
      return one.value().isEmpty();
    }
    return BITS.matcher(one.value()).matches()
        ? one.name().equals(SERVER_BITS) || one.name().equals(CLIENT_BITS)
        : one.name().equals(CLIENT_BITS) && one.value().isEmpty();
  }

  private static DeflateAgreement on(Map<String, String> parameters) {
    StringBuilder answer = new StringBuilder(NAME + "; " + SERVER_NO_TAKEOVER);
    boolean takesOver = !parameters.containsKey(CLIENT_NO_TAKEOVER);
    if (!takesOver) {
      answer.append("; ").append(CLIENT_NO_TAKEOVER);
    }
    if (parameters.containsKey(SERVER_BITS)) {
      answer.append("; ").append(SERVER_BITS).append('=').append(MOST_WINDOW_BITS);
    }
    int bits = MOST_WINDOW_BITS;
    String offered = parameters.get(CLIENT_BITS);
    if (offered != null && takesOver) {
      bits = offered.isEmpty() ? CLIENT_WINDOW_BITS : Integer.parseInt(offered);
      bits = Math.max(LEAST_WINDOW_BITS, Math.min(CLIENT_WINDOW_BITS, bits));
      if (!offered.equals("8")) {
        answer.append("; ").append(CLIENT_BITS).append('=').append(bits);
      }
    }
    return new DeflateAgreement(takesOver, bits, answer.toString());
  }
}
