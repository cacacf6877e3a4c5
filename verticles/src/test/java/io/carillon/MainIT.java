package io.carillon;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line, as a process of its own. */
@Timeout(120)
class MainIT {
  private static final String LOOPBACK = "'http': {'host': '127.0.0.1', 'port': 0}";

  @Test
  void serverRunsFromItsFileAndStopsAtSigterm(@TempDir Path folder) throws Exception {
    Path conf =
        Files.writeString(
            folder.resolve("conf.json"),
            json("{ // a comment\n" + LOOPBACK + ", 'verticles': ['io.carillon.Probe$Echo'],}"));

    try (ServerProcess server = ServerProcess.start("-conf", conf.toString())) {
      TestClient client = TestClient.connect(server.port(), "/echo");
      assertThat(client.ask("hello")).isEqualTo("hello");

      server.terminate();

      assertThat(client.closeCode()).isEqualTo(1001);
      assertThat(server.exitCode()).isIn(0, 143);
      assertThat(server.out()).anyMatch(line -> line.startsWith("left: "));
      assertThat(server.out()).anyMatch(line -> line.endsWith("Carillon has stopped"));
      assertThat(server.err()).isEmpty();
    }
  }

  @Test
  void unknownKeyIsAWarning() throws Exception {
    String conf = json("{" + LOOPBACK + ", 'shutdown': {'timout': '1s'}}");

    try (ServerProcess server = ServerProcess.start("-conf", conf)) {
      server.port();
      assertThat(server.out())
          .anyMatch(
              line ->
                  line.contains("WARN")
                      && line.endsWith(
                          "unknown key: shutdown.timout (file);"
                              + " did you mean shutdown.timeout?"));
    }
  }

  @Test
  void broadcastTargetThatNobodyServesIsAWarning() throws Exception {
    String conf =
        json(
            "{"
                + LOOPBACK
                + ", 'verticles': ['io.carillon.Probe$Broadcasting', 'io.carillon.Probe$Echo']}");

    try (ServerProcess server = ServerProcess.start("-conf", conf)) {
      server.port();
      assertThat(server.out())
          .filteredOn(line -> line.contains("broadcast target"))
          .singleElement()
          .asString()
          .contains("WARN")
          .endsWith(
              "broadcast target matches no route: target=/updates/:what,"
                  + " verticle=io.carillon.Probe$Broadcasting");
    }
  }

  @Test
  void environmentOutranksTheFile() throws Exception {
    String conf = json("{'http': {'host': '127.0.0.1', 'port': 99999}}");

    try (ServerProcess server =
        ServerProcess.builder("-conf", conf).environment("PORT", "0").start()) {
      assertThat(server.port()).isPositive();
    }
  }

  @Test
  void hangingVerticleDoesNotHoldTheEndUp() throws Exception {
    String conf =
        json(
            "{"
                + LOOPBACK
                + ", 'shutdown': {'timeout': '500ms'}, 'verticles': ['io.carillon.Probe$Hanging']}");

    try (ServerProcess server = ServerProcess.start("-conf", conf)) {
      server.port();
      server.terminate();

      assertThat(server.exitCode()).isEqualTo(143);
      assertThat(server.out()).contains("hangs");
      assertThat(server.err())
          .containsExactly(
              "Carillon was halted, for it did not stop in time: shutdown.timeout=500ms");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | -conf must be a file or JSON: no such file=no/such.json | -conf no/such.json",
        "2 | -conf: not valid JSON: line=1, column=2, unexpected end | -conf {",
        "2 | shutdown.timeout must be 100ms to 1h: shutdown.timeout=0 (file)"
            + "| -conf {'shutdown':{'timeout':0}}",
        "2 | -instances must be 1, for one server deploys its own, see http.instances and"
            + " verticles[].instances: -instances=2 | -instances 2",
        "2 | -worker and -virtual-thread are for handlers, see verticles[].threading | -worker",
        "2 | verticles are named in the configuration (verticles), not on the command line: a.B"
            + "| a.B",
        "15 | options that the launcher refuses, see -help | -worker -virtual-thread",
        "15 | http.port must be 0 to 65535: http.port=99999 (file)"
            + "| -conf {'http':{'port':99999}}",
        "15 | verticles[0].name must be a class on the class path: verticles[0].name=a.B (file)"
            + "| -conf {'verticles':['a.B']}",
        "15 | verticle did not start: name=io.carillon.Probe$Failing, java.io.IOException:"
            + " no database"
            + "| -conf {'http':{'port':0},'verticles':['io.carillon.Probe$Failing']}",
      })
  void badStartEndsWithOneLine(int code, String line, String arguments) throws Exception {
    try (ServerProcess server = ServerProcess.start(json(arguments).split(" ", -1))) {
      assertThat(server.exitCode()).isEqualTo(code);
      assertThat(server.err()).containsExactly("Carillon did not start: " + line);
      assertThat(server.out())
          .noneMatch(out -> out.contains("Exception") || out.startsWith("\tat"));
    }
  }

  @Test
  void overlappingRoutesEndTheStart() throws Exception {
    String conf =
        json(
            "{"
                + LOOPBACK
                + ",'verticles':['io.carillon.Probe$Echo','io.carillon.Probe$Overlapping']}");

    try (ServerProcess server = ServerProcess.start("-conf", conf)) {
      assertThat(server.exitCode()).isEqualTo(15);
      assertThat(server.err()).hasSize(1);
      assertThat(server.err().get(0)).contains("/echo", "Probe$Echo", "Probe$Overlapping");
    }
  }

  @Test
  void portThatIsTakenEndsTheStart() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = other.getLocalPort();
      String conf = json("{'http': {'host': '127.0.0.1', 'port': " + port + "}}");

      try (ServerProcess server = ServerProcess.start("-conf", conf)) {
        assertThat(server.exitCode()).isEqualTo(15);
        assertThat(server.err())
            .containsExactly(
                "Carillon did not start: the port is taken, stop who has it or choose another:"
                    + " http.host=127.0.0.1, http.port="
                    + port);
      }
    }
  }

  @Test
  void clusterThatCannotBeFormedEndsTheStart() throws Exception {
    String nobodys = "203.0.113.1"; // of a network for documentation: no machine has it

    try (ServerProcess server =
        ServerProcess.start("-cluster", "-cluster-host", nobodys, "-conf", "{}")) {
      assertThat(server.exitCode()).isEqualTo(11);
      assertThat(server.err()).last().asString().startsWith("Carillon did not start: ");
      assertThat(server.err()).noneMatch(line -> line.startsWith("\tat"));
    }
  }

  @Test
  void unknownOptionIsNamed() throws Exception {
    try (ServerProcess server = ServerProcess.start("-prot", "80")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.err()).anyMatch(line -> line.contains("-prot"));
    }
  }

  private static String json(String text) {
    return text.replace('\'', '"');
  }
}
