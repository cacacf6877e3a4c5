package io.carillon.server;

import static java.net.http.HttpClient.Version.HTTP_1_1;
import static java.net.http.HttpClient.Version.HTTP_2;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * TLS: WebSockets over HTTP/1.1 and pages over HTTP/2 on one port, and certificates that change.
 */
@Timeout(60)
class TlsIT {
  @TempDir Path directory;

  private final Journal journal = new Journal();
  private static SSLContext trusting;
  private static TestCertificate first;
  private static TestCertificate second;
  private Path certificate;
  private Path key;
  private TestServer server;

  @BeforeAll
  static void makeCertificates(@TempDir Path stores) throws Exception {
    trusting = TestCertificate.trusting();
    first = TestCertificate.of("first", stores);
    second = TestCertificate.of("second", stores);
  }

  /** Who encrypts. */
  String engine() {
    return "jdk";
  }

  @BeforeEach
  void start() throws Exception {
    certificate = directory.resolve("server.pem");
    key = directory.resolve("server.key");
    first.write(certificate, key);
    server =
        TestServer.start(
            new JsonObject()
                .put(
                    "http",
                    new JsonObject()
                        .put("routes", List.of(Page.class.getName()))
                        .put(
                            "tls",
                            new JsonObject()
                                .put("certificate", certificate.toString())
                                .put("key", key.toString())
                                .put("reloadInterval", "20ms")
                                .put("engine", engine())))
                .encode());
    server.serve(
        routes -> {
          routes.route("/echo").message((ch, payload) -> ch.send(payload));
          routes
              .route("/report")
              .join(ch -> ch.sendRaw("secure=" + ch.handshake().secure()))
              .message((ch, payload) -> {})
              .leave(
                  (ch, status) -> {
                    journal.add("leave " + status);
                  });
          routes
              .route("/slow", String.class, String.class)
              .message(
                  (ch, text) ->
                      server
                          .vertx()
                          .timer(200, TimeUnit.MICROSECONDS)
                          .compose(later -> ch.send(text)));
        });
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpClient http(HttpClient.Version version) {
    return HttpClient.newBuilder()
        .sslContext(trusting)
        .version(version)
        .connectTimeout(Duration.ofSeconds(5))
        .build();
  }

  private HttpResponse<String> get(HttpClient.Version version, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
            .timeout(Duration.ofSeconds(5))
            .build();
    return http(version).send(request, HttpResponse.BodyHandlers.ofString());
  }

  private RawClient raw() throws Exception {
    SSLSocket socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", server.port());
    socket.startHandshake();
    return server.kept(new RawClient(socket));
  }

  @Test
  void pagesComeOverHttp2AndOverHttp1() throws Exception {
    HttpResponse<String> two = get(HTTP_2, "/page");
    HttpResponse<String> one = get(HTTP_1_1, "/page");

    assertThat(two.version()).isEqualTo(HTTP_2);
    assertThat(two.body()).isEqualTo("a page");
    assertThat(one.version()).isEqualTo(HTTP_1_1);
    assertThat(one.body()).isEqualTo("a page");
  }

  @Test
  void webSocketsComeOverHttp1OnTheSamePort() throws Exception {
    JdkClient client =
        server.kept(new JdkClient(http(HTTP_2), "wss://127.0.0.1:" + server.port() + "/echo"));

    assertThat(client.send("grüße").next()).isEqualTo("grüße");
    assertThat(client.send(new byte[] {1, 2}).next()).isEqualTo("0102");
    client.sendClose(1000, "");
    assertThat(client.closed()).isEqualTo("1000 ");
  }

  @Test
  void eventRouteAsksForAnUpgradeOnHttp2Too() throws Exception {
    HttpResponse<String> answer = get(HTTP_2, "/echo");

    assertThat(answer.version()).isEqualTo(HTTP_2);
    assertThat(answer.statusCode()).isEqualTo(426);
    assertThat(answer.headers().firstValue("sec-websocket-version")).contains("13");
    // RFC 9113, section 8.2.2: no connection-specific fields.
    assertThat(answer.headers().firstValue("upgrade")).isEmpty();
    assertThat(answer.headers().firstValue("connection")).isEmpty();
  }

  @Test
  void unknownRouteIsNotFoundOnHttp2() throws Exception {
    HttpResponse<String> answer = get(HTTP_2, "/nowhere");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).isEqualTo("{\"status\":404,\"error\":\"Not Found\"}");
  }

  @Test
  void handshakeKnowsThatItWasSecure() throws Exception {
    assertThat(raw().upgrade("/report").readText()).isEqualTo("secure=true");
  }

