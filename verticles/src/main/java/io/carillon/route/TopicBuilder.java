package io.carillon.route;

import io.carillon.broker.Topic;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Fills the parameters of one pattern in; used once. */
final class TopicBuilder {
  private final UriPattern pattern;
  private final List<PathSegment> path;
  private final List<QueryPart> query;
  private final Map<String, ?> params;
  private final Set<String> unused;

  TopicBuilder(
      UriPattern pattern, List<PathSegment> path, List<QueryPart> query, Map<String, ?> params) {
    this.pattern = pattern;
    this.path = path;
    this.query = query;
    this.params = params;
    this.unused = new HashSet<>(params.keySet());
  }

  Topic topic() {
    String uri = path() + query();
    if (!unused.isEmpty()) {
      throw refused("unknown parameter", unused.iterator().next());
    }
    Topic topic = Topic.of(uri);
    if (!(pattern.match(topic) instanceof Match.Found)) {
      throw new IllegalArgumentException("topic is reserved: pattern=" + pattern);
    }
    return topic;
  }

  private String path() {
    StringJoiner uri = new StringJoiner("/", "/", "");
    for (PathSegment segment : path) {
      switch (segment.kind()) {
        case STATIC -> uri.add(segment.text());
        case ONE -> uri.add(one(segment.text()));
        case REST -> rest(segment.text()).forEach(uri::add);
      }
    }
    return uri.toString();
  }

  private String one(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a pattern with '*' names no topic: pattern=" + pattern);
    }
    return segment(name, String.valueOf(required(name)));
  }

  private List<String> rest(String name) {
    Object value = name.isEmpty() ? null : take(name);
    String text = value == null ? "" : value.toString();
    return text.isEmpty()
        ? List.of()
        : List.of(text.split("/", -1)).stream().map(part -> segment(name, part)).toList();
  }

  private String segment(String name, String value) {
    if (value.isEmpty() || value.equals(".") || value.equals("..")) {
      throw refused("a segment must not be empty, '.' or '..'", name);
    }
    return Topic.escape(value);
  }

  private String query() {
    StringJoiner parts = new StringJoiner("&", "?", "");
    parts.setEmptyValue("");
    for (QueryPart part : query) {
      switch (part.kind()) {
        case STATIC -> parts.add(part.spelling());
        case REQUIRED -> parts.add(pair(part.name(), required(part.name())));
        case OPTIONAL -> {
          Object value = take(part.name());
          if (value != null) {
            parts.add(pair(part.name(), value));
          }
        }
        case REST -> addRest(parts, part.name());
      }
    }
    return parts.toString();
  }

  private void addRest(StringJoiner parts, String name) {
    Object value = name.isEmpty() ? null : take(name);
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> more)) {
      throw refused("the value of '**' in a query must be a map", name);
    }
    more.forEach((key, each) -> parts.add(pair(String.valueOf(key), each)));
  }

  private static String pair(String name, Object value) {
    return Topic.escape(name) + "=" + Topic.escape(String.valueOf(value));
  }

  private Object required(String name) {
    Object value = take(name);
    if (value == null) {
      throw refused("missing parameter", name);
    }
    return value;
  }

  private @Nullable Object take(String name) {
    unused.remove(name);
    return params.get(name);
  }

  private IllegalArgumentException refused(String rule, String name) {
    return new IllegalArgumentException(rule + ": name=" + name + ", pattern=" + pattern);
  }
}
