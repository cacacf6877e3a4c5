package io.carillon.route;

import io.carillon.broker.Topic;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the text of one pattern; every refusal names the rule and the pattern. */
final class UriPatternParser {
  private static final Pattern PATH_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");
  private static final Pattern QUERY_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
  private static final Pattern FOREIGN = Pattern.compile(".*[<>{}*].*");

  private final String pattern;
  private final Set<String> names = new HashSet<>();

  UriPatternParser(String pattern) {
    this.pattern = pattern;
  }

  UriPattern parse() {
    if (!pattern.startsWith("/")) {
      throw refused("pattern must start with '/'");
    }
    int mark = pattern.indexOf('?');
    List<PathSegment> path = path(mark < 0 ? pattern : pattern.substring(0, mark));
    List<QueryPart> query = mark < 0 ? List.of() : query(pattern.substring(mark + 1));
    return new UriPattern(path, query);
  }

  private List<PathSegment> path(String text) {
    List<PathSegment> path = new ArrayList<>();
    for (String segment : text.split("/", -1)) {
      if (segment.isEmpty()) {
        continue;
      }
      if (!path.isEmpty() && path.get(path.size() - 1).isRest()) {
        throw refused("'**' must be the last segment");
      }
      path.add(segment(segment));
    }
    requireNotReserved(path);
    return List.copyOf(path);
  }

  private PathSegment segment(String text) {
    if (text.equals("*")) {
      return new PathSegment(PathSegment.Kind.ONE, "");
    }
    if (text.equals("**")) {
      return new PathSegment(PathSegment.Kind.REST, "");
    }
    if (!text.startsWith(":")) {
      return new PathSegment(PathSegment.Kind.STATIC, staticSegment(text));
    }
    boolean rest = text.endsWith("**");
    String name = text.substring(1, text.length() - (rest ? 2 : 0));
    requireName(name, PATH_NAME);
    return new PathSegment(rest ? PathSegment.Kind.REST : PathSegment.Kind.ONE, name);
  }

  private String staticSegment(String text) {
    if (FOREIGN.matcher(text).matches()) {
      throw refused("a parameter is a whole segment ':name', '*', ':name**' or '**'");
    }
    return normal("/" + text, "segment=" + text).substring(1);
  }

  private void requireNotReserved(List<PathSegment> path) {
    if (path.isEmpty() || !path.get(0).isStatic()) {
      return;
    }
    if (path.get(0).text().startsWith(".")) {
      throw refused("paths that start with '/.' are reserved");
    }
    if (UriPattern.overlap(path, UriPattern.TOKEN_PATH)) {
      throw refused("`/websocket/token/*` conflicts with websocket tokens");
    }
  }

  private List<QueryPart> query(String text) {
    List<QueryPart> query = new ArrayList<>();
    for (String part : text.split("&", -1)) {
      if (!query.isEmpty() && query.get(query.size() - 1).kind() == QueryPart.Kind.REST) {
        throw refused("'**' must be the last query part");
      }
      QueryPart parsed = part(part);
      if (query.contains(parsed)) {
        throw refused("query part twice: part=" + part);
      }
      query.add(parsed);
    }
    requireDistinct(query);
    return List.copyOf(query);
  }

  private QueryPart part(String text) {
    if (text.isEmpty()) {
      throw refused("pattern has an empty query part");
    }
    if (text.equals("**")) {
      return new QueryPart(QueryPart.Kind.REST, "", "");
    }
    if (text.contains("=")) {
      return staticPart(text);
    }
    if (text.endsWith("**")) {
      return dynamic(QueryPart.Kind.REST, text.substring(0, text.length() - 2));
    }
    if (text.endsWith("?")) {
      return dynamic(QueryPart.Kind.OPTIONAL, text.substring(0, text.length() - 1));
    }
    return dynamic(QueryPart.Kind.REQUIRED, text);
  }

  private QueryPart dynamic(QueryPart.Kind kind, String name) {
    requireName(name, QUERY_NAME);
    return new QueryPart(kind, name, "");
  }

  private QueryPart staticPart(String text) {
    String normal = normal("/?" + text, "part=" + text).substring(2).replace('+', ' ');
    int equals = normal.indexOf('=');
    if (equals == 0) {
      throw refused("query part must have a name: part=" + text);
    }
    return new QueryPart(
        QueryPart.Kind.STATIC,
        Topic.unescape(normal.substring(0, equals)),
        Topic.unescape(normal.substring(equals + 1)));
  }

  // A static name may come several times with different values, but not beside a parameter.
  private void requireDistinct(List<QueryPart> query) {
    for (QueryPart part : query) {
      if (part.isStatic() && names.contains(part.name())) {
        throw refused("parameter name twice: name=" + part.name());
      }
    }
  }

  private void requireName(String name, Pattern rule) {
    if (!rule.matcher(name).matches()) {
      throw refused(
          "parameter name must be letters, digits, '_' or '-', a letter or '_' first: name="
              + name);
    }
    if (!names.add(name)) {
      throw refused("parameter name twice: name=" + name);
    }
  }

  private String normal(String text, String what) {
    try {
      return Topic.of(text).uri();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "malformed: " + what + ", pattern=" + pattern + " (" + e.getMessage() + ")", e);
    }
  }

  private IllegalArgumentException refused(String rule) {
    String separator = rule.contains("=") ? ", " : ": ";
    return new IllegalArgumentException(rule + separator + "pattern=" + pattern);
  }
}
