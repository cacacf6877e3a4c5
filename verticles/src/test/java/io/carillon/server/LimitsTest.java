package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.config.Settings;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
  private static Settings settings(String json) {
    return new Settings(new JsonObject(json.replace('\'', '"')), Map.of(), Map.of());
  }

  @Test
  void defaultsAreTheNumbersOfTheRequirements() {
    Limits limits = Limits.from(settings("{}"));

    assertThat(limits).isEqualTo(Limits.DEFAULT);
    assertThat(limits.maxMessageBytes()).isEqualTo(1 << 20);
    assertThat(limits.maxOutboundBytes()).isEqualTo(1 << 20);
    assertThat(limits.maxInboundBytes()).isEqualTo(64 << 10);
    assertThat(limits.maxConnections()).isEqualTo(100_000);
    assertThat(limits.maxConnectionsPerAddress()).isZero();
    assertThat(limits.upgradesPerSecond()).isZero();
    assertThat(limits.rate().isBound()).isFalse();
    assertThat(limits.handshakeTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(limits.idleTimeout()).isZero();
    assertThat(limits.pingTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(limits.handlerTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(limits.pingInterval()).isEqualTo(Duration.ofSeconds(60));
    assertThat(limits.pingDisconnectCount()).isEqualTo(3);
  }

  @Test
  void httpHasItsDefaultsToo() {
    HttpOptions http = HttpOptions.from(settings("{}"));

    assertThat(http.host()).isEqualTo("0.0.0.0");
    assertThat(http.port()).isEqualTo(8080);
    assertThat(http.maxBodyBytes()).isEqualTo(5 << 20);
    assertThat(http.routes()).isEmpty();
    assertThat(http.tls()).isEmpty();
    assertThat(http.compression().fromBytes()).isEqualTo(1024);
    assertThat(HttpOptions.MAX_HEADER_BYTES).isEqualTo(16 << 10);
    assertThat(HttpOptions.MAX_URI_BYTES).isEqualTo(4096);
  }

  @ParameterizedTest
  @CsvSource({"off, 2147483647", "on, 0", "300, 300", "2KiB, 2048"})
  void compressionIsOffOnOrFromASize(String value, int fromBytes) {
    String json = "{'http': {'compression': '" + value + "'}}";

    assertThat(HttpOptions.from(settings(json)).compression().fromBytes()).isEqualTo(fromBytes);
  }

  @ParameterizedTest
  @CsvSource({
    "{'limits': {'maxMessageBytes': 0}}, limits.maxMessageBytes",
    "{'limits': {'maxMessageBytes': '2GiB'}}, limits.maxMessageBytes",
    "{'limits': {'maxInboundBytes': -1}}, limits.maxInboundBytes",
    "{'limits': {'handlerTimeout': '1ms'}}, limits.handlerTimeout",
    "{'limits': {'maxConnections': 0}}, limits.maxConnections",
    "{'limits': {'messagesPerSecond': -1}}, limits.messagesPerSecond",
    "{'limits': {'excess': 'drop'}}, limits.excess",
    "{'limits': {'handshakeTimeout': 0}}, limits.handshakeTimeout",
    "{'limits': {'pingDisconnectCount': 0}}, limits.pingDisconnectCount",
    "{'http': {'port': -1}}, http.port",
    "{'http': {'idleTimeout': '1ms'}}, http.idleTimeout",
    "{'http': {'compression': 'sometimes'}}, http.compression",
    "{'http': {'compression': '2GiB'}}, http.compression",
    "{'http': {'compression': true}}, http.compression",
    "{'http': {'tls': {'certificate': 'nowhere.pem'}}}, http.tls.certificate",
  })
  void valueOutOfRangeIsRefusedByItsName(String json, String key) {
    assertThatThrownBy(() -> HttpOptions.from(settings(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(key + " ");
  }

  @ParameterizedTest
  @CsvSource({
    "30s, 5s, 60s, 1250",
    "200ms, 5s, 0s, 50",
    "30s, 100ms, 60s, 25",
    "30s, 5s, 400ms, 100",
    "10ms, 10ms, 10ms, 10",
    "10m, 10m, 0s, 1000"
  })
  void connectionsAreLookedOverFourTimesInTheShortestTimeAndOnceASecond(
      String handler, String close, String ping, long most) {
    Limits limits =
        Limits.from(
            settings(
                String.format(
                    "{'limits': {'handlerTimeout': '%s', 'closeTimeout': '%s', 'pingInterval':"
                        + " '%s'}}",
                    handler, close, ping)));

    assertThat(limits.sweepMillis()).isBetween(10L, Math.min(1000L, most));
  }
}
