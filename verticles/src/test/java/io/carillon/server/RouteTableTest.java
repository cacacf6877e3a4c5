package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Topic;
import io.carillon.route.Announcement;
import io.carillon.route.Match;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static final String NODE = "here";

  private final RouteTable table = new RouteTable(NODE);

  private static JsonObject route(String pattern) {
    return new JsonObject().put("pattern", pattern);
  }

  private static Announcement announcement(String address, JsonObject... routes) {
    return announcement(address, NODE, 0, routes);
  }

  private static Announcement announcement(
      String address, String node, long thread, JsonObject... routes) {
    return Announcement.fromJson(
        new JsonObject()
            .put("address", address)
            .put("node", node)
            .put("thread", thread)
            .put("byReference", true)
            .put("name", "name of " + address)
            .put("routes", new JsonArray(List.of(routes))));
  }

  /** The patterns that a topic finds, in their order. */
  private List<String> find(String topic) {
    return table.find(Topic.of(topic)) instanceof RouteTable.Lookup.Found found
        ? found.candidates().stream().map(bound -> bound.route().pattern()).toList()
        : List.of();
  }

  private Bound bound(String topic) {
    return ((RouteTable.Lookup.Found) table.find(Topic.of(topic))).candidates().get(0);
  }

  private String chosen(String topic, long thread) {
    return Objects.requireNonNull(bound(topic).instance(NODE, thread, one -> false)).address();
  }

  @Test
  void emptyTableFindsNothing() {
    assertThat(table.find(Topic.of("/a"))).isInstanceOf(RouteTable.Lookup.NotFound.class);
  }

  @Test
  void candidatesComeInTheirRankHoweverTheyWereAnnounced() {
    table.announce(announcement("1", route("/:a").put("rank", 7), route("/**")));
    table.announce(announcement("2", route("/x")));

    assertThat(find("/x")).startsWith("/x").hasSize(3);
    assertThat(find("/y")).hasSize(2).endsWith("/:a");
  }

  @Test
  void missingQueryParameterIsNamedOnlyWhereNothingElseMatches() {
    table.announce(announcement("1", route("/a?name&age")));

    assertThat(table.find(Topic.of("/a?age=1"))).isEqualTo(new RouteTable.Lookup.Missing("name"));
    assertThat(find("/a?age=1&name")).containsExactly("/a?name&age");

    table.announce(announcement("2", route("/*")));
    assertThat(find("/a")).containsExactly("/*");
  }

  @Test
  void parametersOfTheFoundRouteAreThere() {
    table.announce(announcement("1", route("/a/:b")));

    assertThat(bound("/a/x%20y").params().path("b")).isEqualTo("x y");
  }

  @Test
  void routeWhoseInstancesAreGoneStaysWithoutThem() {
    table.announce(announcement("1", route("/a")));
    table.announce(announcement("2", route("/a")));
    table.withdraw("1");
    assertThat(bound("/a").route().hasInstances()).isTrue();

    table.withdraw("2");

    assertThat(find("/a")).containsExactly("/a");
    assertThat(bound("/a").route().hasInstances()).isFalse();
    assertThat(bound("/a").instance(NODE, 1, one -> false)).isNull();
  }

  @Test
  void instanceOfTheOwnThreadIsChosenThenOneOfTheOwnNodeThenAny() {
    table.announce(announcement("far", "there", 1, route("/a")));
    assertThat(chosen("/a", 1)).isEqualTo("far");

    table.announce(announcement("near", NODE, 2, route("/a")));
    assertThat(chosen("/a", 1)).isEqualTo("near");

    table.announce(announcement("own", NODE, 1, route("/a")));
    for (int i = 0; i < 3; i++) {
      assertThat(chosen("/a", 1)).isEqualTo("own");
      assertThat(chosen("/a", 2)).isEqualTo("near");
      assertThat(chosen("/a", 3)).isIn("own", "near");
    }
  }

  @Test
  void equalInstancesTakeTurns() {
    table.announce(announcement("1", route("/a")));
    table.announce(announcement("2", route("/a")));
    table.announce(announcement("3", route("/a")));

    assertThat(Stream.generate(() -> chosen("/a", 9)).limit(6))
        .containsExactlyInAnyOrder("1", "2", "3", "1", "2", "3");
  }

  @Test
  void channelStaysWithTheInstanceItWasGiven() {
    table.announce(announcement("1", route("/a")));
    table.announce(announcement("2", route("/a")));
    Bound bound = bound("/a");

    Instance first = bound.instance(NODE, 9, one -> false);
    for (int i = 0; i < 5; i++) {
      assertThat(bound.instance(NODE, 9, one -> false)).isSameAs(first);
    }
  }

  @Test
  void objectsGoToInstancesOfTheOwnNodeOnly() {
    table.announce(announcement("far", "there", 1, route("/far")));
    table.announce(announcement("near", NODE, 1, route("/near")));

    assertThat(bound("/far").instance(NODE, 1, one -> false).takesObjects()).isFalse();
    assertThat(bound("/near").instance(NODE, 1, one -> false).takesObjects()).isTrue();
  }

  @Test
  void instanceThatAnnouncesItselfTwiceIsOne() {
    table.announce(announcement("1", route("/a")));
    table.announce(announcement("1", route("/a")));

    table.withdraw("1");

    assertThat(bound("/a").route().hasInstances()).isFalse();
  }

  @Test
  void collisionNamesBothAndTheLaterIsLeftOut() {
    table.announce(announcement("1", route("/a/:b/c")));

    assertThat(table.collisions(announcement("2", route("/a/b/:c"))))
        .isEqualTo("routes overlap: /a/b/:c (name of 2, rank -5) and /a/:b/c (name of 1, rank -5)");
    table.announce(announcement("2", route("/a/b/:c"), route("/other")));
    assertThat(find("/a/b/c")).containsExactly("/a/:b/c");
    assertThat(find("/other")).isEmpty();
  }

  @Test
  void routeWithoutInstancesMakesWayForOneWithOtherSettings() {
    table.announce(announcement("1", route("/a")));
    table.withdraw("1");
    Announcement changed =
        announcement("2", route("/a").put("settings", new JsonObject().put("maxMessageBytes", 9)));

    assertThat(table.collisions(changed)).isNull();
    table.announce(changed);

    assertThat(find("/a")).containsExactly("/a");
    assertThat(bound("/a").route().settings().maxMessageBytes()).isEqualTo(9);
  }

  @Test
  void lostNodeTakesItsInstancesWithIt() {
    table.announce(announcement("far", "there", 0, route("/a"), route("/b")));
    table.announce(announcement("near", NODE, 0, route("/a")));

    table.withdrawNode("there");

    assertThat(chosen("/a", 0)).isEqualTo("near");
    assertThat(bound("/b").route().hasInstances()).isFalse();
  }

  /** Seeded; the oracle asks every route that was announced, one behind the other. */
  @Test
  void lookUpFindsWhatAskingEveryRouteFinds() {
    String[] segments = {"a", "b", "websocket", "token", "*", ":p", "**"};
    String[] queries = {"", "", "?x=1", "?y", "?z?"};
    String[] topics = {"a", "b", "c", ".d", "websocket", "token", "%C3%A4"};
    Random random = new Random(7);
    Map<Class<?>, Integer> seen = new HashMap<>();
    for (int round = 0; round < 200; round++) {
      RouteTable routes = new RouteTable(NODE);
      List<Announcement.Declared> announced = new ArrayList<>();
      for (int i = random.nextInt(30); i > 0; i--) {
        announce(routes, uri(random, segments, queries), random.nextInt(8), announced);
      }
      announced.sort(Comparator.comparingInt(Announcement.Declared::rank));
      for (int i = 0; i < 50; i++) {
        Topic topic = Topic.of(uri(random, topics, "", "?x=1", "?x=1&y"));
        RouteTable.Lookup lookup = routes.find(topic);
        seen.merge(lookup.getClass(), 1, Integer::sum);
        assertThat(shown(lookup)).as("%s", topic).isEqualTo(linear(announced, topic));
      }
    }
    assertThat(seen.values()).hasSize(3).allMatch(count -> count > 100);
  }

  private static String uri(Random random, String[] segments, String... queries) {
    StringBuilder uri = new StringBuilder("/");
    for (int i = random.nextInt(4); i > 0; i--) {
      uri.append(segments[random.nextInt(segments.length)]).append('/');
    }
    return uri + queries[random.nextInt(queries.length)];
  }

  /** What is no pattern, or collides with what is there, is left out; what is there stays one. */
  private static void announce(
      RouteTable routes, String pattern, int rank, List<Announcement.Declared> announced) {
    JsonObject route = route(pattern);
    if (rank > 0) {
      route.put("rank", rank);
    }
    Announcement one;
    try {
      one = announcement(Integer.toString(announced.size()), route);
    } catch (IllegalArgumentException noPattern) {
      return;
    }
    if (routes.collisions(one) != null) {
      return;
    }
    routes.announce(one);
    if (!announced.containsAll(one.routes())) {
      announced.addAll(one.routes());
    }
  }

  private static String shown(RouteTable.Lookup lookup) {
    return lookup instanceof RouteTable.Lookup.Found found
        ? found.candidates().stream().map(bound -> bound.route().pattern()).toList().toString()
        : lookup.toString();
  }

  private static String linear(List<Announcement.Declared> announced, Topic topic) {
    List<String> found = new ArrayList<>();
    String missing = null;
    for (Announcement.Declared one : announced) {
      Match match = one.pattern().match(topic);
      if (match instanceof Match.Found) {
        found.add(one.pattern().toString());
      } else if (match instanceof Match.Missing parameter && missing == null) {
        missing = parameter.parameter();
      }
    }
    if (!found.isEmpty()) {
      return found.toString();
    }
    return (missing == null
            ? new RouteTable.Lookup.NotFound()
            : new RouteTable.Lookup.Missing(missing))
        .toString();
  }
}
