package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * One node that listens, and a Vert.x that has only joined the cluster: no broker runs there, and
 * the verticle knows nothing of ours but texts (docs/bus.md).
 */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlainVerticleClusterIT {
  private static final Journal JOURNAL = new Journal();

  private ClusterNode server;
  private ClusterNode plain;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    server = ClusterNode.join(cluster).broker().http();
    plain = ClusterNode.join(cluster);
  }

  @AfterEach
  void nothingElse() {
    JOURNAL.hasNothing();
  }

  @AfterAll
  void stop() throws Exception {
    plain.close();
    server.close();
  }

  @Test
  void aVerticleThatKnowsOnlyTheContractServesARoute() throws Exception {
    Plain verticle = new Plain("/plain/:name", "1.0", new JsonObject());
    plain.vertx.deployVerticle(verticle).await(10, SECONDS);
    awaitServed("/plain/nobody");

    Client client = server.connect("/plain/ann?mood=bright");
    assertThat(JOURNAL.next())
        .isEqualTo("join /plain/:name {\"name\":\"ann\",\"mood\":\"bright\"} null");
    client.send("hi");
    assertThat(client.text()).isEqualTo("hi, ann");
    assertThat(JOURNAL.next())
        .isEqualTo("message /plain/:name {\"name\":\"ann\",\"mood\":\"bright\"} hi");
    client.send((byte) 1, (byte) 2);
    assertThat(client.bytes()).containsExactly(1, 2);
    assertThat(JOURNAL.next()).startsWith("message");
    client.close();
    assertThat(JOURNAL.next()).startsWith("leave");

    client = server.connect("/plain/bob");
    assertThat(JOURNAL.next()).startsWith("join");
    client.send("close me");
    assertThat(client.closed()).isEqualTo(new Client.Closed(4002, "as you like"));
    assertThat(JOURNAL.next()).startsWith("message");
    assertThat(JOURNAL.next()).startsWith("leave");
    assertThat(Client.status(server.port(), "/plain/eve")).isEqualTo(403);
    assertThat(JOURNAL.next()).startsWith("join");

    Client last = server.connect("/plain/cat");
    assertThat(JOURNAL.next()).startsWith("join");
    verticle.withdraw();
    assertThat(last.closed().code()).isEqualTo(1012);
    assertThat(JOURNAL.next()).startsWith("leave");
    assertThat(Client.status(server.port(), "/plain/dan")).isEqualTo(503);
  }

  @Test
  void anInstanceOfTheNextMinorVersionServes() throws Exception {
    JsonObject later =
        new JsonObject()
            .put("mood", "bright")
            .put("weight", 7)
            .put("labels", new JsonArray().add("a"));
    Plain verticle = new Plain("/minor/:name", "1.1", later);
    plain.vertx.deployVerticle(verticle).await(10, SECONDS);
    awaitServed("/minor/nobody");
    Client client = server.connect("/minor/ann").send("hi");
    assertThat(client.text()).isEqualTo("hi, ann");
    client.close();
    assertThat(JOURNAL.next()).startsWith("join");
    assertThat(JOURNAL.next()).startsWith("message");
    assertThat(JOURNAL.next()).startsWith("leave");
    verticle.withdraw();
  }

  @Test
  void anInstanceOfAnotherMajorVersionIsRefused() throws Exception {
    plain
        .vertx
        .deployVerticle(new Plain("/major/:name", "2.0", new JsonObject()))
        .await(10, SECONDS);
    plain
        .vertx
        .deployVerticle(new Plain("/behind/:name", "1.0", new JsonObject()))
        .await(10, SECONDS);
    awaitServed("/behind/nobody");
    assertThat(Client.status(server.port(), "/major/nobody")).isEqualTo(404);
  }

  @Test
  void anInstanceWhoseNodeIsLostServesNoMore() throws Exception {
    ClusterNode third = ClusterNode.join(server.cluster());
    try {
      Plain verticle = new Plain("/lost/:name", "1.0", new JsonObject().put("node", third.id()));
      third.vertx.deployVerticle(verticle).await(10, SECONDS);
      awaitServed("/lost/nobody");
      Client client = server.connect("/lost/ann").send("hi");
      assertThat(client.text()).isEqualTo("hi, ann");
      assertThat(JOURNAL.next()).startsWith("join");
      assertThat(JOURNAL.next()).startsWith("message");
      third.crash();
      assertThat(client.closed().code()).isEqualTo(1012);
      assertThat(Client.status(server.port(), "/lost/bob")).isEqualTo(503);
    } finally {
      third.close();
    }
  }

  /** An announcement is published, so nobody says when it has been heard. */
  private void awaitServed(String path) throws Exception {
    while (true) {
      int status = Client.status(server.port(), path);
      if (status == 403) {
        assertThat(JOURNAL.next()).startsWith("join");
        return;
      }
      assertThat(status).isEqualTo(404);
    }
  }

  /** Texts only: this is what a verticle in another language or without our jar does. */
  private static final class Plain extends AbstractVerticle {
    private final String pattern;
    private final String version;
    private final JsonObject more;
    private final String address = "acme.plain:" + UUID.randomUUID();

    Plain(String pattern, String version, JsonObject more) {
      this.pattern = pattern;
      this.version = version;
      this.more = more;
    }

    @Override
    public void start(Promise<Void> started) {
      vertx.eventBus().consumer("carillon.handlers", this::onAsked);
      vertx
          .eventBus()
          .consumer(address, this::onEvent)
          .completion()
          .onSuccess(listening -> publish("announce"))
          .onComplete(started);
    }

    private void onAsked(Message<Object> question) {
      vertx
          .eventBus()
          .request(question.headers().get("address"), announcement(), action("announce"));
    }

    void withdraw() {
      publish("withdraw");
    }

    private void publish(String action) {
      vertx.eventBus().publish("carillon.routes", announcement(), action(action));
    }

    private JsonObject announcement() {
      JsonArray events = new JsonArray().add("join").add("message").add("leave");
      JsonObject route = new JsonObject().put("pattern", pattern).put("events", events);
      if (!more.isEmpty()) {
        events.add("dance");
        route.put("settings", more).mergeIn(more);
      }
      return new JsonObject()
          .put("version", version)
          .put("address", address)
          .put("name", "plain")
          .put("routes", new JsonArray().add(route))
          .mergeIn(more);
    }

    private void onEvent(Message<Object> event) {
      String kind = event.headers().get("event");
      JsonObject parameters = new JsonObject(event.headers().get("parameters"));
      JOURNAL.add(
          kind
              + " "
              + event.headers().get("route")
              + " "
              + parameters.encode()
              + " "
              + event.body());
      if (kind.equals("join")) {
        if (Set.of("nobody", "eve").contains(parameters.getString("name"))) {
          event.fail(403, "not you");
        } else {
          event.reply(null);
        }
      } else if (kind.equals("message")) {
        answer(event, parameters.getString("name"));
      } else {
        event.reply(null);
      }
    }

    private void answer(Message<Object> event, String name) {
      String client = event.headers().get("client");
      DeliveryOptions send =
          new DeliveryOptions().addHeader("channel", event.headers().get("channel"));
      if ("close me".equals(event.body())) {
        send.addHeader("action", "close")
            .addHeader("code", "4002")
            .addHeader("reason", "as you like");
        vertx.eventBus().send(client, null, send);
      } else if (event.body() instanceof Buffer bytes) {
        vertx.eventBus().send(client, bytes, send.addHeader("action", "send"));
      } else {
        vertx.eventBus().send(client, event.body() + ", " + name, send.addHeader("action", "send"));
      }
      event.reply(null);
    }

    private static DeliveryOptions action(String action) {
      return new DeliveryOptions().addHeader("action", action);
    }
  }
}
