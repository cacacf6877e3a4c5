package io.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealthClusterIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @Test
  void aNodeIsReadyWhileItIsInTheClusterAndItsBrokerRuns() throws Exception {
    try (ClusterNode node = ClusterNode.join(ClusterNode.newCluster()).http()) {
      assertThat(status(node, "live")).isEqualTo(200);
      assertThat(status(node, "ready")).isEqualTo(503);
      node.broker();
      assertThat(status(node, "ready")).isEqualTo(200);

      node.loseCluster();

      while (status(node, "ready") != 503) {
        Thread.onSpinWait(); // it looks for the others five times a second
      }
      assertThat(status(node, "live")).isEqualTo(200);
    }
  }

  private static int status(ClusterNode node, String what) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + node.port() + "/health/" + what);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }
}