  @Test
  void largeMessagesAndManySmallOnesComeBack() throws Exception {
    RawClient client = raw().upgrade("/echo");

    assertThat(client.sendBinary(new byte[1 << 20]).readBinary()).hasSize(1 << 20);
    byte[][] many = new byte[300][];
    for (int i = 0; i < many.length; i++) {
      many[i] = RawClient.frame(RawClient.TEXT, "message " + i);
    }
    client.send(many);
    for (int i = 0; i < many.length; i++) {
      assertThat(client.readText()).isEqualTo("message " + i);
    }
  }

  @Test
  void messagesHeldBackAreHandledInOrder() throws Exception {
    RawClient client = raw().upgrade("/slow");
    byte[][] many = new byte[400][];
    for (int i = 0; i < many.length; i++) {
      many[i] = RawClient.frame(RawClient.TEXT, i + " " + "x".repeat(1000));
    }

    client.send(many); // several times what is kept, in large TLS records

    for (int i = 0; i < many.length; i++) {
      assertThat(client.readText()).startsWith(i + " ");
    }
  }

  @Test
  void closeHandshakeEndsTheTlsSessionToo() throws Exception {
    RawClient client = raw().upgrade("/report");
    client.readText();

    client.sendClose(4001, "");

    assertThat(client.readClose().code()).isEqualTo(4001);
    client.readEnd();
    journal.expect("leave closed 4001");
  }

  @Test
  void closeOfTheServerWaitsForTheAnswer() throws Exception {
    RawClient client = raw().upgrade("/echo");

    client.send(RawClient.frame(RawClient.TEXT, "last"), RawClient.frame(3, ""));

    assertThat(client.readText()).isEqualTo("last");
    assertThat(client.readClose().code()).isEqualTo(1002);
    client.readEnd();
  }

  @Test
  void frameInTheSegmentOfTheRequestEndsTheConnection() throws Exception {
    RawClient client = raw();

    client.send(Request.upgrade("/echo").bytes(), RawClient.frame(RawClient.TEXT, "too early"));

    client.readEndOrReset();
  }

  @Test
  void plainHttpOnTheTlsPortIsNotServed() throws Exception {
    RawClient client = server.open();

    client.send(Request.plain("GET", "/page").bytes());

    assertThat(client.readRest()).doesNotContain("HTTP/");
    assertThat(get(HTTP_2, "/page").body()).isEqualTo("a page");
  }

  // ---- certificates that change

  /** The subject that a new connection is shown. */
  private String subject() throws Exception {
    try (SSLSocket socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", server.port())) {
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  /** Every instance of the port may look at the files by itself. */
  private void awaitSubject(String expected) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!subject().equals(expected)) {
      assertThat(System.nanoTime() - deadline).as("still the old one").isNegative();
    }
  }

  @Test
  void replacedFilesAreServedToNewConnectionsWithoutARestart() throws Exception {
    RawClient old = raw().upgrade("/echo");
    assertThat(subject()).isEqualTo("CN=first");

    for (String next : List.of("second", "first", "second")) {
      try (LogCapture log = LogCapture.of("io.carillon.server")) {
        (next.equals("first") ? first : second).write(certificate, key);

        log.next("certificate read again: file=" + certificate);
        awaitSubject("CN=" + next);
        for (int i = 0; i < 2 * TestServer.EVENT_LOOPS; i++) {
          assertThat(subject()).isEqualTo("CN=" + next);
        }
        assertThat(log.all()).doesNotContain("not read again");
      }
    }
    assertThat(old.sendText("still here").readText()).isEqualTo("still here");
    assertThat(get(HTTP_2, "/page").version()).isEqualTo(HTTP_2);
    assertThat(raw().upgrade("/echo").sendText("new").readText()).isEqualTo("new");
  }

  @Test
  void serverThatIsDeployedAnewLooksAfterItsFilesToo() throws Exception {
    TestServer.await(server.undeployHttp());
    server.deployHttp();
    server.listen();

    second.write(certificate, key);

    awaitSubject("CN=second");
  }

  @Test
  void brokenFilesLeaveTheOldCertificateInPlaceUntilTheyAreMended() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon.server")) {
      TestCertificate.replace(certificate, "nonsense");
      log.next("certificate not read again, the old one stays: file=" + certificate);
      assertThat(subject()).isEqualTo("CN=first");

      second.write(certificate, key);
      log.next("certificate read again");
      awaitSubject("CN=second");
    }
  }

  @Test
  void keyThatDoesNotFitTheCertificateLeavesTheOldPairInPlace() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon.server")) {
      TestCertificate.replace(key, second.key());
      log.next("certificate not read again, the old one stays: file=" + certificate);
    }

    assertThat(subject()).isEqualTo("CN=first");
  }

  /** What an application brings. */
  public static final class Page implements HttpRoutes {
    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      router.get("/page").handler(ctx -> ctx.end("a page"));
    }
  }
}
