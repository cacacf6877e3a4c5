package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every server serves the client library, whatever else it does. */
@Timeout(20)
class ClientLibraryIT {
  private static final Path PACKAGE = Path.of("../multiplex-js");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void everyFileIsServedAsItIs() throws Exception {
    assertThat(sources()).contains(PACKAGE.resolve("src/index.js"));
    for (Path file : sources()) {
      HttpResponse<byte[]> served = send(request(file.getFileName().toString()));
      assertThat(served.statusCode()).as("%s", file).isEqualTo(200);
      assertThat(served.body()).as("%s", file).isEqualTo(Files.readAllBytes(file));
      assertThat(header(served, "content-type")).isEqualTo("text/javascript;charset=UTF-8");
      assertThat(header(served, "x-content-type-options")).isEqualTo("nosniff");
    }
  }

  @Test
  void browsersAskAgainAndGetNothingNew() throws Exception {
    HttpResponse<byte[]> first = send(request("index.js"));
    assertThat(header(first, "cache-control")).isEqualTo("no-cache");

    HttpResponse<byte[]> again =
        send(request("index.js").header("If-None-Match", header(first, "etag")));
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(header(again, "etag")).isEqualTo(header(first, "etag"));
    HttpResponse<byte[]> other =
        send(request("index.js").header("If-None-Match", header(send(request("pool.js")), "etag")));
    assertThat(other.statusCode()).isEqualTo(200);
  }

  @Test
  void theBytesMayTravelCompressed() throws Exception {
    HttpResponse<byte[]> zipped = send(request("topic.js").header("Accept-Encoding", "gzip"));
    assertThat(header(zipped, "content-encoding")).isEqualTo("gzip");
    assertThat(zipped.body().length)
        .isLessThan((int) Files.size(PACKAGE.resolve("src/topic.js")) / 2);
  }

  @Test
  void onlyItsFilesAreServedAndOnlyForReading() throws Exception {
    for (String name : List.of("", "missing.js", "package.json", "..%2fcarillon.js", ".js")) {
      assertThat(send(request(name)).statusCode()).as(name).isEqualTo(404);
    }
    HttpResponse<byte[]> head = send(request("index.js").method("HEAD", BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(send(request("index.js").DELETE()).statusCode()).isEqualTo(404);
  }

  /** A page without a bundler names by an import map what the two codecs adapt. */
  @Test
  void whatAFileImportsIsServedBesideIt() throws Exception {
    for (Path file : sources()) {
      Matcher imports =
          Pattern.compile("(?m)^(?:import|export) .*?from '([^']+)'")
              .matcher(Files.readString(file));
      while (imports.find()) {
        String imported = imports.group(1);
        if (imported.startsWith("./")) {
          assertThat(file.resolveSibling(imported)).as("%s", file).exists();
        } else {
          assertThat(file.getFileName().toString()).isIn("cbor.js", "msgpack.js");
        }
      }
    }
  }

  @Test
  void theLibraryHasTheVersionOfTheServer() throws Exception {
    Matcher pom =
        Pattern.compile("<version>([^<]+)</version>").matcher(Files.readString(Path.of("pom.xml")));
    assertThat(pom.find()).isTrue();
    String version = pom.group(1).replace("-SNAPSHOT", "");
    for (String file : List.of("package.json", "package-lock.json")) {
      assertThat(new JsonObject(Files.readString(PACKAGE.resolve(file))).getString("version"))
          .as(file)
          .isEqualTo(version);
    }
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> all = Files.list(PACKAGE.resolve("src"))) {
      return all.toList();
    }
  }

  private HttpRequest.Builder request(String name) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.port() + "/multiplex-js/" + name));
  }

  private static HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}
