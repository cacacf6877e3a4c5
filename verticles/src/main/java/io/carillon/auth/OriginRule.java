package io.carillon.auth;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One entry of {@link Origins}.
 *
 * @param entry as it is spelled
 * @param scheme {@code http}, {@code https} or empty
 * @param host in lower case; labels may be stars
 * @param port 0 for the default one of the scheme
 */
public record OriginRule(String entry, String scheme, String host, int port) {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:(https?)://)?(\\[[0-9a-f:.]+]|[a-z0-9._*-]+)(?::([0-9]{1,5}))?",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?");

  /**
   * Reads an entry.
   *
   * @throws IllegalArgumentException if it breaks a rule; the text names both
   */
  static OriginRule parse(String entry) {
    Matcher matcher = FORM.matcher(entry);
    if (!matcher.matches()) {
      throw refusal("be a host, with a scheme or port if need be", entry);
    }
    String scheme = matcher.group(1) == null ? "" : matcher.group(1).toLowerCase(Locale.ROOT);
    int port = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    if (matcher.group(3) != null && (port == 0 || port > 65_535)) {
      throw refusal("have a port from 1 to 65535", entry);
    }
    return new OriginRule(
        entry, scheme, host(matcher.group(2).toLowerCase(Locale.ROOT), entry), port);
  }

  private static String host(String text, String entry) {
    String host = WebOrigin.host(text);
    if (host == null) {
      throw refusal("have an address that is one", entry);
    }
    boolean address = text.startsWith("[") || IPV4.matcher(text).matches();
    if (!address && !text.equals("localhost")) {
      checkLabels(text.split("\\.", -1), entry);
    }
    return host;
  }

  private static void checkLabels(String[] labels, String entry) {
    if (labels.length < 2) {
      throw refusal("be localhost, an address, or a domain of at least two labels", entry);
    }
    for (int i = 0; i < labels.length; i++) {
      boolean star = labels[i].equals("*");
      if (star && i >= labels.length - 2) {
        throw refusal("have no wildcard among its last two labels", entry);
      }
      if (!star && !LABEL.matcher(labels[i]).matches()) {
        throw refusal("have labels of letters, digits, - and _, or a * alone", entry);
      }
    }
    if (labels[labels.length - 1].matches("[0-9]+")) {
      throw refusal("have an address that is one", entry);
    }
  }

  private static IllegalArgumentException refusal(String rule, String entry) {
    return new IllegalArgumentException("an origin must " + rule + ": origin=" + entry);
  }

  /**
   * Whether a page is one of these.
   *
   * @param toSecure whether it asks for a connection over TLS
   */
  boolean takes(WebOrigin page, boolean toSecure) {
    boolean schemeFits =
        scheme.isEmpty() ? page.secure() || !toSecure : scheme.equals("https") == page.secure();
    int wanted = port == 0 ? WebOrigin.defaultPort(page.secure()) : port;
    return schemeFits && page.port() == wanted && takesHost(page.host());
  }

  private boolean takesHost(String other) {
    if (host.indexOf('*') < 0) {
      return host.equals(other);
    }
    String[] labels = host.split("\\.", -1);
    String[] given = other.split("\\.", -1);
    boolean fits = given.length == labels.length;
    for (int i = labels.length - 1; fits && i >= 0; i--) {
      fits = labels[i].equals("*") ? !given[i].isEmpty() : labels[i].equals(given[i]);
    }
    return fits;
  }
}
