package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.channel.Socket;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Control frames in the hands of a loop. */
@Timeout(30)
class RawFramesIT extends HandlerFixture {
  private final BlockingQueue<Socket<String, String>> sockets = new LinkedBlockingQueue<>();

  @BeforeEach
  @Override
  void start() throws Exception {
    server = TestServer.start("{'limits': {'closeTimeout': '300ms'}}");
    server.serve(this::routes);
  }

  private void routes(Routes routes) {
    reported(routes.route("/raw", String.class, String.class)).controlFrames().socket(this::record);
    routes.route("/deaf", String.class, String.class).socket(this::record);
    routes
        .route("/recv", String.class, String.class)
        .controlFrames()
        .socket(s -> s.forEach(s::send));
  }

  /** Writes down every frame, until there are no more. */
  private Future<Void> record(Socket<String, String> socket) {
    sockets.add(socket);
    return next(socket);
  }

  private Future<Void> next(Socket<String, String> socket) {
    return socket
        .recvRaw()
        .compose(
            frame -> {
              journal.add(describe(frame));
              return next(socket);
            });
  }

  private static String describe(Frame frame) {
    if (frame instanceof Frame.Ping ping) {
      return "ping " + new String(ping.bytes(), UTF_8);
    }
    if (frame instanceof Frame.Pong pong) {
      return "pong " + new String(pong.bytes(), UTF_8);
    }
    if (frame instanceof Frame.Close close) {
      return "close " + close.status().code() + " " + close.status().reason();
    }
    return frame instanceof Frame.Text text ? "text " + text.text() : "binary";
  }

  private Socket<String, String> socket() throws InterruptedException {
    return Objects.requireNonNull(sockets.poll(5, TimeUnit.SECONDS));
  }

  private static String closed(RawClient client) throws Exception {
    RawClient.Frame close = client.readClose();
    return close.code() + " " + close.reason();
  }

  @Test
  void everyFrameIsSeenInOrder() throws Exception {
    RawClient client = server.connect("/raw");

    client
        .sendPing("a")
        .sendText("b")
        .send(RawClient.frame(RawClient.PONG, "c"))
        .sendBinary(new byte[0]);
    client.sendClose(4001, "bye");

    journal.expect("ping a", "text b", "pong c", "binary", "close 4001 bye");
    journal.expect("leave closed 4001 bye");
    assertThat(client.read().text()).as("the server answers all the same").isEqualTo("a");
    assertThat(closed(client)).isEqualTo("4001 ");
  }

  @Test
  void onlyARouteThatAsksForThemSeesThem() throws Exception {
    RawClient client = server.connect("/deaf").pingPong().sendText("x");

    journal.expect("text x");
  }

  @Test
  void recvPassesThemOver() throws Exception {
    RawClient client = server.connect("/recv");

    client.pingPong().sendText("x");
    assertThat(client.readText()).isEqualTo("x");
    client.pingPong().pingPong().sendText("y");
    assertThat(client.readText()).isEqualTo("y");
  }

  @Test
  void pingsAndPongsAreSent() throws Exception {
    RawClient client = server.connect("/raw");
    Socket<String, String> socket = socket();

    TestServer.await(socket.sendRaw(new Frame.Ping("p".getBytes(UTF_8))));
    TestServer.await(socket.sendRaw(new Frame.Pong(new byte[125])));

    RawClient.Frame ping = client.read();
    assertThat(ping.opcode()).isEqualTo(RawClient.PING);
    assertThat(ping.text()).isEqualTo("p");
    RawClient.Frame pong = client.read();
    assertThat(pong.opcode()).isEqualTo(RawClient.PONG);
    assertThat(pong.payload()).hasSize(125);
    assertThatThrownBy(() -> new Frame.Ping(new byte[126]))
        .hasMessage("payload of a control frame too large: bytes=126, max=125");
  }

  @Test
  void closeThatIsSentEndsNothingByItself() throws Exception {
    RawClient client = server.connect("/raw");
    Socket<String, String> socket = socket();

    TestServer.await(socket.send("last"));
    TestServer.await(socket.sendRaw(new Frame.Close(CloseStatus.of(4002, "enough"))));

    assertThat(client.readText()).isEqualTo("last");
    assertThat(closed(client)).isEqualTo("4002 enough");
    Future<Void> late = socket.send("too late");
    assertThatThrownBy(() -> TestServer.await(late)).isInstanceOf(CloseException.class);
    client.sendText("one more thing").sendClose(4002, "");
    journal.expect("text one more thing", "close 4002 ", "leave closed 4002 ");
    client.readEnd();
  }

  @Test
  void clientThatDoesNotAnswerIsCut() throws Exception {
    RawClient client = server.connect("/raw");
    TestServer.await(socket().sendRaw(new Frame.Close(CloseStatus.OK)));

    assertThat(closed(client)).isEqualTo("1000 Ok");
    journal.expect("leave no_status 1006 AbnormalClose");
    client.readEndOrReset();
  }

  @Test
  void topicOfAConnectionHasNone() throws Exception {
    RawClient client = server.open();
    client.ask(Request.upgrade("/raw").plus("Sec-WebSocket-Protocol", "carillon.v1"));
    Socket<String, String> socket = socket();
    client.pingPong().sendText("/raw·x");
    journal.expect("text x");

    Future<Void> ping = socket.sendRaw(new Frame.Ping(new byte[0]));
    assertThatThrownBy(() -> TestServer.await(ping)).isInstanceOf(CloseException.class);
    assertThat(((CloseException) ping.cause()).httpStatus()).isEqualTo(501);
    TestServer.await(socket.sendRaw(new Frame.Close(CloseStatus.of(4002, "enough"))));
    assertThat(client.readText()).isEqualTo("·UNSUBSCRIBE·/raw·4002·enough·");
    journal.expect("close 4002 enough", "leave closed 4002 enough");
  }

  @Test
  void onlyASocketSeesControlFrames() {
    assertThatThrownBy(
            () ->
                server.serve(
                    routes ->
                        routes
                            .route("/none")
                            .controlFrames()
                            .message((ch, payload) -> ch.send(payload))))
        .hasMessageContaining("only a socket sees control frames: pattern=/none");
  }
}
