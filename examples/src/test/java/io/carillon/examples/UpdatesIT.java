package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class UpdatesIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node =
        Node.of(
            new JsonObject()
                .put(
                    "http",
                    new JsonObject()
                        .put("routes", new JsonArray().add(UpdatesRoutes.class.getName())))
                .put("tokens", new JsonObject().put("lifetime", "1s"))
                .put("verticles", new JsonArray().add(UpdatesVerticle.class.getName())));
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static HttpResponse<String> post(String body) throws Exception {
    URI uri = URI.create("http://localhost:" + node.port() + "/updates/listen");
    HttpRequest request =
        HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static Client join(String name) throws Exception {
    HttpResponse<String> answer = post("{\"name\": \"" + name + "\"}");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).matches("/websocket/token/[A-Za-z0-9]{22}");
    return node.join(answer.body());
  }

  /** Asks until the name is free. */
  private static void comesFree(String name) throws Exception {
    while (post("{\"name\": \"" + name + "\"}").statusCode() == 409) {
      Thread.sleep(20);
    }
  }

  @Test
  void whatAGuestSendsGoesToAllUnderItsName() throws Exception {
    Client ann = join("ann");
    Client bob = join("bob");
    ann.send("hi");
    assertThat(bob.text()).isEqualTo("ann: hi");
    assertThat(ann.text()).isEqualTo("ann: hi");
    assertThat(post("{\"name\": \"ann\"}").statusCode()).isEqualTo(409);
    ann.close();
    comesFree("ann");
  }

  @Test
  void nameOfAGuestWhoNeverComesIsFreeAgain() throws Exception {
    assertThat(post("{\"name\": \"cat\"}").statusCode()).isEqualTo(200);
    assertThat(post("{\"name\": \"cat\"}").statusCode()).isEqualTo(409);
    comesFree("cat");
  }

  @Test
  void badBodiesAreRefused() throws Exception {
    for (String body : new String[] {"", "{", "[]", "{}", "{\"name\": 1}", "{\"name\": \" \"}"}) {
      assertThat(post(body).statusCode()).as(body).isEqualTo(400);
    }
  }

  @Test
  void withoutATokenNobodyMayListen() throws Exception {
    URI uri = URI.create("ws://localhost:" + node.port() + "/updates/listen");
    try {
      HTTP.newWebSocketBuilder()
          .buildAsync(uri, new WebSocket.Listener() {})
          .get(10, TimeUnit.SECONDS);
      throw new AssertionError("was let in");
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(WebSocketHandshakeException.class);
      WebSocketHandshakeException refused = (WebSocketHandshakeException) e.getCause();
      assertThat(refused.getResponse().statusCode()).isEqualTo(401);
    }
  }
}
