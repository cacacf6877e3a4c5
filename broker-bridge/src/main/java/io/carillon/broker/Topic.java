package io.carillon.broker;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/**
 * The name a broadcast is sent to: the path and query of the URI a client joined, in normal form.
 *
 * <p>Two topics are the same when their normal forms are equal byte for byte, case and order of the
 * query included. In normal form
 *
 * <ul>
 *   <li>the path starts with a slash, has no empty segment, no slash at its end (but for {@code /}
 *       itself) and no segment {@code .} or {@code ..};
 *   <li>every character is one that RFC 3986 allows in that place; all others are escaped as UTF-8.
 *       Hence {@code | ^ #} and everything outside ASCII never stand in a topic as they are;
 *   <li>letters, digits and {@code - . _ ~} are never escaped, escapes are in upper case, are
 *       well-formed UTF-8 and never stand for the character NUL;
 *   <li>a query is never empty; there is no fragment.
 * </ul>
 *
 * <pre>{@code
 * Topic.of("/rooms//7/?lang=en").uri()   // "/rooms/7?lang=en"
 * Topic.of("/räume/%7Eann").uri()        // "/r%C3%A4ume/~ann"
 * }</pre>
 *
 * @param uri in normal form; at most {@value #MAX_BYTES} bytes
 */
public record Topic(String uri) {
  /** Longest topic accepted, in bytes of UTF-8. */
  public static final int MAX_BYTES = 4096;

  private static final String HEX = "0123456789ABCDEF";
  private static final int SHOWN_CHARS = 100;

  private static final int UNRESERVED = 1;
  private static final int IN_PATH = 2;
  private static final int IN_QUERY = 4;
  private static final byte[] LEGAL = legal();

  /**
   * @throws IllegalArgumentException if {@code uri} is not in normal form or is too long
   */
  public Topic {
    String problem = problem(uri);
    if (problem != null) {
      throw new IllegalArgumentException(problem + ": topic=" + shown(uri));
    }
    if (uri.length() > MAX_BYTES) {
      throw new IllegalArgumentException(
          "topic too long: bytes=" + uri.length() + ", max=" + MAX_BYTES);
    }
  }

  /**
   * The topic that {@code raw} names: removes repeated and trailing slashes and an empty query,
   * decodes escaped letters, digits and {@code - . _ ~}, writes other escapes in upper case, and
   * escapes what may not stand in a URI (space, {@code |}, {@code ^}, all outside ASCII).
   *
   * <p>Allocates only the topic when {@code raw} is in normal form already.
   *
   * @param raw path and query, as in a request line; no scheme, no host
   * @throws IllegalArgumentException if {@code raw} does not start with a slash, has a segment
   *     {@code .} or {@code ..} (escaped or not), a fragment, a control character, a malformed
   *     escape, escapes that are not UTF-8, an escaped NUL, or is too long in normal form
   */
  public static Topic of(String raw) {
    return new Topic(problem(raw) == null ? raw : normal(raw));
  }

