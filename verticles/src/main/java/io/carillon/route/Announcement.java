package io.carillon.route;

import io.carillon.broker.Addresses;
import io.carillon.channel.ChannelEvent;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one handler instance tells every HTTP verticle: where it listens, and which routes it has.
 *
 * @param address the instance's own bus address
 * @param node the node it lives on; empty when it does not say
 * @param thread id of the event-loop thread it runs on; 0 when it has none of its own
 * @param byReference whether it takes {@link ChannelEvent}s as Java objects on its own node
 * @param everyLeave whether it wants to hear of every leave of a channel it knows
 * @param name what logs and errors call it, such as the name of its class
 * @param routes what it handles
 * @param targets patterns of the topics that it broadcasts to, as far as it says so
 */
public record Announcement(
    String address,
    String node,
    long thread,
    boolean byReference,
    boolean everyLeave,
    String name,
    List<Declared> routes,
    List<UriPattern> targets) {

  /** An announcement without targets. */
  public Announcement(
      String address,
      String node,
      long thread,
      boolean byReference,
      boolean everyLeave,
      String name,
      List<Declared> routes) {
    this(address, node, thread, byReference, everyLeave, name, routes, List.of());
  }

  /** What of it can be served on a node: without what another node cannot be sent. */
  public Announcement on(String servingNode) {
    if (node.equals(servingNode) || routes.stream().noneMatch(Declared::takesChunks)) {
      return this;
    }
    List<Declared> rest = routes.stream().filter(route -> !route.takesChunks()).toList();
    return new Announcement(address, node, thread, byReference, everyLeave, name, rest, targets);
  }

  /**
   * One line for each target that no route matches.
   *
   * @param all every announcement that is known, in its documented form
   */
  public static List<String> targetsWithoutRoutes(Collection<JsonObject> all) {
    List<Announcement> known = all.stream().flatMap(json -> readable(json).stream()).toList();
    List<String> lines = new ArrayList<>();
    for (Announcement one : known) {
      for (UriPattern target : one.targets) {
        boolean matched =
            known.stream()
                .flatMap(other -> other.routes.stream())
                .anyMatch(route -> route.pattern().overlaps(target));
        String line =
            "broadcast target matches no route: target=" + target + ", verticle=" + one.name;
        if (!matched && !lines.contains(line)) {
          lines.add(line);
        }
      }
    }
    return lines;
  }

  /** One of another version may not be. */
  private static Optional<Announcement> readable(JsonObject json) {
    try {
      return Optional.of(fromJson(json));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * One route of an instance.
   *
   * @param pattern which URIs
   * @param rank lower is asked first
   * @param events which events it takes
   * @param settings what it asks of the server
   */
  public record Declared(
      UriPattern pattern, int rank, Set<ChannelEvent.Kind> events, RouteSettings settings) {

    /**
     * Whether both cannot stand side by side: some URI is matched by both, and nothing says which
     * one is asked first. Equal routes are replicas of each other and do not collide.
     */
    public boolean collidesWith(Declared other) {
      return !equals(other)
          && rank == other.rank
          && !Collections.disjoint(events, other.events)
          && pattern.overlaps(other.pattern);
    }

    /** Whether messages are to come in chunks, which do not leave their node. */
    public boolean takesChunks() {
      return settings.maxStreamBytes() > 0;
    }

    /** What an error calls this route, given the verticle that has it. */
    public String describe(String verticle) {
      return pattern + " (" + verticle + ", rank " + rank + ")";
    }
  }

  /** The documented form on the bus. */
  public JsonObject toJson() {
    JsonArray list = new JsonArray();
    for (Declared route : routes) {
      JsonArray events = new JsonArray();
      route.events().stream().map(ChannelEvent.Kind::wireName).forEach(events::add);
      list.add(
          new JsonObject()
              .put("pattern", route.pattern().toString())
              .put("rank", route.rank())
              .put("events", events)
              .put("settings", route.settings().toJson()));
    }
    JsonArray patterns = new JsonArray();
    targets.forEach(target -> patterns.add(target.toString()));
    JsonObject json =
        new JsonObject()
            .put("version", Addresses.CONTRACT_VERSION)
            .put("address", address)
            .put("node", node)
            .put("thread", thread)
            .put("byReference", byReference)
            .put("everyLeave", everyLeave)
            .put("name", name)
            .put("routes", list);
    return targets.isEmpty() ? json : json.put("targets", patterns);
  }

  /**
   * Reads the documented form.
   *
   * @throws IllegalArgumentException if a needed member is missing or not what it should be; the
   *     text names it
   */
  public static Announcement fromJson(JsonObject json) {
    try {
      checkVersion(json.getString("version", Addresses.CONTRACT_VERSION));
      boolean byReference = json.getBoolean("byReference", false);
      List<Declared> routes = new ArrayList<>();
      for (Object route : json.getJsonArray("routes", new JsonArray())) {
        Declared one = declared((JsonObject) route);
        if (one.takesChunks() && !byReference) {
          throw new IllegalArgumentException(
              "chunks of messages are Java objects, which needs byReference: pattern="
                  + one.pattern());
        }
        routes.add(one);
      }
      return new Announcement(
          required(json, "address"),
          json.getString("node", ""),
          json.getLong("thread", 0L),
          byReference,
          json.getBoolean("everyLeave", false),
          json.getString("name", required(json, "address")),
          List.copyOf(routes),
          json.getJsonArray("targets", new JsonArray()).stream()
              .map(target -> UriPattern.parse((String) target))
              .toList());
    } catch (ClassCastException e) {
      throw new IllegalArgumentException("announcement has a member of another type", e);
    }
  }

  private static Declared declared(JsonObject json) {
    UriPattern pattern = UriPattern.parse(required(json, "pattern"));
    Set<ChannelEvent.Kind> events = EnumSet.noneOf(ChannelEvent.Kind.class);
    for (Object event : json.getJsonArray("events", new JsonArray().add("message"))) {
      // An event that a later version may have is none of ours.
      Arrays.stream(ChannelEvent.Kind.values())
          .filter(kind -> kind.wireName().equals(event))
          .forEach(events::add);
    }
    return new Declared(
        pattern,
        json.getInteger("rank", pattern.rank()),
        events,
        RouteSettings.fromJson(json.getJsonObject("settings", new JsonObject())));
  }

  private static String required(JsonObject json, String member) {
    String value = json.getString(member);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("announcement needs a member: member=" + member);
    }
    return value;
  }

  private static void checkVersion(String version) {
    if (!Addresses.isSpoken(version)) {
      throw new IllegalArgumentException(
          "contract version not spoken here: version="
              + version
              + ", ours="
              + Addresses.CONTRACT_VERSION);
    }
  }
}
