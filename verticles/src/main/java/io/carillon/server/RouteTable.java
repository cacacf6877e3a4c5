package io.carillon.server;

import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent;
import io.carillon.route.Announcement;
import io.carillon.route.Collision;
import io.carillon.route.Match;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every route that handler instances have announced, in the order in which they are asked. A route
 * stays when its last instance goes: it answers 503 then, where one that never was answers 404.
 */
final class RouteTable {
  private static final Logger LOG = LoggerFactory.getLogger(RouteTable.class);

  private final String node;
  private final List<RouteEntry> entries = new ArrayList<>();
  private RouteIndex index = new RouteIndex(entries);

  RouteTable(String node) {
    this.node = node;
  }

  /** What a topic found. */
  sealed interface Lookup {
    /** The routes to ask, in their order; never empty. */
    record Found(List<Bound> candidates) implements Lookup {}

    /** Nothing matches. */
    record NotFound() implements Lookup {}

    /** Nothing matches because this query parameter is missing. */
    record Missing(String parameter) implements Lookup {}
  }

  /** The routes that {@code announcement} collides with, as one text; null for none. */
  @Nullable String collisions(Announcement announcement) {
    List<Collision> found = new ArrayList<>();
    for (Announcement.Declared one : announcement.routes()) {
      for (RouteEntry entry : entries) {
        if (entry.hasInstances() && one.collidesWith(entry.declared())) {
          found.add(new Collision(one, announcement.name(), entry.declared(), entry.owner()));
        }
      }
    }
    return found.isEmpty() ? null : Collision.text(found);
  }

  /** Adds the routes of an instance; those that collide are left out and logged. */
  void announce(Announcement announcement) {
    String collisions = collisions(announcement);
    if (collisions != null) {
      LOG.error("{}; the later ones are not served", collisions);
      return;
    }
    Instance instance = Instance.of(announcement, node);
    for (Announcement.Declared one : announcement.routes()) {
      entry(one, announcement.name()).add(instance);
      warnIfJoinIsNarrower(one);
    }
    index = new RouteIndex(entries);
  }

  /** Removes an instance from all its routes. */
  void withdraw(String address) {
    for (RouteEntry entry : entries) {
      entry.remove(address);
    }
  }

  /** Removes all instances of a node. */
  void withdrawNode(String node) {
    for (RouteEntry entry : entries) {
      entry.removeNode(node);
    }
  }

  /** Whether that instance has announced itself and not gone. */
  boolean knows(String address) {
    return entries.stream().anyMatch(entry -> entry.has(address));
  }

  /** Whether one of all routes is such. */
  boolean anyMatch(Predicate<RouteEntry> property) {
    return entries.stream().anyMatch(property);
  }

  /** The routes that match a topic. */
  Lookup find(Topic topic) {
    List<Bound> found = new ArrayList<>(1);
    String missing = null;
    for (RouteEntry entry : index.candidates(topic)) {
      Match match = entry.declared().pattern().match(topic);
      if (match instanceof Match.Found hit) {
        found.add(new Bound(entry, hit.params()));
      } else if (match instanceof Match.Missing parameter && missing == null) {
        missing = parameter.parameter();
      }
    }
    if (!found.isEmpty()) {
      return new Lookup.Found(List.copyOf(found)); // kept for as long as the channel lives
    }
    return missing == null ? new Lookup.NotFound() : new Lookup.Missing(missing);
  }

  private RouteEntry entry(Announcement.Declared route, String owner) {
    for (RouteEntry entry : entries) {
      if (entry.declared().equals(route)) {
        return entry;
      }
    }
    // One whose last instance is gone makes way for a new version with other settings.
    entries.removeIf(old -> !old.hasInstances() && old.declared().collidesWith(route));
    RouteEntry entry = new RouteEntry(route, owner);
    entries.add(entry);
    entries.sort(Comparator.comparingInt(one -> one.declared().rank()));
    return entry;
  }

  /**
   * Join should match at least every URI that messages are taken for (it is not a guard, though).
   */
  private void warnIfJoinIsNarrower(Announcement.Declared added) {
    for (RouteEntry entry : entries) {
      warnIfJoinIsNarrower(added, entry.declared());
      warnIfJoinIsNarrower(entry.declared(), added);
    }
  }

  private static void warnIfJoinIsNarrower(
      Announcement.Declared join, Announcement.Declared message) {
    if (join.events().contains(ChannelEvent.Kind.JOIN)
        && message.events().contains(ChannelEvent.Kind.MESSAGE)
        && !message.events().contains(ChannelEvent.Kind.JOIN)
        && join.pattern().overlaps(message.pattern())
        && !join.pattern().covers(message.pattern())) {
      LOG.warn(
          "join pattern is narrower than the message pattern: join={}, message={}",
          join.pattern(),
          message.pattern());
    }
  }
}
