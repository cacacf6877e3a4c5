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
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParserFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

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

  private static final Logger LOG = LoggerFactory.getLogger(ClusterOptions.class);

  private static final String DEFAULT_CONFIGURATION = "/carillon/cluster.xml";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String AUTO = "auto";
  private static final int BUS_MILLIS = 2_000;

  /** A name or an IPv4 address, with a port or without. */
  private static final Pattern MEMBER = Pattern.compile("[^:\\s]+(:\\d{1,5})?");

  /**
   * Reads the {@code cluster} section.
   *
   * @throws IllegalArgumentException if a value is not one; the text names the key
   */
  public static ClusterOptions from(Settings settings) {
    List<String> members = settings.strings("cluster.members");
    if (!members.stream().allMatch(member -> MEMBER.matcher(member).matches())) {
      throw settings.refuse(
          "cluster.members", "names or IPv4 addresses, each with a port or without");
    }
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
   * Makes a cluster manager that has not joined yet. A join that fails does so with a text that
   * names the keys.
   *
   * @throws IllegalArgumentException if the Hazelcast configuration cannot be read, or if {@code
   *     host} is no address of this machine
   */
  public ClusterManager manager() {
    if (!isOurs(host)) {
      throw new IllegalArgumentException(
          "cluster.host must be auto or an IPv4 address of this machine: cluster.host=" + host);
    }
    try {
      check();
      try (InputStream xml = open()) {
        Config config = new XmlConfigBuilder(xml).setProperties(variables()).build();
        publicHost.ifPresent(at -> config.getNetworkConfig().setPublicAddress(at + ":" + port));
        return new Manager(config, this);
      }
    } catch (IOException | SAXException | ParserConfigurationException | RuntimeException e) {
      throw new IllegalArgumentException(
          "cluster.hazelcast cannot be read: "
              + hazelcast.map(Path::toString).orElse(DEFAULT_CONFIGURATION)
              + ": "
              + (e instanceof NoSuchFileException ? "no such file" : e.getMessage()),
          e);
    }
  }

  private static boolean isOurs(String address) {
    try {
      InetAddress parsed = InetAddress.getByName(address);
      return parsed instanceof Inet4Address
          && parsed.getHostAddress().equals(address)
          && NetworkInterface.getByInetAddress(parsed) != null;
    } catch (UnknownHostException | SocketException e) {
      return false;
    }
  }

  /** Whether it is XML at all: Hazelcast's reader would say it on standard error. */
  private void check() throws IOException, SAXException, ParserConfigurationException {
    try (InputStream xml = open()) {
      SAXParserFactory.newInstance().newSAXParser().parse(xml, new DefaultHandler());
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
            .setTcpUserTimeout(2 * BUS_MILLIS) // else a connection outlives the cut by minutes
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

  private IllegalStateException notJoined(Throwable failure) {
    LOG.debug("not joined", failure);
    String place = ": cluster.host=" + host + ", cluster.port=" + port;
    return failure.getCause() instanceof BindException
        ? new IllegalStateException(
            "the ports of the cluster are taken" + place + ", cluster.portCount=" + portCount)
        : new IllegalStateException(
            "the cluster cannot be joined, look for something that is no node where nodes are looked"
                + " for"
                + place
                + ", cluster.members="
                + String.join(",", members)
                + ", "
                + failure.getMessage());
  }

  /** Says in one line why it did not join, and can leave then, which Hazelcast's cannot. */
  private static final class Manager extends HazelcastClusterManager {
    private final ClusterOptions options;

    Manager(Config config, ClusterOptions options) {
      super(config);
      this.options = options;
    }

    @Override
    public void join(Completable<Void> promise) {
      super.join(
          (done, failure) -> {
            if (failure == null) {
              promise.succeed();
            } else {
              promise.fail(options.notJoined(failure));
            }
          });
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
   * The members, all addresses in the place of each name: Hazelcast may take only one of them, and
   * a name that is this node's as well for its own address. A name that is not known yet stays as
   * it is. Where every node has the same port, it is looked for on no other, since the halves of a
   * parted cluster try one behind the other.
   */
  private Set<String> resolved() {
    Set<String> all = new LinkedHashSet<>();
    for (String member : members) {
      int colon = member.indexOf(':');
      String otherwise = portCount == 1 ? ":" + port : "";
      String suffix = colon < 0 ? otherwise : member.substring(colon);
      for (String address : addresses(colon < 0 ? member : member.substring(0, colon))) {
        all.add(address + suffix);
      }
    }
    return all;
  }

  private static List<String> addresses(String name) {
    try {
      return Arrays.stream(InetAddress.getAllByName(name))
          .filter(Inet4Address.class::isInstance)
          .map(InetAddress::getHostAddress)
          .toList();
    } catch (UnknownHostException notYet) {
      return List.of(name); // looked up again by Hazelcast
    }
  }
}
