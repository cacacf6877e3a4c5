package io.carillon;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.codec.Json;
import io.carillon.config.Settings;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class MainVerticleIT {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(3));

  @BeforeEach
  void forget() {
    Probe.LOG.clear();
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(20, SECONDS);
  }

  @Test
  void serverIsEmbeddedInAFewLines() throws Exception {
    MainVerticle server = new MainVerticle();
    JsonObject config = new JsonObject("{\"http\": {\"port\": 0, \"host\": \"localhost\"}}");
    vertx.deployVerticle(server, new DeploymentOptions().setConfig(config)).await(20, SECONDS);
    vertx.deployVerticle(new Probe.Echo()).await(20, SECONDS);

    assertThat(TestClient.connect(server.port(), "/echo").ask("hello")).isEqualTo("hello");
  }

  @Test
  void verticlesOfTheConfigurationAreServed() throws Exception {
    MainVerticle server =
        server("{'verticles': ['io.carillon.Probe$Echo', {'name': 'io.carillon.Probe$Plain'}]}");
    deploy(server);

    assertThat(TestClient.connect(server.port(), "/echo").ask("hello")).isEqualTo("hello");
    assertThat(Probe.LOG).contains("plain started: {}");
  }

  @Test
  void handlersAreDeployedPerEventLoopAndOthersOnce() throws Exception {
    deploy(
        server(
            "{'verticles': [{'name': 'io.carillon.Probe$Echo', 'config': {'a': {'b': 1}}},"
                + " {'name': 'io.carillon.Probe$Plain', 'config': {'c': 2}}]}"));

    assertThat(Probe.LOG)
        .containsExactly(
            "echo started: {\"a\":{\"b\":1}}",
            "echo started: {\"a\":{\"b\":1}}",
            "echo started: {\"a\":{\"b\":1}}",
            "plain started: {\"c\":2}");
  }

  @Test
  void numberOfInstancesIsConfigured() throws Exception {
    deploy(
        server(
            "{'http': {'instances': 2}, 'verticles':"
                + " [{'name': 'io.carillon.Probe$Echo', 'instances': 1},"
                + " {'name': 'io.carillon.Probe$Plain', 'instances': 'perEventLoop'}]}"));

    assertThat(Probe.LOG.stream().filter("echo started: {}"::equals)).hasSize(1);
    assertThat(Probe.LOG.stream().filter("plain started: {}"::equals)).hasSize(3);
  }

  @Test
  void everyInstanceListensOnTheOnePort() throws Exception {
    MainVerticle server = server("{'verticles': ['io.carillon.Probe$Echo']}");
    deploy(server);

    for (int i = 0; i < 7; i++) {
      TestClient client = TestClient.connect(server.port(), "/echo");
      assertThat(client.ask("hello " + i)).isEqualTo("hello " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({"eventLoop", "worker"})
  void handlersRunWhereTheyAreTold(String threading) throws Exception {
    MainVerticle server =
        server(
            "{'verticles': [{'name': 'io.carillon.Probe$Where', 'threading': '"
                + threading
                + "'}]}");
    deploy(server);

    assertThat(TestClient.connect(server.port(), "/thread").ask("?")).isEqualTo(threading);
  }

  @Test
  void virtualThreadsNeedJava21() throws Exception {
    MainVerticle server =
        server("{'verticles': [{'name': 'io.carillon.Probe$Where', 'threading': 'virtual'}]}");
    int java = Runtime.version().feature();

    if (java >= 21) {
      deploy(server);
      assertThat(TestClient.connect(server.port(), "/thread").ask("?")).isEqualTo("other");
    } else {
      refused(
          server,
          "verticles[0].threading must be eventLoop or worker on Java "
              + java
              + ", virtual needs 21: verticles[0].threading=virtual (file)");
    }
  }

  @Test
  void httpStopsAheadOfTheVerticlesAndTheyInReverse() throws Exception {
    MainVerticle server =
        server(
            "{'verticles': [{'name': 'io.carillon.Probe$Plain', 'config': {'a': 1}},"
                + " {'name': 'io.carillon.Probe$Echo', 'instances': 1}]}");
    String id = deploy(server);
    TestClient client = TestClient.connect(server.port(), "/echo");
    client.ask("hello");
    Probe.LOG.clear();

    vertx.undeploy(id).await(20, SECONDS);

    assertThat(client.closeCode()).isEqualTo(1001);
    assertThat(Probe.LOG).hasSize(3);
    assertThat(Probe.LOG.get(0)).startsWith("left: ");
    assertThat(Probe.LOG.subList(1, 3)).containsExactly("echo stopped", "plain stopped");
    assertThat(vertx.deploymentIDs()).isEmpty();
  }

  @Test
  void portIsNotKnownBeforeTheDeployment() {
    assertThatThrownBy(() -> server("{}").port())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the server has not been deployed yet");
  }

  // Starts that fail.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'http': {'port': 99999}}" + "| http.port must be 0 to 65535: http.port=99999 (file)",
        "{'http': {'instances': 0}}"
            + "| http.instances must be 1 to 1024: http.instances=0 (file)",
        "{'shutdown': {'timeout': 'never'}}"
            + "| shutdown.timeout must be a time such as 500ms, 30s or 10m:"
            + " shutdown.timeout=never (file)",
        "{'verticles': [{}]}"
            + "| verticles[0].name must be the name of a verticle's class: it is not set",
        "{'verticles': ['com.acme.Nobody']}"
            + "| verticles[0].name must be a class on the class path:"
            + " verticles[0].name=com.acme.Nobody (file)",
        "{'verticles': ['java.lang.String']}"
            + "| verticles[0].name must be a verticle, such as a ChannelVerticle:"
            + " verticles[0].name=java.lang.String (file)",
        "{'verticles': ['io.carillon.Probe$Hidden']}"
            + "| verticles[0].name must be a public class with a public constructor without"
            + " parameters: verticles[0].name=io.carillon.Probe$Hidden (file)",
        "{'verticles': ['io.carillon.Probe$Throwing']}"
            + "| verticle did not start: name=io.carillon.Probe$Throwing,"
            + " java.lang.UnsupportedOperationException: not today",
        "{'verticles': ['io.carillon.Probe$Plain', 'io.carillon.Probe$Failing']}"
            + "| verticle did not start: name=io.carillon.Probe$Failing,"
            + " java.io.IOException: no database",
      })
  void badStartSaysWhatToMendAndLeavesNothing(String config, String message) {
    refused(server(config), message);
    assertThat(vertx.deploymentIDs()).isEmpty();
  }

  @Test
  void overlappingRoutesNameBoth() {
    assertThatThrownBy(
            () ->
                deploy(
                    server(
                        "{'verticles':"
                            + " ['io.carillon.Probe$Echo', 'io.carillon.Probe$Overlapping']}")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("/echo", "io.carillon.Probe$Echo", "io.carillon.Probe$Overlapping")
        .message()
        .doesNotContain("\n");
    assertThat(vertx.deploymentIDs()).isEmpty();
  }

  @Test
  void portThatIsTakenIsNamed() throws Exception {
    try (ServerSocket other = new ServerSocket()) {
      other.bind(new InetSocketAddress("127.0.0.1", 0));
      int taken = other.getLocalPort();

      refused(
          server("{'http': {'port': " + taken + "}, 'verticles': ['io.carillon.Probe$Echo']}"),
          "the port is taken, stop who has it or choose another: http.host=127.0.0.1, http.port="
              + taken);
      assertThat(vertx.deploymentIDs()).isEmpty();
    }
  }

  private String deploy(MainVerticle server) throws Exception {
    Future<String> deployed = vertx.deployVerticle(server);
    return deployed.await(20, SECONDS);
  }

  private void refused(MainVerticle server, String message) {
    assertThatThrownBy(() -> deploy(server))
        .isInstanceOfAny(IllegalArgumentException.class, IllegalStateException.class)
        .hasMessage(message);
  }

  /** A server on a free port of the loopback, unless the configuration says otherwise. */
  private static MainVerticle server(String config) {
    JsonObject file =
        new JsonObject().put("http", new JsonObject().put("host", "127.0.0.1").put("port", 0));
    file.mergeIn(Json.parseCommented(config.replace('\'', '"')), true);
    return new MainVerticle(new Settings(file, Map.of(), Map.of()));
  }
}
