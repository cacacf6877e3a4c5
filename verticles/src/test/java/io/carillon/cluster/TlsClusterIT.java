package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.server.TestCertificate;
import io.vertx.core.Promise;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.spi.cluster.NodeInfo;
import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An event bus that speaks TLS, with certificates on both sides. */
@Timeout(60)
class TlsClusterIT {
  private static final String TOPIC = "/t";

  @TempDir private Path folder;
  private final String cluster = ClusterNode.newCluster();
  private ClusterNode one;

  @BeforeEach
  void start() throws Exception {
    one = ClusterNode.join(cluster, certificate("ours")).broker().http();
    one.serve(routes -> routes.route(TOPIC).message((ch, payload) -> ch.broadcast(payload)));
  }

  @AfterEach
  void stop() throws Exception {
    one.close();
  }

  @Test
  void broadcastsCrossItInBothDirections() throws Exception {
    try (ClusterNode two = ClusterNode.join(cluster, tls("ours")).broker().http()) {
      Client ann = one.connect(TOPIC);
      Client bob = two.connect(TOPIC);
      one.broker.broadcastTo(TOPIC, "from one").await(10, SECONDS);
      assertThat(bob.text()).isEqualTo("from one");
      two.broker.broadcastTo(TOPIC, "from two").await(10, SECONDS);
      assertThat(ann.text()).isEqualTo("from one");
      assertThat(ann.text()).isEqualTo("from two");
    }
  }

  @Test
  void aNodeWithoutACertificateOfTheAuthorityIsNotListenedTo() throws Exception {
    Client ann = one.connect(TOPIC);
    try (ClusterNode stranger = ClusterNode.join(cluster, certificate("theirs")).broker();
        ClusterNode inTheClear = ClusterNode.join(cluster).broker()) {
      stranger.broker.broadcastTo(TOPIC, "from a stranger").await(20, SECONDS);
      inTheClear.broker.broadcastTo(TOPIC, "in the clear").await(20, SECONDS);
    }
    one.broker.broadcastTo(TOPIC, "from one").await(20, SECONDS);
    assertThat(ann.text()).isEqualTo("from one");
  }

  @Test
  void aClientHasToShowACertificate() throws Exception {
    NodeInfo bus = busOf(one);
    try (SSLSocket socket =
        (SSLSocket)
            TestCertificate.trusting().getSocketFactory().createSocket(bus.host(), bus.port())) {
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                socket.getInputStream().read(); // with TLS 1.3 the refusal comes behind
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("certificate");
    }
  }

  private static NodeInfo busOf(ClusterNode node) throws Exception {
    Promise<NodeInfo> info = Promise.promise();
    ((VertxInternal) node.vertx).clusterManager().getNodeInfo(node.id(), info);
    return info.future().await(10, SECONDS);
  }

  /** Makes a certificate that is its own authority. */
  private JsonObject certificate(String name) throws Exception {
    TestCertificate.of(name, folder)
        .write(folder.resolve(name + ".pem"), folder.resolve(name + "-key.pem"));
    return tls(name);
  }

  private JsonObject tls(String name) {
    String certificate = folder.resolve(name + ".pem").toString();
    return new JsonObject()
        .put(
            "tls",
            new JsonObject()
                .put("certificate", certificate)
                .put("key", folder.resolve(name + "-key.pem").toString())
                .put("authority", certificate));
  }
}
