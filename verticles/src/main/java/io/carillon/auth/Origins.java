package io.carillon.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of other origins may open connections: a browser sends its user's cookies along
 * whatever page it is that connects, and says in {@code Origin} which one that is (RFC 6455,
 * section 10.2).
 *
 * <p>An entry is a host with an optional port, and with an optional scheme ahead of it:
 *
 * <pre>
 *   localhost:3000                 that host and port
 *   example.com                    that host, on the default port of the page's scheme
 *   *.example.com                  one label in place of the star: api.example.com, not a.b.example.com
 *   192.0.2.7:8443  [2001:db8::1]  an address
 *   https://app.example.com        pages over TLS only
 * </pre>
 *
 * <p>Without a scheme, pages over TLS may connect, and pages without it only to a server without
 * it. A domain has at least two labels, of which the last two are no stars; labels compare without
 * case. Immutable.
 *
 * @param rules the entries
 */
public record Origins(List<OriginRule> rules) {
  /** Nobody but the own origin. */
  public static final Origins OWN = new Origins(List.of());

  private static final String HEADER = "origin";

  /** Copies. */
  public Origins {
    rules = List.copyOf(rules);
  }

  /**
   * Reads entries.
   *
   * @throws IllegalArgumentException if one breaks a rule; the text names both
   */
  public static Origins of(List<String> entries) {
    return entries.isEmpty() ? OWN : new Origins(entries.stream().map(OriginRule::parse).toList());
  }

  /** The entries as they are spelled. */
  public List<String> entries() {
    return rules.stream().map(OriginRule::entry).toList();
  }

  /**
   * Whether the request comes from no page, or from one of the own origin: the same scheme, host
   * and port.
   */
  public static boolean isOwn(Handshake handshake) {
    if (handshake.header(HEADER).isEmpty()) {
      return true;
    }
    WebOrigin page = page(handshake);
    return page != null
        && page.equals(
            WebOrigin.parse((handshake.secure() ? "https://" : "http://") + handshake.host()));
  }

  /** Whether the page that the request comes from is one of these. */
  public boolean contain(Handshake handshake) {
    WebOrigin page = rules.isEmpty() ? null : page(handshake);
    return page != null && rules.stream().anyMatch(rule -> rule.takes(page, handshake.secure()));
  }

  /** Nothing for {@code null}, which is what sandboxed frames and local files say. */
  private static @Nullable WebOrigin page(Handshake handshake) {
    List<String> said = handshake.headers(HEADER);
    return said.size() == 1 ? WebOrigin.parse(said.get(0)) : null;
  }
}
