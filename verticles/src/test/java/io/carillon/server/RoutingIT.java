package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.channel.Channel;
import io.carillon.route.Routes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which route gets an event, and what it knows of the connection. */
@Timeout(30)
class RoutingIT extends HandlerFixture {
  @Test
  void handshakeIsReadableInEveryEvent() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t/:a", String.class, String.class)
                .join(
                    ch -> {
                      journal.add("join " + handshake(ch));
                    })
                .message(
                    (ch, text) -> {
                      journal.add("message " + handshake(ch));
                    })
                .leave(
                    ch -> {
                      journal.add("leave " + handshake(ch));
                    }));
    Request request =
        Request.upgrade("/t/x?b=y%20z")
            .plus("X-Test", "1")
            .plus("X-Test", "2")
            .plus("Cookie", "c=d");

    server.open().upgrade(request).sendText("hello").close();

    String expected = " GET /t/x?b=y%20z false 127.0.0.1 localhost [1, 2] d x y z /t/x?b=y%20z";
    journal.expect("join" + expected, "message" + expected, "leave" + expected);
  }

  private static String handshake(Channel<?> ch) {
    var said = ch.handshake();
    return said.method()
        + " "
        + said.uri()
        + " "
        + said.secure()
        + " "
        + said.remoteAddress()
        + " "
        + said.host()
        + " "
        + said.headers("x-test")
        + " "
        + said.cookie("c").orElse("")
        + " "
        + ch.path("a")
        + " "
        + ch.query("b")
        + " "
        + ch.topic().uri();
  }

  @Test
  void oneLinePerConnectNamesPathAndVerticle() throws Exception {
    server.serve(routes -> routes.route("/t/:room").message((ch, payload) -> {}));

    try (LogCapture log = LogCapture.of("io.carillon")) {
      server.connect("/t/lobby?secret=1");

      assertThat(log.next("joined").getFormattedMessage())
          .startsWith(
              "joined: path=/t/lobby, route=/t/:room (" + TestServer.Handlers.class.getName())
          .doesNotContain("secret");
      assertThat(log.all()).isEmpty();
    }
  }

  @Test
  void moreSpecificPatternIsAskedFirst() throws Exception {
    server.serve(
        routes -> {
          routes.route("/a/**").rank(10).message((ch, payload) -> ch.sendRaw("any"));
          routes.route("/a/:b").message((ch, payload) -> ch.sendRaw("one " + ch.path("b")));
          routes.route("/a/b").message((ch, payload) -> ch.sendRaw("static"));
          routes.route("/a/first/:c").rank(-100).message((ch, payload) -> ch.sendRaw("ranked"));
          routes.route("/a/:b/c").message((ch, payload) -> ch.sendRaw("partly"));
        });

    assertThat(server.connect("/a/b").sendText("").readText()).isEqualTo("static");
    assertThat(server.connect("/a/x").sendText("").readText()).isEqualTo("one x");
    assertThat(server.connect("/a/x/y").sendText("").readText()).isEqualTo("any");
    assertThat(server.connect("/a").sendText("").readText()).isEqualTo("any");
    assertThat(server.connect("/a/first/c").sendText("").readText()).isEqualTo("ranked");
    assertThat(server.connect("/a/x/c").sendText("").readText()).isEqualTo("partly");
  }

  @Test
  void joinAndMessageOfOnePathMayBeDeclaredApart() throws Exception {
    server.serve(
        routes -> {
          routes.route("/t", String.class, String.class).join(ch -> ch.send("welcome"));
          routes.route("/t", String.class, String.class).message((ch, text) -> ch.send(text));
        });

    RawClient client = server.connect("/t");

    assertThat(client.readText()).isEqualTo("welcome");
    assertThat(client.sendText("hello").readText()).isEqualTo("hello");
  }

  @Test
  void joinPatternNarrowerThanTheMessagePatternIsWarnedOf() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon")) {
      server.serve(
          routes -> {
            routes.route("/t/a").join(ch -> {});
            routes.route("/t/:x").message((ch, payload) -> {});
          });

      assertThat(log.next("narrower").getFormattedMessage())
          .isEqualTo("join pattern is narrower than the message pattern: join=/t/a, message=/t/:x");
    }
  }

  @Test
  void leaveGoesToOneRouteOnlyWhereSeveralKnowTheChannel() throws Exception {
    server.serve(this::greeter);
    server.serve(this::echo);

    onlyTheFirstLeaves();
  }

  @Test
  void routesOfOneVerticleWithTheSamePatternAreToldApartByTheirRank() throws Exception {
    server.serve(
        routes -> {
          greeter(routes);
          echo(routes);
        });

    onlyTheFirstLeaves();
  }

  private void greeter(Routes routes) {
    routes
        .route("/t", String.class, String.class)
        .rank(1)
        .join(ch -> ch.send("welcome"))
        .leave(
            ch -> {
              journal.add("first");
            });
  }

  private void echo(Routes routes) {
    routes
        .route("/t", String.class, String.class)
        .rank(2)
        .message((ch, text) -> ch.send(text))
        .leave(
            ch -> {
              journal.add("second");
            });
  }

  private void onlyTheFirstLeaves() throws Exception {
    RawClient client = server.connect("/t");
    client.readText();
    client.sendText("hello").readText();

    client.close();

    journal.expect("first");
    nothingMoreHappens();
  }
}
