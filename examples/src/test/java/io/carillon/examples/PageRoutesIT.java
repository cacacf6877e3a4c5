package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PageRoutesIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static Node node;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    JsonArray routes = new JsonArray().add(PageRoutes.class.getName());
    node =
        Node.of(
            new JsonObject()
                .put("http", new JsonObject().put("routes", routes))
                .put("verticles", new JsonArray().add(EchoVerticle.class.getName())));
    port = node.port();
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void theFirstPageIsServedAtTheRoot() throws Exception {
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(header(page, "content-type")).isEqualTo("text/html;charset=UTF-8");
    assertThat(page.body()).contains("<title>Carillon</title>");
  }

  @Test
  void everyFileThatThePageNamesIsServed() throws Exception {
    assertThat(header(get("/app.js"), "content-type")).startsWith("text/javascript");
    assertThat(header(get("/style.css"), "content-type")).startsWith("text/css");
    assertThat(header(get("/bell.svg"), "content-type")).isEqualTo("image/svg+xml");
    for (String file : new String[] {"/app.js", "/connection.js", "/echo.js", "/frames.js"}) {
      Matcher imports = Pattern.compile("from '\\.?(/[^']+)'").matcher(get(file).body());
      assertThat(imports.find()).as(file).isTrue();
      do {
        assertThat(get(imports.group(1)).statusCode()).as(imports.group(1)).isEqualTo(200);
      } while (imports.find());
    }
  }

  @Test
  void thePageMayReachItsOwnHostOnly() throws Exception {
    assertThat(header(get("/"), "content-security-policy"))
        .isEqualTo(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                + (" connect-src 'self' ws://localhost:" + port + " wss://localhost:" + port)
                + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                + " require-trusted-types-for 'script'; trusted-types 'none'");
  }

  @Test
  void browsersAskAgainAndGetNothingNew() throws Exception {
    HttpResponse<String> first = get("/app.js");
    assertThat(header(first, "cache-control")).isEqualTo("no-cache");
    assertThat(header(first, "x-content-type-options")).isEqualTo("nosniff");
    assertThat(header(first, "referrer-policy")).isEqualTo("no-referrer");
    HttpResponse<String> again =
        send(request("/app.js").header("If-Modified-Since", header(first, "last-modified")));
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
  }

  @Test
  void nothingElseOfTheClassPathIsServed() throws Exception {
    for (String path :
        new String[] {
          "/logback.xml",
          "/..%2flogback.xml",
          "/web/index.html",
          "/missing.js",
          "/io/carillon/examples/PageRoutes.class",
          "/.js"
        }) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(404);
    }
    assertThat(get("/%2e%2e/logback.xml").statusCode()).isEqualTo(400);
  }

  @Test
  void onlyReadingIsAnswered() throws Exception {
    assertThat(send(request("/").method("HEAD", HttpRequest.BodyPublishers.noBody())).statusCode())
        .isEqualTo(200);
    assertThat(send(request("/").DELETE()).statusCode()).isEqualTo(404);
  }

  @Test
  void thePageHasNoInlineScriptOrStyleAndMakesNoMarkupOfText() throws Exception {
    assertThat(get("/").body())
        .doesNotContainPattern("<script(?![^>]* src=)")
        .doesNotContainPattern("<style|\\sstyle=|\\son[a-z]+=|javascript:");
    Matcher files = Pattern.compile("'\\./([a-z]+\\.js)'").matcher(get("/app.js").body());
    while (files.find()) {
      assertThat(get("/" + files.group(1)).body())
          .as(files.group(1))
          .doesNotContainPattern("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(");
    }
  }

  @Test
  void theCodeThatThePageShowsIsTheEcho() throws Exception {
    Matcher shown =
        Pattern.compile("<pre[^>]*Java code[^>]*><code>(.*?)</code>", Pattern.DOTALL)
            .matcher(get("/").body());
    assertThat(shown.find()).isTrue();
    String code =
        shown.group(1).replaceAll("</?[a-z]+>", "").replace("&gt;", ">").replaceAll("\\s", "");
    String source =
        Files.readString(Path.of("src/main/java/io/carillon/examples/EchoVerticle.java"));
    assertThat(source.substring(source.indexOf("public final class")).replaceAll("\\s", ""))
        .isEqualTo(code);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}
