package io.carillon.route;

import io.carillon.auth.WebSocketTokens;
import io.carillon.broker.Topic;
import io.carillon.channel.Params;
import io.carillon.route.PathSegment.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Which topics a route takes, and what it reads out of them.
 *
 * <pre>
 *   /rooms             exactly this
 *   /rooms/:room       one segment, by name        /rooms/*     one segment
 *   /files/:path**     any segments behind         /files/**    the same without a name
 *   /a?lang=en         the query has this pair, in any position
 *   /a?name&amp;age?       name must be there, age may be; both may have any value
 *   /a?name&amp;rest**     the rest is welcome too (it always is)
 * </pre>
 *
 * <p>A parameter in the first place never matches what starts with a dot, nor what is below {@code
 * /websocket/token}: these are the server's own.
 *
 * <p>Immutable. Two patterns are equal when their canonical spellings are.
 */
public final class UriPattern {
  static final List<PathSegment> TOKEN_PATH =
      List.of(
          new PathSegment(Kind.STATIC, "websocket"),
          new PathSegment(Kind.STATIC, "token"),
          new PathSegment(Kind.ONE, ""),
          new PathSegment(Kind.REST, ""));

  private static final String[] NOTHING = {};

  private final List<PathSegment> path;
  private final List<QueryPart> query;
  private final String[] names;
  private final String spelling;

  UriPattern(List<PathSegment> path, List<QueryPart> query) {
    this.path = path;
    this.query = query;
    this.names =
        path.stream().filter(PathSegment::isNamed).map(PathSegment::text).toArray(String[]::new);
    this.spelling = spelling(path, query);
  }

  /**
   * Reads a pattern. Repeated and trailing slashes are removed, as in a topic.
   *
   * @throws IllegalArgumentException if it is malformed, names a parameter twice, starts with
   *     {@code /.}, or starts with a static segment and overlaps {@code /websocket/token/*}; the
   *     text says which rule
   */
  public static UriPattern parse(String pattern) {
    return new UriPatternParser(pattern).parse();
  }

  /** Whether {@code topic} matches, and with which parameters. */
  public Match match(Topic topic) {
    String uri = topic.uri();
    int mark = uri.indexOf('?');
    int end = mark < 0 ? uri.length() : mark;
    if (!matchesPath(uri, end) || isForbidden(uri)) {
      return Match.NONE;
    }
    return matchQuery(Params.of(names, values(uri, end), topic));
  }

  /**
   * How early this pattern is tried among those that match; lower comes first. The path decides,
   * inside it the query:
   *
   * <pre>
   *   query:           all static   some static   none static   no query
   *   path all static      -12          -11           -10           -9
   *        some static      -8           -7            -6           -5
   *        none static      -4           -3            -2           -1
   * </pre>
   */
  public int rank() {
    long staticSegments = path.stream().filter(PathSegment::isStatic).count();
    long staticParts = query.stream().filter(QueryPart::isStatic).count();
    int column = query.isEmpty() ? 3 : column(staticParts, query.size());
    return -12 + 4 * column(staticSegments, path.size()) + column;
  }

  /**
   * Whether some path matches both patterns. Queries do not count: they never decide collisions.
   */
  public boolean overlaps(UriPattern other) {
    return overlap(path, other.path);
  }

  /** Whether every path that {@code other} matches is matched by this one. Queries do not count. */
  public boolean covers(UriPattern other) {
    for (int i = 0; i < path.size(); i++) {
      if (path.get(i).isRest()) {
        return true;
      }
      if (i == other.path.size() || !path.get(i).covers(other.path.get(i))) {
        return false;
      }
    }
    return path.size() == other.path.size();
  }

  /**
   * The topic that matches this pattern with these parameters. Values are written as {@link
   * String#valueOf(Object)} has them and escaped; the value of {@code :name**} is segments with
   * slashes between them, that of a query's {@code name**} is a map of further parameters.
   *
   * @param params every path parameter and required query parameter; optional ones, {@code name**}
   *     among them, may be left out
   * @throws IllegalArgumentException if a parameter is missing or unknown, a value cannot be a
   *     segment, the topic is too long, or the pattern has a segment {@code *} without a name
   */
  public Topic topic(Map<String, ?> params) {
    return new TopicBuilder(this, path, query, params).topic();
  }

