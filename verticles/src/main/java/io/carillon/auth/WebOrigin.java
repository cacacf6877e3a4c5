package io.carillon.auth;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a page comes from (RFC 6454, section 4).
 *
 * @param secure whether the scheme is {@code https}; it is {@code http} else
 * @param host in lower case; an IPv6 address in the JDK's spelling
 * @param port the scheme's own one where none is given
 */
record WebOrigin(boolean secure, String host, int port) {
  private static final Pattern FORM =
      Pattern.compile(
          "(https?)://([a-z0-9._-]+|\\[[0-9a-f:.]+])(?::([0-9]{1,5}))?", Pattern.CASE_INSENSITIVE);

  /** Reads a serialised origin; null for anything else, {@code null} in text included. */
  static @Nullable WebOrigin parse(String text) {
    Matcher matcher = FORM.matcher(text.trim());
    if (!matcher.matches()) {
      return null;
    }
    boolean secure = matcher.group(1).equalsIgnoreCase("https");
    String host = host(matcher.group(2).toLowerCase(Locale.ROOT));
    int port = matcher.group(3) == null ? defaultPort(secure) : Integer.parseInt(matcher.group(3));
    return host == null || port == 0 || port > 65_535 ? null : new WebOrigin(secure, host, port);
  }

  static int defaultPort(boolean secure) {
    return secure ? 443 : 80;
  }

  /** A name as it is, an IPv6 address in one spelling; null if it is none. */
  static @Nullable String host(String text) {
    if (!text.startsWith("[")) {
      return text;
    }
    try {
      return InetAddress.getByName(text).getHostAddress(); // in brackets nothing is looked up
    } catch (UnknownHostException notAnAddress) {
      return null;
    }
  }
}
