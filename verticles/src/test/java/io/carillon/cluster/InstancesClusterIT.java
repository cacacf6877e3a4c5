package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Addresses;
import io.carillon.codec.Payload;
import io.carillon.route.Routes;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Two nodes that both listen: which instance serves whom, and what happens when one goes. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstancesClusterIT {
  private record Deployed(ClusterNode node, List<ClusterNode.Placed<ClusterNode.Handlers>> all) {}

  private final Journal journal = new Journal();
  private final List<Deployed> deployed = new ArrayList<>();
  private ClusterNode one;
  private ClusterNode two;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    one = ClusterNode.join(cluster).broker().http();
    two = ClusterNode.join(cluster).broker().http();
  }

  @AfterEach
  void undeploy() throws Exception {
    for (Deployed each : deployed) {
      each.node().undeploy(each.all());
    }
    deployed.clear();
    journal.hasNothing();
  }

  @AfterAll
  void stop() throws Exception {
    one.close();
    two.close();
  }

  // ---- which instance

  @Test
  void chunksAreTakenFromClientsOfTheOwnNodeOnly() throws Exception {
    deployed.add(
        new Deployed(
            two,
            two.serve(
                routes ->
                    routes.route("/upload", String.class, String.class).stream(
                        1 << 20,
                        (ch, message) -> {
                          Buffer all = Buffer.buffer();
                          Promise<Void> whole = Promise.promise();
                          message.endHandler(whole::complete).handler(all::appendBuffer);
                          return whole.future().compose(end -> ch.send(all.toString()));
                        }))));

    assertThat(two.connect("/upload").send("to two").text()).isEqualTo("to two");
    assertThat(Client.status(one.port(), "/upload")).isEqualTo(404);
  }

  @Test
  void theInstanceOnTheOwnEventLoopIsTakenFirst() throws Exception {
    serveOnBoth(routes -> tellsWhere(routes, "/own-loop"));
    for (ClusterNode node : List.of(one, two)) {
      Map<String, Set<String>> threadsOfLoop = new HashMap<>();
      for (int i = 0; i < 20; i++) {
        Client client = node.connect("/own-loop").send("?");
        String[] answer = client.text().split(" ");
        assertThat(answer[0]).isEqualTo(node.id());
        threadsOfLoop.computeIfAbsent(answer[1], key -> new HashSet<>()).add(answer[2]);
        client.close();
      }
      assertThat(threadsOfLoop).hasSize(ClusterNode.EVENT_LOOPS);
      assertThat(threadsOfLoop.values())
          .allMatch(threads -> threads.size() == 1)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void anInstanceOfTheOwnNodeIsTakenBeforeOneOfAnotherNode() throws Exception {
    serve(two, routes -> tellsWhere(routes, "/own-node"));
    deployed.add(new Deployed(one, one.serve(routes -> tellsWhere(routes, "/own-node"), 1)));
    for (int i = 0; i < 20; i++) {
      assertThat(one.connect("/own-node").send("?").text()).startsWith(one.id());
      assertThat(two.connect("/own-node").send("?").text()).startsWith(two.id());
    }
  }

  @Test
  void withoutOneOfTheOwnNodeThoseOfOthersTakeTurns() throws Exception {
    AtomicInteger instances = new AtomicInteger();
    serve(
        two,
        routes -> {
          Payload name = Payload.text("instance " + instances.incrementAndGet());
          routes.route("/turns").message((ch, payload) -> ch.send(name));
        });
    Map<String, Integer> turns = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      turns.merge(one.connect("/turns").send("?").text(), 1, Integer::sum);
    }
    assertThat(turns).containsOnlyKeys("instance 1", "instance 2");
    assertThat(turns.values()).allMatch(count -> count >= 8);
  }

  @Test
  void aChannelStaysWithItsInstance() throws Exception {
    serve(two, routes -> tellsWhere(routes, "/stays"));
    Client client = one.connect("/stays");
    String first = client.send("?").text();
    serve(one, routes -> tellsWhere(routes, "/stays"));
    for (int i = 0; i < 20; i++) {
      assertThat(client.send("?").text()).isEqualTo(first);
    }
    assertThat(one.connect("/stays").send("?").text()).startsWith(one.id());
  }

  /** Answers with its node, the HTTP verticle of the connection, and its thread. */
  private void tellsWhere(Routes routes, String pattern) {
    routes
        .route(pattern)
        .message(
            (ch, payload) -> {
              String loop = ch.connectionId().substring(0, ch.connectionId().lastIndexOf('.'));
              String here = Addresses.node(Vertx.currentContext().owner());
              return ch.send(
                  Payload.text(here + " " + loop + " " + Thread.currentThread().getId()));
            });
  }

  // ---- replicas and collisions

  @Test
  void theSameRouteOnTwoNodesIsAReplica() throws Exception {
    serveOnBoth(routes -> tellsWhere(routes, "/replica/:x"));
    assertThat(one.connect("/replica/1").send("?").text()).startsWith(one.id());
    assertThat(two.connect("/replica/1").send("?").text()).startsWith(two.id());
  }

  @Test
  void theSameRouteWithOtherSettingsFailsAndNamesBothAndTheFirstGoesOn() throws Exception {
    for (int i = 0; i < 10; i++) {
      String pattern = "/settings-" + i + "/:x";
      ClusterNode earlier = i % 2 == 0 ? one : two;
      ClusterNode later = i % 2 == 0 ? two : one;
      serve(earlier, routes -> routes.route(pattern).message((ch, payload) -> ch.send(payload)));
      String described = pattern + " (io.carillon.cluster.ClusterNode$Handlers, rank -5)";
      assertThatThrownBy(
              () ->
                  later.serve(
                      routes ->
                          routes
                              .route(pattern)
                              .maxMessageBytes(7)
                              .message((ch, payload) -> ch.send(payload))))
          .hasStackTraceContaining(
              "routes overlap: "
                  + described
                  + " and "
                  + described
                  + " have different settings or are declared twice");
      for (ClusterNode node : List.of(one, two)) {
        Client client = node.connect("/settings-" + i + "/1").send("longer than seven bytes");
        assertThat(client.text()).isEqualTo("longer than seven bytes");
      }
    }
  }

  @Test
  void anOverlappingRouteOfTheSameRankOnAnotherNodeFailsAndNamesBoth() throws Exception {
    serve(one, routes -> routes.route("/overlap/:a/x").message((ch, payload) -> ch.send(payload)));
    assertThatThrownBy(
            () ->
                two.serve(
                    routes ->
                        routes.route("/overlap/y/:b").message((ch, payload) -> ch.send(payload))))
        .hasStackTraceContaining("/overlap/y/:b (io.carillon.cluster.ClusterNode$Handlers, rank")
        .hasStackTraceContaining(
            " and /overlap/:a/x (io.carillon.cluster.ClusterNode$Handlers, rank");
  }

  @Test
  void aNodeThatComesLaterKnowsTheRoutesBeforeItsHandlersStart() throws Exception {
    serve(one, routes -> routes.route("/late-settings").message((ch, payload) -> ch.send(payload)));
    try (ClusterNode late = ClusterNode.join(one.cluster()).broker().http()) {
      assertThatThrownBy(
              () ->
                  late.serve(
                      routes ->
                          routes
                              .route("/late-settings")
                              .maxMessageBytes(7)
                              .message((ch, payload) -> ch.send(payload))))
          .hasStackTraceContaining("have different settings");
      assertThat(late.connect("/late-settings").send("served from one").text())
          .isEqualTo("served from one");
    }
  }

  @Test
  void aNewVersionOfARouteMayFollowTheOldOneOnAnotherNode() throws Exception {
    serve(one, routes -> routes.route("/next").message((ch, payload) -> ch.send(payload)));
    undeploy();
    serve(two, routes -> routes.route("/next").maxMessageBytes(9).message((ch, p) -> ch.send(p)));
    assertThat(one.connect("/next").send("short").text()).isEqualTo("short");
    assertThat(one.connect("/next").send("longer than nine").closed().code()).isEqualTo(1009);
  }

  // ---- an instance goes

  @Test
  void channelsOfAnInstanceThatGoesAreClosedAndNewOnesGoToAnother() throws Exception {
    List<ClusterNode.Placed<ClusterNode.Handlers>> gone =
        two.serve(
            routes ->
                routes
                    .route("/going")
                    .message((ch, payload) -> ch.send(Payload.text("two")))
                    .leave(
                        (ch, status) -> {
                          journal.add("leave " + status.closeStatus().code());
                        }));
    Client elsewhere = one.connect("/going");
    Client here = two.connect("/going");
    assertThat(elsewhere.send("?").text()).isEqualTo("two");
    assertThat(here.send("?").text()).isEqualTo("two");
    serve(
        one,
        routes ->
            routes
                .route("/going")
                .message((ch, payload) -> ch.send(Payload.text("one")))
                .leave(
                    (ch, status) -> {
                      journal.add("leave of one");
                    }));

    two.undeploy(gone);

    assertThat(elsewhere.closed().code()).isEqualTo(1012);
    assertThat(here.closed().code()).isEqualTo(1012);
    assertThat(journal.next()).isEqualTo("leave 1012");
    assertThat(journal.next()).isEqualTo("leave 1012");
    for (ClusterNode node : List.of(one, two)) {
      Client client = node.connect("/going");
      assertThat(client.send("?").text()).isEqualTo("one");
      client.close();
      assertThat(journal.next()).isEqualTo("leave of one");
    }
  }

  @Test
  void withoutAnInstanceAJoinIsRefusedAndWithANewOneItIsNot() throws Exception {
    assertThat(Client.status(one.port(), "/comes-and-goes")).isEqualTo(404);
    for (int i = 0; i < 3; i++) {
      serve(two, routes -> routes.route("/comes-and-goes").message((ch, p) -> ch.send(p)));
      assertThat(Client.status(one.port(), "/comes-and-goes")).isEqualTo(101);
      undeploy();
      awaitStatus(two, "/comes-and-goes", 503);
      awaitStatus(one, "/comes-and-goes", 503);
    }
  }

  /** The nodes hear of a withdrawal a moment after it. */
  private static void awaitStatus(ClusterNode node, String uri, int status) throws Exception {
    long patience = System.nanoTime() + SECONDS.toNanos(10);
    while (Client.status(node.port(), uri) != status) {
      assertThat(System.nanoTime()).as("status %s at last", status).isLessThan(patience);
    }
  }

  @Test
  void channelsOfOtherInstancesGoOnWhenOneGoes() throws Exception {
    serve(one, routes -> tellsWhere(routes, "/go-on"));
    List<ClusterNode.Placed<ClusterNode.Handlers>> gone =
        two.serve(routes -> tellsWhere(routes, "/go-on"));
    Client stays = one.connect("/go-on");
    Client goes = two.connect("/go-on");
    assertThat(goes.send("?").text()).startsWith(two.id());
    assertThat(stays.send("?").text()).startsWith(one.id());
    two.undeploy(gone);
    assertThat(goes.closed().code()).isEqualTo(1012);
    assertThat(stays.send("?").text()).startsWith(one.id());
  }

  // ---- a node goes

  @Test
  void whenANodeListensNoMoreItsClientsLeaveOnce() throws Exception {
    serve(
        one,
        routes ->
            routes
                .route("/door")
                .leaveOnNodeLoss()
                .join(
                    ch -> {
                      journal.add("join");
                    })
                .leave(
                    (ch, status) -> {
                      journal.add("leave " + status.closeStatus().code());
                    }));
    try (ClusterNode third = ClusterNode.join(one.cluster()).broker().http()) {
      Client client = third.connect("/door");
      assertThat(journal.next()).isEqualTo("join");
      third.stopHttp();
      assertThat(client.closed().code()).isEqualTo(1001);
      assertThat(journal.next()).isEqualTo("leave 1001");
    }
  }

  @Test
  void whenANodeIsLostLeaveRunsForItsClientsWhereTheRouteAsksForIt() throws Exception {
    serve(
        one,
        routes -> {
          routes
              .route("/lost/yes/:name")
              .leaveOnNodeLoss()
              .message((ch, payload) -> ch.send(payload))
              .leave(
                  (ch, status) -> {
                    journal.add(
                        "leave " + ch.path("name") + " " + status.kind() + " " + ch.isOpen());
                  });
          routes
              .route("/lost/no/:name")
              .message((ch, payload) -> ch.send(payload))
              .leave(
                  (ch, status) -> {
                    journal.add("must not run");
                  });
        });
    ClusterNode third = ClusterNode.join(one.cluster()).broker().http();
    try {
      for (String path : List.of("/lost/no/ann", "/lost/yes/bob", "/lost/no/cat")) {
        assertThat(third.connect(path).send("x").text()).isEqualTo("x");
      }
      third.crash();
      assertThat(journal.next()).isEqualTo("leave bob NO_STATUS false");
    } finally {
      third.close();
    }
    long began = System.nanoTime();
    undeploy(); // waits for no channel of the lost node
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void whenANodeIsLostChannelsOfItsInstancesAreClosedAndNewJoinsRefused() throws Exception {
    Promise<Void> never = Promise.promise();
    ClusterNode third = ClusterNode.join(one.cluster()).broker();
    try {
      third.serve(
          routes -> {
            routes.route("/lost-handler").message((ch, payload) -> ch.send(payload));
            routes
                .route("/lost-join")
                .join(
                    ch -> {
                      journal.add("joining");
                      return never.future();
                    });
            routes
                .route("/lost-message")
                .message(
                    (ch, payload) -> {
                      journal.add("handling");
                      return never.future();
                    });
          });
      Client idle = one.connect("/lost-handler").send("x");
      assertThat(idle.text()).isEqualTo("x");
      Client busy = one.connect("/lost-message").send("x");
      assertThat(journal.next()).isEqualTo("handling");
      CompletableFuture<WebSocket> joining =
          Client.open(one.port(), "/lost-join", new WebSocket.Listener() {});
      assertThat(journal.next()).isEqualTo("joining");

      third.crash();

      assertThat(idle.closed().code()).isEqualTo(1012);
      assertThat(busy.closed().code()).isEqualTo(1012);
      assertThatThrownBy(() -> joining.get(5, SECONDS))
          .hasStackTraceContaining("Unexpected HTTP response status code 503");
      assertThat(Client.status(one.port(), "/lost-handler")).isEqualTo(503);
    } finally {
      never.complete();
      third.close();
    }
  }

  private void serveOnBoth(Consumer<Routes> routes) throws Exception {
    serve(one, routes);
    serve(two, routes);
  }

  private void serve(ClusterNode node, Consumer<Routes> routes) throws Exception {
    deployed.add(new Deployed(node, node.serve(routes)));
  }
}
