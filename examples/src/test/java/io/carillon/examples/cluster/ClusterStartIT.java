package io.carillon.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node says that cannot join: one line, and it ends; or one warning, and it serves. */
@Timeout(110)
class ClusterStartIT {
  private static final String HOST = "CARILLON_CLUSTER_HOST";
  private static final String MEMBERS = "CARILLON_CLUSTER_MEMBERS";
  private static final String HAZELCAST = "CARILLON_CLUSTER_HAZELCAST";

  private final Cluster cluster = new Cluster();

  @AfterEach
  void stop() throws Exception {
    cluster.close();
  }

  @Test
  void anAddressThatTheMachineDoesNotHaveEndsTheStart() throws Exception {
    String nobodys = "203.0.113.1"; // of a network for documentation
    String rule = "cluster.host must be auto or an IPv4 address of this machine: cluster.host=";
    assertEnds(2, cluster.server("stranger").set(HOST, nobodys), rule + nobodys);
    assertEnds(2, cluster.server("by name").set(HOST, "localhost"), rule + "localhost");
  }

  @Test
  void whatIsNoMemberEndsTheStart() throws Exception {
    assertEnds(
        2,
        cluster.server("one").set(MEMBERS, "127.0.0.1:http"),
        "cluster.members must be names or IPv4 addresses, each with a port or without:"
            + " cluster.members=127.0.0.1:http (environment CARILLON_CLUSTER_MEMBERS)");
  }

  @Test
  void aHazelcastConfigurationThatIsNoneEndsTheStart(@TempDir Path folder) throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.xml"), "<hazelcast><network>");
    assertEnds(
        2,
        cluster.server("broken").set(HAZELCAST, broken.toString()),
        "cluster.hazelcast cannot be read: "
            + broken
            + ": XML document structures must start and end within the same entity.");
    Path none = folder.resolve("none.xml");
    assertEnds(
        2,
        cluster.server("none").set(HAZELCAST, none.toString()),
        "cluster.hazelcast cannot be read: " + none + ": no such file");
  }

  @Test
  void aPortThatIsTakenEndsTheStart() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(other.getLocalPort());
      assertEnds(
          11,
          cluster
              .server("cluster")
              .set("CARILLON_CLUSTER_PORT", port)
              .set("CARILLON_CLUSTER_PORT_COUNT", "1"),
          "the ports of the cluster are taken: cluster.host=127.0.0.1, cluster.port="
              + port
              + ", cluster.portCount=1");
      assertEnds(
          11,
          cluster.server("bus").set("CARILLON_CLUSTER_BUS_PORT", port),
          "the port of the event bus is taken: cluster.host=127.0.0.1, cluster.busPort=" + port);
    }
  }

  @Test
  void aNodeThatFindsNoOtherOfItsNameSaysSoAndServes() throws Exception {
    ServerProcess one = cluster.start("one");
    ServerProcess two =
        cluster.start(cluster.server("two").set("CARILLON_CLUSTER_NAME", "another"));
    for (ServerProcess node : new ServerProcess[] {one, two}) {
      assertThat(node.lines("this node is alone until one comes")).as(node.output()).hasSize(1);
      assertThat(node.ready()).isEqualTo(200);
    }
    assertThat(two.lines("the target cluster has a different cluster-name")).hasSize(1);
    cluster.assertNoErrors();
  }

  @Test
  void aNameStandsForAllItsAddresses(@TempDir Path folder) throws Exception {
    Path hosts =
        Files.writeString(
            folder.resolve("hosts"),
            "127.0.0.2 node.test\n127.0.0.3 node.test\n127.0.0.1 node.test\n");
    String file = "-Djdk.net.hosts.file=" + hosts;
    cluster.start(cluster.server("one").set(MEMBERS, "node.test").jvm(file));

    ServerProcess two = cluster.start(cluster.server("two").set(MEMBERS, "node.test").jvm(file));

    assertThat(two.lines("node greeted")).as(two.output()).hasSize(1);
  }

  private void assertEnds(int code, ServerProcess.Builder server, String line) throws Exception {
    try (ServerProcess process = server.launch()) {
      assertThat(process.exitCode()).as(process.output()).isEqualTo(code);
      assertThat(process.lines(""))
          .filteredOn(said -> !said.startsWith("WARNING: ")) // of a newer JVM, about Hazelcast
          .containsExactly("Carillon did not start: " + line);
    }
  }
}
