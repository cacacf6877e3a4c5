package io.carillon.route;

import java.util.regex.Pattern;

/**
 * A subprotocol that a route speaks (RFC 6455, section 1.9).
 *
 * @param name a token of RFC 9110; compared without case
 * @param encoding wire name of the encoding that clients of it use; empty for that of the route
 */
public record Subprotocol(String name, String encoding) {
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

  /** Checks the name. */
  public Subprotocol {
    if (!TOKEN.matcher(name).matches()) {
      throw new IllegalArgumentException("subprotocol must be a token: name=" + name);
    }
  }
}