  /**
   * {@code text} as one path segment, or as one name or value of a query: everything is escaped but
   * what JavaScript's {@code encodeURIComponent} leaves alone, so that both make the same topic.
   *
   * @throws IllegalArgumentException if {@code text} has an unpaired surrogate
   */
  public static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      if (is(character, UNRESERVED) || "!'()*".indexOf(character) >= 0) {
        escaped.append((char) character);
      } else if (isSurrogate(character)) {
        throw new IllegalArgumentException("text has an unpaired surrogate: index=" + i);
      } else {
        appendEscaped(escaped, character);
      }
      i += Character.charCount(character);
    }
    return escaped.toString();
  }

  /**
   * The text that a part of a topic stands for: the reverse of {@link #escape}.
   *
   * @param part of a topic in normal form; not cut inside an escape
   */
  public static String unescape(String part) {
    int escape = part.indexOf('%');
    if (escape < 0) {
      return part;
    }
    byte[] bytes = part.getBytes(UTF_8);
    int size = escape;
    for (int i = escape; i < bytes.length; i++) {
      int value = bytes[i] == '%' ? escapeAt(part, i) : -1;
      bytes[size++] = value < 0 ? bytes[i] : (byte) value;
      i += value < 0 ? 0 : 2;
    }
    return new String(bytes, 0, size, UTF_8);
  }

  /** What stands before the question mark. */
  public String path() {
    int mark = uri.indexOf('?');
    return mark < 0 ? uri : uri.substring(0, mark);
  }

  /** What stands behind the question mark; empty when there is no query. */
  public String query() {
    int mark = uri.indexOf('?');
    return mark < 0 ? "" : uri.substring(mark + 1);
  }

  /**
   * Whether the path starts with {@code /.}: a name space of the server's own (sessions, users, the
   * multiplex carrier), which no route matches and no client joins as a topic.
   */
  public boolean isReserved() {
    return uri.startsWith("/.");
  }

  /**
   * The path, for logs; the query, which may hold secrets, is only hinted at, and so is the id of a
   * session.
   */
  @Override
  public String toString() {
    return shown(uri);
  }

  // Null when in normal form; else the rule that is broken. Allocates nothing.
  private static @Nullable String problem(String uri) {
    if (!uri.startsWith("/")) {
      return "topic must start with '/'";
    }
    int segment = 1;
    int allowed = IN_PATH;
    int i = 1;
    while (i < uri.length()) {
      char c = uri.charAt(i);
      if (allowed == IN_PATH && (c == '/' || c == '?')) {
        String problem = segmentProblem(uri, segment, i, c);
        if (problem != null) {
          return problem;
        }
        segment = i + 1;
        allowed = c == '?' ? IN_QUERY : IN_PATH;
        i++;
      } else if (c == '%') {
        int next = escapedCharacterEnd(uri, i);
        if (next < 0) {
          return "topic has an escape that is malformed, not utf-8 or not in normal form";
        }
        i = next;
      } else if (is(c, allowed)) {
        i++;
      } else {
        return illegal(c);
      }
    }
    if (allowed == IN_QUERY) {
      return segment == uri.length() ? "topic has an empty query" : null;
    }
    return segmentProblem(uri, segment, uri.length(), '?');
  }

  private static @Nullable String segmentProblem(String uri, int from, int to, char end) {
    if (from == to) {
      boolean root = from == 1 && end == '?';
      return root ? null : "topic has an empty segment";
    }
    boolean dots =
        uri.charAt(from) == '.'
            && (to - from == 1 || (to - from == 2 && uri.charAt(from + 1) == '.'));
    return dots ? "topic must not have a segment '.' or '..'" : null;
  }

  private static String illegal(char c) {
    if (c == '#') {
      return "topic must not have a fragment";
    }
    return c < ' ' || c == 0x7f
        ? "topic must not have a control character"
        : "topic has a character that is not legal in a URI";
  }

  // The index behind one escaped character (one to four escapes), or -1 if it is not normal.
  private static int escapedCharacterEnd(String uri, int from) {
    int first = normalEscapeAt(uri, from);
    if (first < 0x80) {
      return first <= 0 || is(first, UNRESERVED) ? -1 : from + 3;
    }
    int size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4) {
      return -1;
    }
    int character = first & (0x7f >> size);
    for (int i = 1; i < size; i++) {
      int next = normalEscapeAt(uri, from + 3 * i);
      if (next < 0x80 || next > 0xbf) {
        return -1;
      }
      character = character << 6 | (next & 0x3f);
    }
    int smallest = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    boolean legal = character >= smallest && character <= 0x10ffff && !isSurrogate(character);
    return legal ? from + 3 * size : -1;
  }

  private static int normalEscapeAt(String uri, int at) {
    int value = escapeAt(uri, at);
    boolean upper =
        value >= 0
            && uri.charAt(at + 1) == HEX.charAt(value >> 4)
            && uri.charAt(at + 2) == HEX.charAt(value & 0xf);
    return upper ? value : -1;
  }

  // The value of the escape that begins here, 0 to 255, or -1 when there is none.
  private static int escapeAt(String text, int at) {
    if (at + 2 >= text.length() || text.charAt(at) != '%') {
      return -1;
    }
    int high = hex(text.charAt(at + 1));
    int low = hex(text.charAt(at + 2));
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static int hex(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  // Mends what can be mended; what remains wrong is left in place for the constructor to refuse.
  private static String normal(String raw) {
    StringBuilder normal = new StringBuilder(raw.length() + 16);
    int allowed = IN_PATH;
    for (int i = 0; i < raw.length(); ) {
      int c = raw.codePointAt(i);
      int size = Character.charCount(c);
      if (c == '%') {
        size = appendMended(normal, raw, i);
      } else if (allowed == IN_PATH && c == '/') {
        appendSlash(normal);
      } else if (allowed == IN_PATH && c == '?') {
        cutSlash(normal);
        normal.append('?');
        allowed = IN_QUERY;
      } else if (is(c, allowed) || isHopeless(c)) {
        normal.appendCodePoint(c);
      } else {
        appendEscaped(normal, c);
      }
      i += size;
    }
    if (allowed == IN_PATH) {
      cutSlash(normal);
    } else if (normal.charAt(normal.length() - 1) == '?' && isEmptyQuery(normal)) {
      normal.setLength(normal.length() - 1);
    }
    return normal.toString();
  }

  private static boolean isHopeless(int c) {
    return c == '#' || c < ' ' || c == 0x7f || isSurrogate(c);
  }

  private static boolean isEmptyQuery(StringBuilder normal) {
    return normal.indexOf("?") == normal.length() - 1;
  }

  private static void appendSlash(StringBuilder normal) {
    if (normal.isEmpty() || normal.charAt(normal.length() - 1) != '/') {
      normal.append('/');
    }
  }

  private static void cutSlash(StringBuilder normal) {
    int last = normal.length() - 1;
    if (last > 0 && normal.charAt(last) == '/') {
      normal.setLength(last);
    }
  }

  private static int appendMended(StringBuilder normal, String raw, int at) {
    int value = escapeAt(raw, at);
    if (value < 0) {
      // Not left in place: "%%412F" would turn into the well-formed "%A2F".
      throw new IllegalArgumentException("topic has a malformed escape: topic=" + shown(raw));
    }
    if (is(value, UNRESERVED)) {
      normal.append((char) value);
    } else {
      appendEscape(normal, value);
    }
    return 3;
  }

  private static void appendEscaped(StringBuilder to, int character) {
    for (byte b : Character.toString(character).getBytes(UTF_8)) {
      appendEscape(to, b & 0xff);
    }
  }

  private static void appendEscape(StringBuilder to, int value) {
    to.append('%').append(HEX.charAt(value >> 4)).append(HEX.charAt(value & 0xf));
  }

  private static boolean isSurrogate(int character) {
    return character >= Character.MIN_SURROGATE && character <= Character.MAX_SURROGATE;
  }

  private static boolean is(int character, int kind) {
    return character < LEGAL.length && (LEGAL[character] & kind) != 0;
  }

  private static byte[] legal() {
    byte[] legal = new byte[128];
    for (char c = 0; c < legal.length; c++) {
      boolean letterOrDigit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
      if (letterOrDigit || (c >= 'a' && c <= 'z') || "-._~".indexOf(c) >= 0) {
        legal[c] = UNRESERVED | IN_PATH | IN_QUERY;
      } else if ("!$&'()*+,;=:@".indexOf(c) >= 0) {
        legal[c] = IN_PATH | IN_QUERY;
      } else if ("/?".indexOf(c) >= 0) {
        legal[c] = IN_QUERY;
      }
    }
    return legal;
  }

  private static String shown(String uri) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < uri.length(); i++) {
      char c = uri.charAt(i);
      if (c == '/' && i > 0 && (uri.startsWith("/.session/") || uri.startsWith("/.said/"))) {
        return shown.append("/...").toString();
      }
      if (c == '?' || i == SHOWN_CHARS) {
        return shown.append(c == '?' ? "?..." : "...").toString();
      }
      shown.append(c < ' ' || c >= 0x7f ? '_' : c);
    }
    return shown.toString();
  }
}
