package io.carillon.config;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Which keys have been asked for, and so which of those given are slips of the pen. */
final class Known {
  private final TreeSet<String> keys = new TreeSet<>();

  /** Keys below which everything is the reader's own affair. */
  private final Set<String> opaque = new HashSet<>();

  private final Set<String> secret = new HashSet<>();

  void add(String key) {
    keys.add(key);
  }

  void addOpaque(String key) {
    keys.add(key);
    opaque.add(key);
  }

  void addSecret(String key) {
    keys.add(key);
    secret.add(key);
  }

  boolean isSecret(String key) {
    return secret.contains(key);
  }

  /** The leaves of {@code file} that nobody asked for, in its order. */
  List<String> unknownIn(JsonObject file) {
    List<String> unknown = new ArrayList<>();
    collect("", file, unknown);
    return unknown;
  }

  /** Those of {@code names} that are no known key, written in {@code form}. */
  List<String> unknownIn(Collection<String> names, UnaryOperator<String> form) {
    Set<String> expected = keys.stream().map(form).collect(Collectors.toSet());
    return names.stream().filter(name -> !expected.contains(name)).toList();
  }

  String warning(String name, String place, UnaryOperator<String> form, String prefix) {
    Optional<String> nearest =
        Names.nearest(name, keys.stream().map(form).toList()).map(prefix::concat);
    return "unknown key: "
        + prefix
        + name
        + " ("
        + place
        + ")"
        + nearest.map(known -> "; did you mean " + known + "?").orElse("");
  }

  @Override
  public String toString() {
    return keys.toString();
  }

  private void collect(String path, JsonObject object, List<String> unknown) {
    for (Map.Entry<String, Object> entry : object) {
      String name = path + entry.getKey();
      if (opaque.contains(name)) {
        continue;
      }
      if (entry.getValue() instanceof JsonObject inner && !inner.isEmpty()) {
        collect(name + ".", inner, unknown);
      } else if (!keys.contains(name) && !isParent(name)) {
        unknown.add(name);
      }
    }
  }

  private boolean isParent(String name) {
    String next = keys.ceiling(name + ".");
    return next != null && next.startsWith(name + ".");
  }
}
