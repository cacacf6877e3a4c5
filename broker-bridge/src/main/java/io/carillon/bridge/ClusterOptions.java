package io.carillon.bridge;

import com.hazelcast.config.Config;
import com.hazelcast.config.XmlConfigBuilder;
import io.carillon.config.Settings;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * How a node joins a cluster: where it listens for other nodes, and where it looks for them.
 *
 * @param hazelcast the Hazelcast configuration; without it the one that comes with the library
 * @param name only nodes with the same name join each other
 * @param host the address of the interface that cluster and event bus listen on
 * @param publicHost the address under which other nodes reach this one, where that is another
 * @param port the first port tried for the cluster
 * @param portCount how many ports are tried from there on
 * @param members where to look for nodes: host names or addresses, with a port or without
 * @param busPort the port of the event bus; 0 for any free one
 */
public record ClusterOptions(
    Optional<Path> hazelcast,
    String name,
    String host,
    Optional<String> publicHost,
    int port,
    int portCount,
    List<String> members,
    int busPort) {

  private static final String DEFAULT_CONFIGURATION = "/carillon/cluster.xml";
  private static final String LOOPBACK = "127.0.0.1";
  private static final int BUS_MILLIS = 2_000;

  /**
   * Reads the {@code cluster} section.
   *
   * @throws IllegalArgumentException if a value is not one; the text names the key
   */
  public static ClusterOptions from(Settings settings) {
    List<String> members = settings.strings("cluster.members");
    return new ClusterOptions(
        settings.path("cluster.hazelcast"),
        settings.string("cluster.name", "carillon"),
        settings.string("cluster.host", LOOPBACK),
        settings.string("cluster.publicHost"),
        settings.integer("cluster.port", 5701, 1, 65535),
        settings.integer("cluster.portCount", 20, 1, 100),
        members.isEmpty() ? List.of(LOOPBACK) : members,
        settings.integer("cluster.busPort", 0, 0, 65535));
  }

  /**
   * Makes a cluster manager that has not joined yet.
   *
   * @throws IllegalArgumentException if the Hazelcast configuration cannot be read
   */
  public ClusterManager manager() {
    try (InputStream xml = open()) {
      Config config = new XmlConfigBuilder(xml).setProperties(variables()).build();
      publicHost.ifPresent(at -> config.getNetworkConfig().setPublicAddress(at + ":" + port));
      return new HazelcastClusterManager(config);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "cluster.hazelcast cannot be read: "
              + hazelcast.map(Path::toString).orElse(DEFAULT_CONFIGURATION)
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** Sets the event bus up: where it listens, and how soon a silent node is given up. */
  public void configure(VertxOptions options) {
    EventBusOptions bus =
        options
            .getEventBusOptions()
            .setHost(host)
            .setPort(busPort)
            .setClusterPingInterval(BUS_MILLIS)
            .setClusterPingReplyInterval(BUS_MILLIS)
            .setConnectTimeout(BUS_MILLIS)
            .setReconnectAttempts(3)
            .setReconnectInterval(500);
    publicHost.ifPresent(bus::setClusterPublicHost);
  }

  private InputStream open() throws IOException {
    if (hazelcast.isPresent()) {
      return Files.newInputStream(hazelcast.get());
    }
    InputStream ours = ClusterOptions.class.getResourceAsStream(DEFAULT_CONFIGURATION);
    if (ours == null) {
      throw new IOException("not on the class path");
    }
    return ours;
  }

  /** What stands as a variable in the Hazelcast configuration. */
  private Properties variables() {
    Properties variables = new Properties();
    variables.setProperty("cluster.name", name);
    variables.setProperty("cluster.host", host);
    variables.setProperty("cluster.port", Integer.toString(port));
    variables.setProperty("cluster.portCount", Integer.toString(portCount));
    variables.setProperty("cluster.members", String.join(",", members));
    return variables;
  }
}
