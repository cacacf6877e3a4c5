package io.carillon.server;

import io.carillon.channel.ChannelEvent;
import io.carillon.route.Announcement;
import io.carillon.route.RouteSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A route that was announced, and the instances that handle it; there may be none any more. */
final class RouteEntry {
  private final Announcement.Declared declared;
  private final List<Instance> instances = new ArrayList<>();
  private String owner;
  private int next;

  RouteEntry(Announcement.Declared declared, String owner) {
    this.declared = declared;
    this.owner = owner;
  }

  Announcement.Declared declared() {
    return declared;
  }

  String pattern() {
    return declared.pattern().toString();
  }

  RouteSettings settings() {
    return declared.settings();
  }

  boolean takes(ChannelEvent.Kind event) {
    return declared.events().contains(event);
  }

  /** The verticle that has it, for errors and logs. */
  String owner() {
    return owner;
  }

  boolean hasInstances() {
    return !instances.isEmpty();
  }

  void add(Instance instance) {
    remove(instance.address());
    instances.add(instance);
    owner = instance.name();
  }

  boolean has(String address) {
    return instances.stream().anyMatch(instance -> instance.address().equals(address));
  }

  boolean remove(String address) {
    return instances.removeIf(instance -> instance.address().equals(address));
  }

  boolean removeNode(String node) {
    return instances.removeIf(instance -> instance.node().equals(node));
  }

  /**
   * The instance for a new channel: one that already serves it for another route, so that they
   * share what they keep with it; else one of the own thread, else of the own node, else any.
   */
  @Nullable Instance choose(String ownNode, long ownThread, Predicate<Instance> serving) {
    for (Instance one : instances) {
      if (serving.test(one)) {
        return one;
      }
    }
    Instance best = null;
    int bestFit = -1;
    int count = instances.size();
    int start = count == 0 ? 0 : Math.floorMod(next++, count);
    for (int i = 0; i < count; i++) {
      Instance one = instances.get((start + i) % count);
      int fit = !one.node().equals(ownNode) ? 0 : one.thread() == ownThread ? 2 : 1;
      if (fit > bestFit) {
        best = one;
        bestFit = fit;
      }
    }
    return best;
  }
}