  /**
   * The segment with which every topic that matches begins, as topics spell it; empty for {@code
   * /}, null where the first segment is a parameter.
   */
  public @Nullable String firstSegment() {
    if (path.isEmpty()) {
      return "";
    }
    PathSegment first = path.get(0);
    return first.isStatic() ? first.text() : null;
  }

  /** The names of the path parameters, in order. */
  public List<String> names() {
    return List.of(names);
  }

  /** The part of the query with that name; null if the pattern names none. */
  @Nullable QueryPart queryPart(String name) {
    return query.stream().filter(part -> part.name().equals(name)).findFirst().orElse(null);
  }

  /** Whether it says that the rest of the query is welcome. */
  boolean takesAnyQuery() {
    return !query.isEmpty() && query.get(query.size() - 1).kind() == QueryPart.Kind.REST;
  }

  /** The segments that {@code **} took, decoded one by one: an escaped slash does not part them. */
  List<String> rest(Topic topic) {
    return Arrays.stream(topic.path().split("/", -1))
        .filter(segment -> !segment.isEmpty())
        .skip(path.size() - 1L)
        .map(Topic::unescape)
        .toList();
  }

  /** The canonical spelling. */
  @Override
  public String toString() {
    return spelling;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UriPattern pattern && pattern.spelling.equals(spelling);
  }

  @Override
  public int hashCode() {
    return spelling.hashCode();
  }

  static boolean overlap(List<PathSegment> one, List<PathSegment> other) {
    int both = Math.min(one.size(), other.size());
    for (int i = 0; i < both; i++) {
      if (one.get(i).isRest() || other.get(i).isRest()) {
        return true;
      }
      if (!one.get(i).overlaps(other.get(i))) {
        return false;
      }
    }
    List<PathSegment> longer = one.size() > both ? one : other;
    return longer.size() == both || longer.get(both).isRest();
  }

  private boolean matchesPath(String uri, int end) {
    int at = 1;
    for (int i = 0; i < path.size(); i++) { // no iterator: most patterns end at their first segment
      PathSegment segment = path.get(i);
      if (segment.isRest()) {
        return true;
      }
      if (at >= end) {
        return false;
      }
      int next = segmentEnd(uri, at, end);
      if (segment.isStatic() && !isAt(segment.text(), uri, at, next)) {
        return false;
      }
      at = next + 1;
    }
    return at >= end;
  }

  private boolean isForbidden(String uri) {
    if (path.isEmpty() || path.get(0).isStatic()) {
      return false;
    }
    return uri.startsWith("/.") || WebSocketTokens.isBelow(uri);
  }

  private String[] values(String uri, int end) {
    if (names.length == 0) {
      return NOTHING;
    }
    String[] values = new String[names.length];
    int found = 0;
    int at = 1;
    for (PathSegment segment : path) {
      int next = segment.isRest() ? end : segmentEnd(uri, at, end);
      if (segment.isNamed()) {
        values[found++] = Topic.unescape(uri.substring(Math.min(at, end), next));
      }
      at = next + 1;
    }
    return values;
  }

  private Match matchQuery(Params params) {
    String missing = null;
    for (QueryPart part : query) {
      if (part.isStatic() && !params.queryAll(part.name()).contains(part.value())) {
        return Match.NONE;
      }
      boolean required = part.kind() == QueryPart.Kind.REQUIRED;
      if (required && missing == null && !params.hasQuery(part.name())) {
        missing = part.name();
      }
    }
    return missing == null ? new Match.Found(params) : new Match.Missing(missing);
  }

  private static int segmentEnd(String uri, int from, int end) {
    int slash = uri.indexOf('/', from);
    return slash < 0 || slash > end ? end : slash;
  }

  private static boolean isAt(String text, String uri, int from, int to) {
    return to - from == text.length() && uri.startsWith(text, from);
  }

  // 0 all static, 1 some, 2 none; the path "/" is static.
  private static int column(long statics, int all) {
    if (statics == all) {
      return 0;
    }
    return statics > 0 ? 1 : 2;
  }

  private static String spelling(List<PathSegment> path, List<QueryPart> query) {
    StringJoiner spelling = new StringJoiner("/", "/", "");
    path.forEach(segment -> spelling.add(segment.spelling()));
    if (query.isEmpty()) {
      return spelling.toString();
    }
    StringJoiner parts = new StringJoiner("&", "?", "");
    query.forEach(part -> parts.add(part.spelling()));
    return spelling + parts.toString();
  }
}
