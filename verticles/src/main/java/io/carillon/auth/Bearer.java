package io.carillon.auth;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a request has its token: in the header {@code Authorization} (RFC 6750, section 2.1), or,
 * as browsers cannot set headers of an upgrade, among the subprotocols that it offers.
 */
public final class Bearer {
  /** What the entry of {@code Sec-WebSocket-Protocol} begins with; the token follows. */
  public static final String SUBPROTOCOL_PREFIX = "carillon.bearer.";

  private static final String SCHEME = "bearer";

  private Bearer() {}

  /** Whether an offered subprotocol is a token in disguise. */
  public static boolean isSubprotocol(String offered) {
    return offered.regionMatches(true, 0, SUBPROTOCOL_PREFIX, 0, SUBPROTOCOL_PREFIX.length());
  }

  /** Whether a list of subprotocols has such an entry. */
  public static boolean isAmong(String offers) {
    return Arrays.stream(offers.split(",", -1)).anyMatch(one -> isSubprotocol(one.trim()));
  }

  /** Whether the value of an {@code Authorization} header is a token. */
  static boolean isAuthorization(String value) {
    return value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && (value.length() == SCHEME.length() || value.charAt(SCHEME.length()) == ' ');
  }

  /**
   * The token of a request.
   *
   * @throws IllegalArgumentException if it has several, or offers no subprotocol but the token:
   *     none could be selected, and a browser would take that for a failure
   */
  public static Optional<String> in(Handshake handshake) {
    List<String> offers = handshake.subprotocols();
    List<String> offered = offers.stream().filter(Bearer::isSubprotocol).toList();
    List<String> headers =
        handshake.headers("authorization").stream().filter(Bearer::isAuthorization).toList();
    if (offered.size() + headers.size() > 1) {
      throw new IllegalArgumentException("more than one token");
    }
    if (offered.isEmpty()) {
      return headers.stream().map(value -> value.substring(SCHEME.length()).trim()).findFirst();
    }
    if (offers.size() == 1) {
      throw new IllegalArgumentException(
          "a subprotocol is needed beside the token, such as carillon.plain");
    }
    return Optional.of(offered.get(0).substring(SUBPROTOCOL_PREFIX.length()));
  }
}
