package io.carillon.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.ChannelEvent.Kind;
import io.carillon.route.Announcement.Declared;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnnouncementTest {
  private static Declared declared(String pattern, int rank, Kind... events) {
    return new Declared(UriPattern.parse(pattern), rank, Set.of(events), RouteSettings.DEFAULT);
  }

  private static Announcement read(String json) {
    return Announcement.fromJson(new JsonObject(json.replace('\'', '"')));
  }

  @Test
  void jsonFormLeadsBack() {
    Announcement announcement =
        new Announcement(
            "carillon.handler:n:1",
            "n",
            17,
            true,
            true,
            "com.acme.Chat",
            List.of(
                declared("/a/:b?c=1&d", -3, Kind.JOIN, Kind.MESSAGE),
                new Declared(
                    UriPattern.parse("/**"),
                    9,
                    EnumSet.allOf(Kind.class),
                    RouteSettings.DEFAULT
                        .withJoinPhase(JoinPhase.AFTER_UPGRADE)
                        .withUnexpected(Unexpected.IGNORE)
                        .withMaxMessageBytes(7)
                        .withCompression(Compression.OFF)
                        .withRate(new Rate(5, 6, Rate.Excess.CLOSE))
                        .withHandlerTimeoutMillis(Duration.ofSeconds(3).toMillis()))));

    assertThat(Announcement.fromJson(new JsonObject(announcement.toJson().encode())))
        .isEqualTo(announcement);
  }

  @Test
  void formIsTheDocumentedOne() {
    Announcement announcement =
        new Announcement(
            "acme.room",
            "n",
            0,
            false,
            true,
            "room",
            List.of(
                new Declared(
                    UriPattern.parse("/a//:b/"),
                    -5,
                    EnumSet.of(Kind.LEAVE, Kind.JOIN),
                    RouteSettings.DEFAULT.withJoinPhase(JoinPhase.AFTER_UPGRADE))));

    assertThat(announcement.toJson())
        .isEqualTo(
            new JsonObject()
                .put("version", "1.0")
                .put("address", "acme.room")
                .put("node", "n")
                .put("thread", 0L)
                .put("byReference", false)
                .put("everyLeave", true)
                .put("name", "room")
                .put(
                    "routes",
                    new JsonArray()
                        .add(
                            new JsonObject()
                                .put("pattern", "/a/:b")
                                .put("rank", -5)
                                .put("events", new JsonArray().add("join").add("leave"))
                                .put(
                                    "settings",
                                    new JsonObject().put("joinPhase", "after_upgrade")))));
  }

  @Test
  void leastAnnouncementIsAnAddressAndAPattern() {
    Announcement least = read("{'address':'a','routes':[{'pattern':'/x/:y'}]}");

    assertThat(least.name()).isEqualTo("a");
    assertThat(least.node()).isEmpty();
    assertThat(least.byReference()).isFalse();
    assertThat(least.everyLeave()).isFalse();
    assertThat(least.routes()).containsExactly(declared("/x/:y", -5, Kind.MESSAGE));
  }

  @Test
  void membersOfALaterMinorVersionArePassedOver() {
    Announcement later =
        read(
            "{'version':'1.99','address':'a','colour':'red','routes':[{'pattern':'/x','shape':1,"
                + "'events':['message','dance'],'settings':{'mood':'good'}}]}");

    assertThat(later.routes()).containsExactly(declared("/x", -9, Kind.MESSAGE));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | announcement needs a member: member=address",
        "{'address':''} | announcement needs a member: member=address",
        "{'address':'a','version':'2.0'}"
            + "| contract version not spoken here: version=2.0, ours=1.0",
        "{'address':'a','version':'10.0'}"
            + "| contract version not spoken here: version=10.0, ours=1.0",
        "{'address':'a','version':''} | contract version not spoken here: version=, ours=1.0",
        "{'address':'a','routes':[{}]} | announcement needs a member: member=pattern",
        "{'address':'a','routes':[7]} | announcement has a member of another type",
        "{'address':'a','routes':{}} | announcement has a member of another type",
        "{'address':'a','routes':[{'pattern':'/x','rank':'low'}]}"
            + "| announcement has a member of another type",
        "{'address':'a','routes':[{'pattern':'x'}]} | pattern must start with '/': pattern=x",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'maxMessageBytes':-1}}]}"
            + "| maxMessageBytes must not be negative: maxMessageBytes=-1",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'handlerTimeoutMillis':-1}}]}"
            + "| handlerTimeout must not be negative: milliseconds=-1",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'rate':{'bytesPerSecond':-1}}}]}"
            + "| a rate must not be negative: messagesPerSecond=0, bytesPerSecond=-1",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'compression':'zip'}}]}"
            + "| unknown value: compression=zip",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'overflow':'block'}}]}"
            + "| unknown value: overflow=block",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'compression':1.5}}]}"
            + "| unknown value: compression=1.5",
        "{'address':'a','routes':[{'pattern':'/x','settings':{'compression':-1}}]}"
            + "| compression must begin at 0 to 1073741824 bytes: bytes=-1",
      })
  void whatIsWrongIsNamed(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({"joinPhase", "unexpected"})
  void settingThatIsNotOneIsNamed(String setting) {
    assertThatThrownBy(
            () ->
                read(
                    "{'address':'a','routes':[{'pattern':'/x','settings':{'"
                        + setting
                        + "':'sideways'}}]}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(setting, "sideways");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"off\"", "0", "1024"})
  void compressionKeepsItsForm(String form) {
    String route = "{'pattern':'/x','settings':{'compression':" + form + "}}";
    JsonObject json = read("{'address':'a','routes':[" + route + "]}").toJson();

    assertThat(json.encode()).contains("\"compression\":" + form);
  }

  // ---- collisions

  @Test
  void sameRouteIsAReplica() {
    assertThat(declared("/a/:b", 0, Kind.MESSAGE).collidesWith(declared("/a//:b", 0, Kind.MESSAGE)))
        .isFalse();
  }

  @Test
  void overlappingPathsOfTheSameRankAndEventCollide() {
    Declared one = declared("/a/:b/c", 0, Kind.MESSAGE, Kind.JOIN);

    assertThat(one.collidesWith(declared("/a/b/:c", 0, Kind.MESSAGE))).isTrue();
    assertThat(declared("/a/b/:c", 0, Kind.MESSAGE).collidesWith(one)).isTrue();
    assertThat(one.collidesWith(declared("/a/b/:c", 1, Kind.MESSAGE))).as("rank").isFalse();
    assertThat(one.collidesWith(declared("/a/b/:c", 0, Kind.LEAVE))).as("events").isFalse();
    assertThat(one.collidesWith(declared("/a/b/d", 0, Kind.MESSAGE))).as("path").isFalse();
  }

  @Test
  void queriesNeverDecide() {
    assertThat(
            declared("/a?x=1", 0, Kind.MESSAGE).collidesWith(declared("/a?x=2", 0, Kind.MESSAGE)))
        .isTrue();
  }

  @Test
  void otherSettingsCollide() {
    Declared one = declared("/a", 0, Kind.MESSAGE);
    Declared other =
        new Declared(one.pattern(), 0, one.events(), RouteSettings.DEFAULT.withMaxMessageBytes(1));

    assertThat(one.collidesWith(other)).isTrue();
    assertThat(new Collision(one, "First", other, "Second"))
        .hasToString(
            "/a (First, rank 0) and /a (Second, rank 0)"
                + " have different settings or are declared twice");
  }

  @Test
  void collisionsAreOneLine() {
    Collision one =
        new Collision(
            declared("/a/:b", -5, Kind.JOIN), "First", declared("/:a/b", -5, Kind.JOIN), "Second");

    Collision other =
        new Collision(
            declared("/a/:b", -5, Kind.JOIN), "First", declared("/:a/b", -5, Kind.JOIN), "Third");

    assertThat(Collision.text(List.of(one, other, one))) // a replica is not named again
        .isEqualTo(
            "routes overlap: /a/:b (First, rank -5) and /:a/b (Second, rank -5);"
                + " /a/:b (First, rank -5) and /:a/b (Third, rank -5)");
  }

  @Test
  void targetThatNoRouteMatchesIsReportedOnce() {
    Announcement one =
        new Announcement(
            "a",
            "",
            0,
            false,
            false,
            "One",
            List.of(declared("/rooms/:room", 1, Kind.MESSAGE)),
            List.of(
                UriPattern.parse("/rooms/tea"),
                UriPattern.parse("/updates/:what"),
                UriPattern.parse("/nowhere")));
    Announcement two =
        new Announcement(
            "b", "", 0, false, false, "Two", List.of(declared("/updates/**", 1, Kind.JOIN)));

    assertThat(Announcement.targetsWithoutRoutes(List.of(one.toJson(), one.toJson(), two.toJson())))
        .containsExactly("broadcast target matches no route: target=/nowhere, verticle=One");
    assertThat(Announcement.fromJson(one.toJson())).isEqualTo(one);
  }
}
