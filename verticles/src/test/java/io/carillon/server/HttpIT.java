package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The application's own HTTP routes beside the event routes. */
@Timeout(20)
class HttpIT {
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    Own.MOUNTED.set(0);
    server =
        TestServer.start(
            "{'http': {'maxBodyBytes': 10, 'routes': ['" + Own.class.getName() + "']}}");
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void routesAreMountedOncePerInstance() {
    assertThat(Own.MOUNTED).hasValue(TestServer.EVENT_LOOPS);
  }

  @Test
  void bodyOfTheLimitIsTakenAndOneByteMoreIsNot() throws Exception {
    RawClient client = server.open();

    Answer taken = post(client, "0123456789");
    assertThat(taken.status()).isEqualTo(200);
    assertThat(taken.body()).isEqualTo("0123456789");
    Answer refused = post(client, "0123456789a");
    assertThat(refused.status()).isEqualTo(413);
    assertThat(new JsonObject(refused.body()).getInteger("status")).isEqualTo(413);
  }

  private static Answer post(RawClient client, String body) throws Exception {
    Request request =
        Request.plain("POST", "/body").plus("Content-Length", Integer.toString(body.length()));
    client.send(request.bytes(), body.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return client.readAnswer();
  }

  @Test
  void handlerThatThrowsIsA500WithoutTheCauseAndLogged() throws Exception {
    try (LogCapture log = LogCapture.of("io.carillon")) {
      Answer answer = server.open().ask(Request.plain("GET", "/throw?secret"));

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.body()).isEqualTo("{\"status\":500,\"error\":\"Internal Server Error\"}");
      var line = log.next("HTTP handler failed");
      assertThat(line.getFormattedMessage()).isEqualTo("HTTP handler failed: path=/throw");
      assertThat(line.getThrowableProxy().getMessage()).isEqualTo("the cause");
    }
  }

  @Test
  void failureStatusOfAHandlerHasTheUsualBody() throws Exception {
    Answer answer = server.open().ask(Request.plain("GET", "/fail"));

    assertThat(answer.status()).isEqualTo(418);
    assertThat(new JsonObject(answer.body()).getInteger("status")).isEqualTo(418);
  }

  @ParameterizedTest
  @CsvSource({
    "com.acme.Nobody, http.routes must name classes on the class path: com.acme.Nobody",
    "java.lang.String, http.routes must name HttpRoutes: java.lang.String"
  })
  void routesThatAreNoneStopTheStart(String name, String message) throws Exception {
    TestServer other = TestServer.prepare("{'http': {'routes': ['" + name + "']}}");

    try {
      assertThatThrownBy(other::run)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    } finally {
      other.close();
    }
  }

  /** What an application brings. */
  public static final class Own implements HttpRoutes {
    static final AtomicInteger MOUNTED = new AtomicInteger();

    @Override
    public void mount(Router router, Vertx vertx, JsonObject config) {
      MOUNTED.incrementAndGet();
      router.post("/body").handler(ctx -> ctx.end(ctx.body().asString()));
      router.get("/fail").handler(ctx -> ctx.fail(418));
      router
          .get("/throw")
          .handler(
              ctx -> {
                throw new IllegalStateException("the cause");
              });
    }
  }
}
