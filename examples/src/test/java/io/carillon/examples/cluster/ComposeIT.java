package io.carillon.examples.cluster;

import static io.carillon.examples.cluster.Cluster.SECOND;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.json.JsonArray;
import java.io.BufferedReader;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What {@code docker compose up --scale node=3} starts, without Docker: the commands of the {@code
 * Dockerfile} with the environment of {@code docker-compose.yml}, and nginx with {@code
 * conf/nginx.conf} as it is. A network namespace stands for each container; the service's name has
 * three addresses. Run with {@code mvn -Pfailures verify}, as root; skipped without iproute2 or
 * nginx.
 */
@Tag("cluster-failures")
@Timeout(120)
class ComposeIT {
  private static final String SUBNET = "172.30.0.";

  /** The balancer's address in docker-compose.yml ends so. */
  private static final int BALANCER = 2;

  private static final List<Integer> NODES = List.of(1, 3, 4);
  private static final String FORGED = "198.51.100.66";

  private final Cluster cluster = new Cluster();
  private final List<Process> others = new ArrayList<>();
  private final List<ServerProcess> nodes = new ArrayList<>();
  private Network network;

  @BeforeEach
  void up() throws Exception {
    assumeTrue(Network.isPossible(), "needs root and ip netns (iproute2): skipped");
    assumeTrue(isInstalled("nginx"), "needs nginx: skipped");
    network = Network.of(4, SUBNET);
    List<String> addresses = NODES.stream().map(node -> SUBNET + node).toList();
    List<String> names = new ArrayList<>(List.of(ServerProcess.JAVA, "-cp", "target/test-classes"));
    names.add(NameServer.class.getName());
    names.addAll(addresses);
    await(onBalancer(names), "listening");
    for (int node : NODES) {
      String hosts = "127.0.0.1 localhost\n" + SUBNET + node + " " + hostName() + "\n";
      network.hosts(node, hosts + String.join(" node\n", addresses) + " node\n");
      nodes.add(cluster.start(network.on(cluster.server("node " + node), node).as(java(), env())));
    }
    Path folder = Files.createDirectories(Path.of("target", "nginx")).toAbsolutePath();
    onBalancer(
        List.of(
            "nginx",
            "-p",
            folder.toString(),
            "-c",
            ServerProcess.ROOT.resolve("conf/nginx.conf").toString(),
            "-g",
            "daemon off; pid " + folder + "/nginx.pid; error_log stderr;"));
    awaitReady();
  }

  @AfterEach
  void down() throws Exception {
    cluster.close();
    for (Process process : others) {
      process.destroy();
      process.waitFor(10, SECONDS);
    }
    if (network != null) {
      network.close();
    }
  }

  @Test
  void threeNodesBehindABalancerAreOne() throws Exception {
    for (ServerProcess node : nodes) {
      assertThat(node.lines("node greeted")).as(node.output()).hasSize(2);
    }

    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      members.add(Member.join("member" + i, at("ws", BALANCER, "/listen")));
    }
    cluster.talk().add(members.get(0), members.get(1));
    for (Member listener : members) {
      listener.awaitMore(members.get(0), SECOND);
      listener.awaitMore(members.get(1), SECOND);
    }
    assertThat(nodes).filteredOn(node -> !node.lines(" joined: ").isEmpty()).hasSize(3);

    assertThat(who(BALANCER)).isEqualTo(network.self());
    assertThat(who(BALANCER, "X-Forwarded-For", FORGED)).isEqualTo(network.self());
    assertThat(who(BALANCER, "Forwarded", "for=" + FORGED)).isEqualTo(network.self());
    assertThat(who(1, "X-Forwarded-For", FORGED)).isEqualTo(network.self());
    assertThat(who(1, "Forwarded", "for=" + FORGED)).isEqualTo(network.self());
    assertThat(status(BALANCER, "/")).isEqualTo(200);

