package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class NotesIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    JsonArray routes = new JsonArray().add(NotesRoutes.class.getName());
    node =
        Node.of(
            new JsonObject()
                .put("http", new JsonObject().put("routes", routes))
                .put("verticles", new JsonArray().add(NotesVerticle.class.getName())));
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static String uri(String scheme) {
    return scheme + "://localhost:" + node.port() + "/users/ann/notes";
  }

  private static HttpResponse<String> post(String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(uri("http")))
            .POST(HttpRequest.BodyPublishers.ofString("a note"));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void strangersNeitherHearNorWriteNotes() throws Exception {
    assertThat(refusal()).isEqualTo(401);
    HttpResponse<String> posted = post();
    assertThat(posted.statusCode()).isEqualTo(401);
    assertThat(posted.body()).isEqualTo("{\"status\":401,\"error\":\"sign in first\"}");
  }

  private static int refusal() {
    try {
      CLIENT
          .newWebSocketBuilder()
          .buildAsync(URI.create(uri("ws")), new WebSocket.Listener() {})
          .join()
          .abort();
      return 101;
    } catch (CompletionException e) {
      return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
    }
  }

  @Test
  void pagesOfOtherOriginsDoNotWriteNotes() throws Exception {
    HttpResponse<String> posted = post("Origin", "http://evil.net");
    assertThat(posted.statusCode()).isEqualTo(403);
    assertThat(posted.body()).isEqualTo("{\"status\":403,\"error\":\"origin not allowed\"}");
  }
}
