package io.carillon.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import io.carillon.config.Settings;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterOptionsTest {
  @Test
  void clusterAndEventBusListenOnLoopbackUnlessToldOtherwise() {
    Config hazelcast = hazelcast("{}");
    assertThat(hazelcast.getClusterName()).isEqualTo("carillon");
    assertThat(hazelcast.getNetworkConfig().getInterfaces().isEnabled()).isTrue();
    assertThat(hazelcast.getNetworkConfig().getInterfaces().getInterfaces())
        .containsExactly("127.0.0.1");
    assertThat(hazelcast.getProperty("hazelcast.socket.bind.any")).isEqualTo("false");
    assertThat(hazelcast.getNetworkConfig().getPort()).isEqualTo(5701);
    assertThat(hazelcast.getNetworkConfig().getPortCount()).isEqualTo(20);
    assertThat(members("{}")).containsExactly("127.0.0.1");
    assertThat(bus("{}").getHost()).isEqualTo("127.0.0.1");
    assertThat(bus("{}").isSsl()).isFalse();
  }

  @Test
  void nodesWithAFixedPortAreLookedForOnThatPortOnly() {
    assertThat(members("{'port': 7, 'portCount': 1, 'members': ['10.0.0.1', '10.0.0.2:8']}"))
        .containsExactly("10.0.0.1:7", "10.0.0.2:8");
    assertThat(members("{'port': 7, 'portCount': 2, 'members': ['10.0.0.1', '10.0.0.2:8']}"))
        .containsExactly("10.0.0.1", "10.0.0.2:8");
  }

  @Test
  void aNameIsLookedForAtItsAddressesAndWhereItIsNotKnownYetByName() {
    assertThat(members("{'members': ['localhost:7', 'nobody.invalid:7']}"))
        .containsExactly("127.0.0.1:7", "nobody.invalid:7");
  }

  @Test
  void thePublicAddressIsToldToBoth() {
    String config = "{'publicHost': '192.0.2.1', 'port': 7}";
    NetworkConfig network = hazelcast(config).getNetworkConfig();
    assertThat(network.getPublicAddress()).isEqualTo("192.0.2.1:7");
    assertThat(bus(config).getClusterPublicHost()).isEqualTo("192.0.2.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "::1", "127.0.0.1:", "127.0.0.1:x", "a b", "a:1:2"})
  void whatIsNoMemberIsRefused(String member) {
    assertThatThrownBy(() -> options("{'members': ['" + member + "']}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "cluster.members must be names or IPv4 addresses, each with a port or without: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.1", "localhost", "::1", "127.1", "*"})
  void anAddressThatIsNotTheMachinesIsRefused(String host) {
    assertThatThrownBy(() -> options("{'host': '" + host + "'}").manager())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "cluster.host must be auto or an IPv4 address of this machine: cluster.host=" + host);
  }

  private static List<String> members(String section) {
    return hazelcast(section).getNetworkConfig().getJoin().getTcpIpConfig().getMembers();
  }

  private static Config hazelcast(String section) {
    return ((HazelcastClusterManager) options(section).manager()).getConfig();
  }

  private static EventBusOptions bus(String section) {
    VertxOptions options = new VertxOptions();
    options(section).configure(options);
    return options.getEventBusOptions();
  }

  private static ClusterOptions options(String section) {
    JsonObject file = new JsonObject("{\"cluster\":" + section.replace('\'', '"') + "}");
    return ClusterOptions.from(new Settings(file, Map.of(), Map.of()));
  }
}
