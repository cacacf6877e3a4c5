package io.carillon.bridge;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Broker;
import io.carillon.broker.Publication;
import io.carillon.broker.Subscription;
import io.carillon.config.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BrokerVerticleTest {
  private final Vertx vertx = Vertx.vertx();
  private final Broker broker = Broker.of(vertx);
  private final BlockingQueue<Publication> received = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(10, SECONDS);
  }

  private String run(Duration stopTimeout) throws Exception {
    return vertx
        .deployVerticle(new BrokerVerticle(new BrokerOptions(1000, 1 << 20, stopTimeout)))
        .await(10, SECONDS);
  }

  @Test
  void stopWaitsForTheLastSubscriberSoThatLastWordsArrive() throws Exception {
    String id = run(Duration.ofSeconds(15));
    Subscription first = broker.subscribe("/a", received::add).await(5, SECONDS);
    Subscription last = broker.subscribe("/b", received::add).await(5, SECONDS);

    Future<Void> stopped = vertx.undeploy(id);
    first.cancel().await(5, SECONDS);
    broker.broadcastTo("/b", "last words").await(5, SECONDS);

    assertThat(received.poll(5, SECONDS).payload().text()).isEqualTo("last words");
    assertThat(stopped.isComplete()).isFalse();
    last.cancel().await(5, SECONDS);
    stopped.await(5, SECONDS);
  }

  @Test
  void stopDoesNotWaitForeverForASubscriberThatStays() throws Exception {
    String id = run(Duration.ofMillis(50));
    broker.subscribe("/a", received::add).await(5, SECONDS);

    vertx.undeploy(id).await(5, SECONDS);
  }

  @Test
  void stopWithoutSubscribersIsAtOnce() throws Exception {
    String id = run(Duration.ofMinutes(10));
    broker.subscribe("/a", received::add).await(5, SECONDS).cancel().await(5, SECONDS);

    vertx.undeploy(id).await(5, SECONDS);
  }

  private static BrokerOptions options(String json) {
    return BrokerOptions.from(
        new Settings(new JsonObject(json.replace('\'', '"')), Map.of(), Map.of()));
  }

  @Test
  void settingsHaveDefaults() {
    assertThat(options("{}")).isEqualTo(new BrokerOptions());
    assertThat(options("{'broker': {'maxMessageBytes': 7, 'stopTimeout': '3s'}}"))
        .isEqualTo(
            new BrokerOptions(7, BrokerOptions.DEFAULT_MAX_QUEUED_BYTES, Duration.ofSeconds(3)));
  }

  @Test
  void settingOutOfRangeIsRefusedByItsName() {
    assertThatThrownBy(() -> options("{'broker': {'maxMessageBytes': 0}}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("broker.maxMessageBytes");
    assertThatThrownBy(() -> options("{'broker': {'stopTimeout': '1h'}}"))
        .hasMessageStartingWith("broker.stopTimeout");
  }
}
