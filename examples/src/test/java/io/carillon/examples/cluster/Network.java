package io.carillon.examples.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A machine for each node, made of network namespaces: one network between the nodes, which can be
 * cut, and one on which the test reaches them. Needs root and {@code ip} of iproute2.
 */
final class Network implements AutoCloseable {
  private static final long PID = ProcessHandle.current().pid();
  private static final String PREFIX = "ca" + PID % 100_000;
  private static final String NODES = "10.213.1.";

  /** One of its own for each test run: what another has left behind would be in the way. */
  private static final String CLIENTS = "10." + (100 + PID / 250 % 100) + "." + PID % 250 + ".";

  private final int machines;
  private final String nodes;

  private Network(int machines, String nodes) {
    this.machines = machines;
    this.nodes = nodes;
  }

  /** Whether this machine lets us. */
  static boolean isPossible() {
    try {
      ip("netns", "add", PREFIX + "try");
      ip("netns", "del", PREFIX + "try");
      return true;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  static Network of(int machines) throws Exception {
    return of(machines, NODES);
  }

  /** Machines whose addresses on the network between them begin so and end in their numbers. */
  static Network of(int machines, String nodes) throws Exception {
    Network network = new Network(machines, nodes);
    try {
      network.build();
    } catch (IOException e) {
      network.close();
      throw e;
    }
    return network;
  }

  private void build() throws Exception {
    bridge("n");
    bridge("c");
    ip("addr", "add", CLIENTS + "254/24", "dev", PREFIX + "c");
    for (int machine = 1; machine <= machines; machine++) {
      ip("netns", "add", namespace(machine));
      ip("-n", namespace(machine), "link", "set", "lo", "up");
      connect(machine, "n", nodes);
      connect(machine, "c", CLIENTS);
    }
  }

  private static void bridge(String which) throws Exception {
    ip("link", "add", PREFIX + which, "type", "bridge");
    ip("link", "set", PREFIX + which, "up");
  }

  private static void connect(int machine, String which, String net) throws Exception {
    String outside = PREFIX + which + machine;
    String inside = "eth" + which;
    ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", namespace(machine));
    ip("link", "set", outside, "master", PREFIX + which, "up");
    ip("-n", namespace(machine), "addr", "add", net + machine + "/24", "dev", inside);
    ip("-n", namespace(machine), "link", "set", inside, "up");
  }

  /** A server that will run on a machine; the first one is 1. */
  ServerProcess.Builder place(ServerProcess.Builder server, int machine) {
    String members =
        IntStream.rangeClosed(1, machines)
            .mapToObj(other -> nodes + other)
            .collect(Collectors.joining(","));
    return on(server, machine)
        .set("CARILLON_CLUSTER_HOST", nodes + machine)
        .set("CARILLON_CLUSTER_PORT_COUNT", "1")
        .set("CARILLON_CLUSTER_MEMBERS", members);
  }

  /** The same, told nothing of where it is. */
  ServerProcess.Builder on(ServerProcess.Builder server, int machine) {
    return server.under(inside(machine)).at(address(machine));
  }

  /** What stands before a command that is to run on a machine. */
  String[] inside(int machine) {
    return new String[] {"ip", "netns", "exec", namespace(machine)};
  }

  /** Where the test reaches a machine. */
  String address(int machine) {
    return CLIENTS + machine;
  }

  /** Where the test itself is, as the machines see it. */
  String self() {
    return CLIENTS + "254";
  }

  /** The hosts file of a machine, for what is started there from now on. */
  void hosts(int machine, String lines) throws IOException {
    Files.createDirectories(hosts(machine).getParent());
    Files.writeString(hosts(machine), lines);
  }

  private static Path hosts(int machine) {
    return Path.of("/etc/netns", namespace(machine), "hosts");
  }

  /** From now on nothing goes to or from that node; its clients do not notice. */
  void cut(int machine) throws Exception {
    ip("link", "set", PREFIX + "n" + machine, "nomaster");
  }

  void heal(int machine) throws Exception {
    ip("link", "set", PREFIX + "n" + machine, "master", PREFIX + "n");
  }

  @Override
  public void close() throws Exception {
    for (int machine = 1; machine <= machines; machine++) {
      // A namespace stays as long as a process in it, and its links with it.
      remove("link", "del", PREFIX + "n" + machine);
      remove("link", "del", PREFIX + "c" + machine);
      remove("netns", "del", namespace(machine));
      Files.deleteIfExists(hosts(machine));
      Files.deleteIfExists(hosts(machine).getParent());
    }
    remove("link", "del", PREFIX + "n");
    remove("link", "del", PREFIX + "c");
  }

  private static String namespace(int machine) {
    return PREFIX + "m" + machine;
  }

  private static void remove(String... what) throws InterruptedException {
    try {
      ip(what);
    } catch (IOException neverMade) {
      // The network was not built to its end.
    }
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    Path output = Files.createTempFile("ip", ".txt");
    try {
      ProcessBuilder command = new ProcessBuilder("ip");
      command.command().addAll(List.of(arguments));
      Process process = command.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      if (process.waitFor() != 0) {
        throw new IOException(command.command() + ": " + Files.readString(output, UTF_8));
      }
    } finally {
      Files.delete(output);
    }
  }
}
