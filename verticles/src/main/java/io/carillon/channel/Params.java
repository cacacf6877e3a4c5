package io.carillon.channel;

import io.carillon.broker.Topic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a channel: what the pattern of its route found in the path, and the query of
 * its topic. All values are decoded; they come from the client and are not checked further.
 *
 * <p>Immutable. Path values are kept; a query value is looked up in the topic each time it is asked
 * for, so a connection that never asks pays nothing.
 */
public final class Params {
  private static final String[] NOTHING = {};

  private final String[] names;
  private final String[] values;
  private final String uri;

  private Params(String[] names, String[] values, String uri) {
    this.names = names;
    this.values = values;
    this.uri = uri;
  }

  /** The query parameters of {@code topic}, and no path parameters. */
  public static Params of(Topic topic) {
    return new Params(NOTHING, NOTHING, topic.uri());
  }

  /**
   * Path parameters as they came over the bus, and the query parameters of {@code topic}.
   *
   * @param path may hold query parameters as well, as {@link #asMap} gives them; {@link
   *     #path(String)} then answers to their names too
   */
  public static Params of(Map<String, String> path, Topic topic) {
    return of(path.keySet().toArray(NOTHING), path.values().toArray(NOTHING), topic);
  }

  /**
   * Path parameters by position, and the query parameters of {@code topic}. Both arrays are kept,
   * not copied, so that all channels of a route share the names: do not change them afterwards.
   *
   * @throws IllegalArgumentException if there are not as many values as names
   */
  public static Params of(String[] names, String[] values, Topic topic) {
    if (names.length != values.length) {
      throw new IllegalArgumentException(
          "as many values as names: values=" + values.length + ", names=" + names.length);
    }
    return new Params(names, values, topic.uri());
  }

  /**
   * The value of a path parameter: one segment, or for {@code :name**} all trailing segments with a
   * slash between them, empty when there is none.
   *
   * <p>A slash that the client escaped is a slash in the value, and {@code ..} may stand next to
   * it: never use a value as the name of a file.
   *
   * @throws IllegalArgumentException if the pattern has no parameter of that name
   */
  public String path(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    throw new IllegalArgumentException(
        "no such path parameter: name=" + name + ", names=" + Arrays.toString(names));
  }

  /** The first value of a query parameter, {@code +} read as a space; empty when it is missing. */
  public String query(String name) {
    int pair = find(name, queryStart());
    return pair < 0 ? "" : valueOf(pair);
  }

  /** Whether the query has that parameter, with or without a value. */
  public boolean hasQuery(String name) {
    return find(name, queryStart()) >= 0;
  }

  /** All values of a query parameter in the order of the query; empty when it is missing. */
  public List<String> queryAll(String name) {
    List<String> all = new ArrayList<>();
    for (int i = find(name, queryStart()); i >= 0; i = find(name, pairEnd(i) + 1)) {
      all.add(valueOf(i));
    }
    return Collections.unmodifiableList(all);
  }

  /** The names of the path parameters, in the order of the pattern. */
  public List<String> names() {
    return List.of(names);
  }

  /** The names in the query, each once, in the order of the query. */
  public Set<String> queryNames() {
    Set<String> found = new LinkedHashSet<>();
    for (int i = queryStart(); i < uri.length(); i = pairEnd(i) + 1) {
      if (pairEnd(i) > i) {
        found.add(decoded(i, nameEnd(i)));
      }
    }
    return Collections.unmodifiableSet(found);
  }

  /**
   * The path parameters by name in the order of the pattern, then the first value of each query
   * parameter whose name is not among them.
   */
  public Map<String, String> asMap() {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < names.length; i++) {
      map.put(names[i], values[i]);
    }
    queryNames().forEach(name -> map.putIfAbsent(name, query(name)));
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Params params
        && uri.equals(params.uri)
        && Arrays.equals(names, params.names)
        && Arrays.equals(values, params.values);
  }

  @Override
  public int hashCode() {
    return 31 * uri.hashCode() + Arrays.hashCode(values);
  }

  /** The names of the path parameters, for logs; never a value. */
  @Override
  public String toString() {
    return "Params" + Arrays.toString(names);
  }

  private int queryStart() {
    int mark = uri.indexOf('?');
    return mark < 0 ? uri.length() : mark + 1;
  }

  // The start of the next pair with that name, or -1.
  private int find(String name, int from) {
    for (int i = from; i < uri.length(); i = pairEnd(i) + 1) {
      if (pairEnd(i) > i && isName(name, i, nameEnd(i))) {
        return i;
      }
    }
    return -1;
  }

  private boolean isName(String name, int from, int to) {
    for (int i = from; i < to; i++) {
      if (uri.charAt(i) == '%' || uri.charAt(i) == '+') {
        return decoded(from, to).equals(name);
      }
    }
    return to - from == name.length() && uri.startsWith(name, from);
  }

  private String valueOf(int pair) {
    int end = pairEnd(pair);
    return decoded(Math.min(nameEnd(pair) + 1, end), end);
  }

  private int nameEnd(int pair) {
    int end = pairEnd(pair);
    int equals = uri.indexOf('=', pair);
    return equals < 0 || equals > end ? end : equals;
  }

  private int pairEnd(int pair) {
    int end = uri.indexOf('&', pair);
    return end < 0 ? uri.length() : end;
  }

  private String decoded(int from, int to) {
    return Topic.unescape(uri.substring(from, to).replace('+', ' '));
  }
}
