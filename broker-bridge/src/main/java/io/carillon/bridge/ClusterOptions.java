package io.carillon.bridge;

import com.hazelcast.config.Config;
import com.hazelcast.config.XmlConfigBuilder;
import io.carillon.config.Settings;
import io.vertx.core.Completable;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.spi.cluster.ClusterManager;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * How a node joins a cluster: where it listens for other nodes, and where it looks for them.
 *
 * @param hazelcast the Hazelcast configuration; without it the one that comes with the library
 * @param name only nodes with the same name join each other
 * @param host the address of the interface that cluster and event bus listen on; {@code auto} in
 *     the configuration is the address of the machine's own name
 * @param publicHost the address under which other nodes reach this one, where that is another
 * @param port the first port tried for the cluster
 * @param portCount how many ports are tried from there on
 * @param members where to look for nodes: host names or addresses, with a port or without
 * @param busPort the port of the event bus; 0 for any free one
 * @param tls certificates of the event bus; without them it is spoken in the clear
 */
public record ClusterOptions(
    Optional<Path> hazelcast,
    String name,
    String host,
    Optional<String> publicHost,
    int port,
    int portCount,
    List<String> members,
    int busPort,
    Optional<BusTls> tls) {

  /**
   * Certificates of the event bus: every node shows its own and checks that of the other.
   *
   * @param certificate PEM file with this node's chain
   * @param key PEM file with its private key, PKCS#8
   * @param authority PEM file with the authority that has signed all nodes' certificates
   */
  public record BusTls(Path certificate, Path key, Path authority) {
    static Optional<BusTls> from(Settings settings) {
      Optional<Path> certificate = settings.path("cluster.tls.certificate");
      Optional<Path> key = settings.path("cluster.tls.key");
      Optional<Path> authority = settings.path("cluster.tls.authority");
      if (certificate.isEmpty() && key.isEmpty() && authority.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new BusTls(
              readable(settings, "cluster.tls.certificate", certificate),
              readable(settings, "cluster.tls.key", key),
              readable(settings, "cluster.tls.authority", authority)));
    }

    private static Path readable(Settings settings, String key, Optional<Path> path) {
      return path.filter(Files::isReadable)
          .orElseThrow(() -> settings.refuse(key, "a readable PEM file"));
    }
  }

  private static final String DEFAULT_CONFIGURATION = "/carillon/cluster.xml";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String AUTO = "auto";
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
        host(settings),
        settings.string("cluster.publicHost"),
        settings.integer("cluster.port", 5701, 1, 65535),
        settings.integer("cluster.portCount", 20, 1, 100),
        members.isEmpty() ? List.of(LOOPBACK) : members,
        settings.integer("cluster.busPort", 0, 0, 65535),
        BusTls.from(settings));
  }

  /** In a container the address is not known before it runs; {@code auto} finds it. */
  private static String host(Settings settings) {
    String host = settings.string("cluster.host", LOOPBACK);
    if (!host.equals(AUTO)) {
      return host;
    }
    try {
      return InetAddress.getLocalHost().getHostAddress();
    } catch (UnknownHostException e) {
      throw settings.refuse("cluster.host", "an address, for this machine's name has none");
    }
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
      return new Manager(config);
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
    tls.ifPresent(
        files ->
            bus.setSsl(true)
                .setKeyCertOptions(
                    new PemKeyCertOptions()
                        .setCertPath(files.certificate().toString())
                        .setKeyPath(files.key().toString()))
                .setTrustOptions(new PemTrustOptions().addCertPath(files.authority().toString()))
                .setClientAuth(ClientAuth.REQUIRED));
  }

  /** Vert.x has a manager leave that could not join, which Hazelcast's does not expect. */
  private static final class Manager extends HazelcastClusterManager {
    Manager(Config config) {
      super(config);
    }

    @Override
    public void leave(Completable<Void> promise) {
      if (getHazelcastInstance() == null) {
        promise.succeed();
      } else {
        super.leave(promise);
      }
    }
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
    variables.setProperty("cluster.members", String.join(",", resolved()));
    return variables;
  }

  /**
   * The members, each name with all the addresses it stands for: Hazelcast may take only one of a
   * service's name. A name that is not known yet stays as it is.
   */
  private Set<String> resolved() {
    Set<String> all = new LinkedHashSet<>(members);
    for (String member : members) {
      int colon = member.lastIndexOf(':');
      String suffix = colon < 0 ? "" : member.substring(colon);
      try {
        for (InetAddress one :
            InetAddress.getAllByName(colon < 0 ? member : member.substring(0, colon))) {
          if (one instanceof Inet4Address) {
            all.add(one.getHostAddress() + suffix);
          }
        }
      } catch (UnknownHostException notYet) {
        // looked up again by Hazelcast, as a name
      }
    }
    return all;
  }
}