    assertThat(healthCheck(1)).isZero();
    assertThat(nodes.get(0).terminate()).isIn(0, 143);
    assertThat(healthCheck(1)).isNotZero();
    for (int i = 0; i < 6; i++) {
      Member late = Member.join("late" + i, at("ws", BALANCER, "/listen"));
      late.sayNow("");
      late.awaitHeard(late, 0);
    }
    cluster.assertNoErrors();
  }

  // ---- what the files say

  private static Map<String, String> env() throws Exception {
    String compose = Files.readString(ServerProcess.ROOT.resolve("docker-compose.yml"));
    Map<String, String> variables = new HashMap<>();
    Matcher line = Pattern.compile("(?m)^ +(CARILLON_\\w+): \"?([^\"\\s]*)\"?$").matcher(compose);
    while (line.find()) {
      variables.put(line.group(1), line.group(2));
    }
    assertThat(compose).contains("ipv4_address: " + SUBNET + BALANCER);
    assertThat(variables)
        .containsEntry("CARILLON_HTTP_TRUSTED_PROXIES", SUBNET + BALANCER)
        .containsEntry("CARILLON_CLUSTER_MEMBERS", "node");
    variables.put(
        "CARILLON_VERTICLES", "io.carillon.examples.ListenVerticle," + WhoVerticle.class.getName());
    return variables;
  }

  /** ENTRYPOINT and CMD of the image, with a verticle of the test beside the jar. */
  private static List<String> java() throws Exception {
    List<String> command = new ArrayList<>(instruction("ENTRYPOINT"));
    command.addAll(instruction("CMD"));
    assertThat(command).startsWith("java").containsSequence("-jar", "carillon.jar");
    command.set(0, ServerProcess.JAVA);
    int jar = command.indexOf("-jar");
    command.set(jar, "-cp");
    command.set(
        jar + 1, ServerProcess.JAR + ":" + Path.of("target", "test-classes").toAbsolutePath());
    command.add(jar + 2, "io.carillon.Main");
    return command;
  }

  /** The list of an instruction of the Dockerfile, the last of that name. */
  private static List<String> instruction(String name) throws Exception {
    String file = Files.readString(ServerProcess.ROOT.resolve("Dockerfile"));
    Matcher line = Pattern.compile("(?m)^ *" + name + " (\\[.*])$").matcher(file);
    List<String> words = List.of();
    while (line.find()) {
      words = new JsonArray(line.group(1)).stream().map(String.class::cast).toList();
    }
    return words;
  }

  private int healthCheck(int node) throws Exception {
    String file = Files.readString(ServerProcess.ROOT.resolve("Dockerfile"));
    Matcher check = Pattern.compile("HEALTHCHECK [^\\[]*CMD (\\[.*])").matcher(file);
    assertThat(check.find()).isTrue();
    List<String> command = new ArrayList<>(List.of(network.inside(node)));
    new JsonArray(check.group(1)).forEach(word -> command.add((String) word));
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }

  // ---- clients

  private URI at(String scheme, int machine, String path) {
    return URI.create(scheme + "://" + network.address(machine) + ":8080" + path);
  }

  private int status(int machine, String path) throws Exception {
    return ((HttpURLConnection) at("http", machine, path).toURL().openConnection())
        .getResponseCode();
  }

  /** Whom a node takes a client for that has come over that machine with that header. */
  private String who(int machine, String... header) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    WebSocket.Builder client = HttpClient.newHttpClient().newWebSocketBuilder();
    if (header.length > 0) {
      client.header(header[0], header[1]);
    }
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
            answer.complete(text.toString());
            return null;
          }
        };
    client
        .buildAsync(at("ws", machine, "/who"), listener)
        .get(10, SECONDS)
        .sendText("?", true)
        .get(10, SECONDS);
    return answer.get(10, SECONDS);
  }

  // ---- processes

  private Process onBalancer(List<String> command) throws Exception {
    List<String> all = new ArrayList<>(List.of(network.inside(BALANCER)));
    all.addAll(command);
    Path log = Files.createDirectories(Path.of("target", "cluster-failures"));
    Process process =
        new ProcessBuilder(all)
            .redirectError(log.resolve("balancer-" + others.size() + ".log").toFile())
            .start();
    others.add(process);
    return process;
  }

  private static void await(Process process, String line) throws Exception {
    BufferedReader out = process.inputReader();
    assertThat(out.readLine()).isEqualTo(line);
  }

  private void awaitReady() throws Exception {
    for (int status = 0; status != 200; ) {
      try {
        status = status(BALANCER, "/health/ready");
      } catch (ConnectException notYet) {
        Thread.onSpinWait();
      }
    }
  }

  private static boolean isInstalled(String command) {
    return Pattern.compile(":")
        .splitAsStream(System.getenv("PATH"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
  }

  private static String hostName() throws Exception {
    return InetAddress.getLocalHost().getHostName();
  }
}
