package io.carillon.server;

import io.carillon.broker.Topic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Routes by the first segment of their paths: a look-up asks those that begin as the topic does,
 * and those that begin with a parameter. Immutable.
 */
final class RouteIndex {
  private final Map<String, List<RouteEntry>> byFirst = new HashMap<>();
  private final List<RouteEntry> others = new ArrayList<>();

  /**
   * @param entries in the order in which they are asked
   */
  RouteIndex(List<RouteEntry> entries) {
    for (RouteEntry entry : entries) {
      String first = entry.declared().pattern().firstSegment();
      if (first == null) {
        others.add(entry);
        byFirst.values().forEach(list -> list.add(entry));
      } else {
        byFirst.computeIfAbsent(first, all -> new ArrayList<>(others)).add(entry);
      }
    }
  }

  /** The routes that may match, in their order. */
  List<RouteEntry> candidates(Topic topic) {
    return byFirst.getOrDefault(first(topic.uri()), others);
  }

  private static String first(String uri) {
    int end = 1;
    while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
      end++;
    }
    return uri.substring(1, end);
  }
}
