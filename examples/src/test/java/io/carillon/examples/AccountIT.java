package io.carillon.examples;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The account page's server side: sign in, an export that is announced, sign out everywhere. */
@Timeout(30)
class AccountIT {
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node =
        Node.of(
            new JsonObject()
                .put(
                    "http",
                    new JsonObject()
                        .put("routes", new JsonArray().add(AccountRoutes.class.getName()))
                        .put("sessions", new JsonObject().put("store", "local")))
                .put("verticles", new JsonArray().add(ExportVerticle.class.getName())));
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  /** A browser with its own cookies. */
  private final class Device {
    private final HttpClient http =
        HttpClient.newBuilder()
            .cookieHandler(new CookieManager())
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    HttpResponse<String> get(String path) throws Exception {
      return send(request(path).GET());
    }

    HttpResponse<String> post(String path, JsonObject body) throws Exception {
      return send(
          request("/api/account" + path)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body.encode())));
    }

    JsonObject user(String path, JsonObject body) throws Exception {
      HttpResponse<String> answer = post(path, body);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return new JsonObject(answer.body());
    }

    private HttpRequest.Builder request(String path) {
      return HttpRequest.newBuilder(URI.create("http://localhost:" + node.port() + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
      return http.sendAsync(request.build(), BodyHandlers.ofString()).get(10, SECONDS);
    }

    Device signIn(String name) throws Exception {
      assertThat(user("/login", new JsonObject().put("name", name)).getString("user"))
          .isEqualTo(name);
      return this;
    }

    Client notes() throws Exception {
      return Client.join(http, node.port(), "/account/notes");
    }
  }

  private static final JsonObject NOTHING = new JsonObject();

  @Test
  void theExportIsAnnouncedOnAllDevicesOfItsUser() throws Exception {
    Device laptop = new Device().signIn("ann");
    Client first = laptop.notes();
    Client second = new Device().signIn("ann").notes();
    Client other = new Device().signIn("bob").notes();
    for (Client one : new Client[] {first, second}) {
      assertThat(one.text()).contains("\"hello\"").contains("\"ann\"");
    }
    assertThat(other.text()).contains("\"bob\"");

    String id = new JsonObject(laptop.post("/exports", NOTHING).body()).getString("id");

    for (Client one : new Client[] {first, second}) {
      assertThat(one.text()).contains(id).contains("Your export is ready.");
    }
    other.hasNothing();
  }

  @Test
  void signingOutEverywhereClosesAllDevices() throws Exception {
    Device laptop = new Device().signIn("ann");
    Device phone = new Device().signIn("ann");
    Client first = laptop.notes();
    Client second = phone.notes();
    first.text();
    second.text();
    assertThat(new JsonObject(laptop.get("/api/account").body()).getInteger("connections"))
        .isEqualTo(2);

    laptop.user("/logout-everywhere", NOTHING);

    assertThat(first.closed()).isEqualTo(new Client.Closed(4401, "signed out"));
    assertThat(second.closed()).isEqualTo(new Client.Closed(4401, "signed out"));
    assertThat(new JsonObject(phone.get("/api/account").body()).getString("user")).isEmpty();
    assertThat(phone.notes().text()).contains("nobody yet");
    assertThat(phone.post("/exports", NOTHING).statusCode()).isEqualTo(401);
    assertThat(phone.post("/logout-everywhere", NOTHING).statusCode()).isEqualTo(401);
  }

  @Test
  void signingOutConcernsOneDevice() throws Exception {
    Device laptop = new Device().signIn("ann");
    Device phone = new Device().signIn("ann");
    laptop.user("/logout", NOTHING);
    assertThat(new JsonObject(laptop.get("/api/account").body()).getString("user")).isEmpty();
    assertThat(new JsonObject(phone.get("/api/account").body()).getString("user")).isEqualTo("ann");
  }

  @Test
  void thePageIsServedAndOthersAreRefused() throws Exception {
    Device device = new Device();
    assertThat(device.get("/account/").body()).contains("<title>Account");
    assertThat(device.get("/account/account.js").statusCode()).isEqualTo(200);
    assertThat(device.get("/account/account.css").statusCode()).isEqualTo(200);
    assertThat(device.post("/login", new JsonObject().put("name", "<b>")).statusCode())
        .isEqualTo(400);
    assertThat(
            device
                .send(
                    device
                        .request("/api/account/login")
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString("{\"name\":\"ann\"}")))
                .statusCode())
        .isEqualTo(415);
  }
}
