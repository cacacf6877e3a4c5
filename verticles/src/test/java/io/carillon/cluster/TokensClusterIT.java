package io.carillon.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.auth.WebSocketTokens;
import io.carillon.route.Routes;
import io.carillon.server.HttpRoutes;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** One-time URIs on several nodes: issued on one, used on another, left by one of them. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokensClusterIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final int RACES = 1_000;
  private static final int AT_ONCE = 50;

  /** What a token carries. */
  record Guest(String name) {}

  /** Named in the configuration, so a class of its own. */
  public static final class Door implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router
          .post("/:route")
          .handler(
              ctx ->
                  WebSocketTokens.of(vertx).respond(ctx, new Guest(ctx.queryParams().get("name"))));
    }
  }

  private final Journal journal = new Journal();
  private final String cluster = ClusterNode.newCluster();
  private ClusterNode one;
  private ClusterNode two;

  @BeforeAll
  void start() throws Exception {
    one = node("30s");
    two = node("30s");
    // Handlers on one node only, so that the others reach them over the bus.
    two.serve(this::routes);
  }

  @AfterAll
  void stop() throws Exception {
    one.close();
    two.close();
  }

  private ClusterNode node(String lifetime) throws Exception {
    JsonObject tokens =
        new JsonObject()
            .put("lifetime", lifetime)
            .put("maxPerAddress", 1_000)
            .put("wrongPerMinute", 0);
    JsonArray routes = new JsonArray().add(Door.class.getName());
    return ClusterNode.join(cluster)
        .broker()
        .http(
            new JsonObject()
                .put("tokens", tokens)
                .put("http", new JsonObject().put("routes", routes)));
  }

  private void routes(Routes routes) {
    for (String pattern : new String[] {"/quiet", "/told"}) {
      routes
          .route(pattern, String.class, String.class)
          .needsToken(Guest.class)
          .message((ch, text) -> ch.send(ch.token(Guest.class).orElseThrow().name() + text))
          .leave(
              (ch, status) -> {
                if (pattern.equals("/told") || status.closeStatus().code() == 1001) {
                  String name = ch.token(Guest.class).orElseThrow().name();
                  journal.add("leave " + name + " " + status.kind());
                }
              });
    }
  }

  private static String issue(ClusterNode node, String uri) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + uri))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    return response.body();
  }

  /** The status of an upgrade, on a socket that is closed then. */
  private static int upgrade(ClusterNode node, String uri) throws IOException {
    String request =
        "GET "
            + uri
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    try (Socket socket = new Socket("127.0.0.1", node.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      String line =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
      return Integer.parseInt(line.split(" ")[1]);
    }
  }

  @Test
  void twoClientsRaceForEachTokenOnTwoNodesAndOneWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (int round = 0; round < RACES / AT_ONCE; round++) {
        List<Callable<String>> issues = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
          ClusterNode issuer = i % 2 == 0 ? one : two;
          issues.add(() -> issue(issuer, "/quiet?name=x"));
        }
        List<Callable<Integer>> races = new ArrayList<>();
        for (Future<String> token : threads.invokeAll(issues)) {
          String uri = token.get();
          races.add(() -> upgrade(one, uri));
          races.add(() -> upgrade(two, uri));
        }
        List<Future<Integer>> statuses = threads.invokeAll(races);
        for (int i = 0; i < statuses.size(); i += 2) {
          assertThat(List.of(statuses.get(i).get(), statuses.get(i + 1).get()))
              .containsExactlyInAnyOrder(101, 404);
        }
      }
    } finally {
      threads.shutdownNow();
    }
    journal.hasNothing();
  }

  @Test
  void tokenOfOneNodeIsGoodOnAnotherAndItsDataComesToTheHandler() throws Exception {
    for (ClusterNode door : List.of(one, two)) {
      String token = issue(door == one ? two : one, "/told?name=ann");
      Client client = door.connect(token);
      client.send(" is here");
      assertThat(client.text()).isEqualTo("ann is here");
      client.close(4000, "bye");
      assertThat(journal.next()).isEqualTo("leave ann CLOSED");
    }
  }

  @Test
  void tokensOfANodeThatDiesAreStillGoodAndLeaveOnce() throws Exception {
    ClusterNode dying = node("6s");
    try {
      String used = issue(dying, "/told?name=used");
      List<String> left = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        issue(dying, "/told?name=" + i);
        left.add("leave " + i + " NEVER_JOINED");
      }
      dying.crash();
      Client client = one.connect(used);
      client.send("!");
      assertThat(client.text()).isEqualTo("used!");
      client.close(4000, "bye");
      assertThat(journal.next()).isEqualTo("leave used CLOSED");
      expectInAnyOrder(left);
      journal.hasNothing();
    } finally {
      dying.close();
    }
  }

  @Test
  void tokensOfANodeThatNoLongerListensAreStillGoodAndLeaveOnce() throws Exception {
    ClusterNode leaving = node("4s");
    try {
      String used = issue(leaving, "/told?name=used");
      issue(leaving, "/told?name=unused");
      leaving.stopHttp();
      Client client = one.connect(used);
      client.close(4000, "bye");
      expectInAnyOrder(List.of("leave used CLOSED", "leave unused NEVER_JOINED"));
      journal.hasNothing();
    } finally {
      leaving.close();
    }
  }

  private void expectInAnyOrder(List<String> expected) throws Exception {
    List<String> heard = new ArrayList<>();
    for (String ignored : expected) {
      heard.add(journal.next());
    }
    assertThat(heard).containsExactlyInAnyOrderElementsOf(expected);
  }
}
