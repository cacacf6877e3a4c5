package io.carillon.benchmarks;

import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A yardstick: bare Vert.x, with its own WebSockets. {@code /echo} sends each message back; every
 * other path is a topic, and a publication is one task per event loop, which calls {@code
 * writeTextMessage} for each member.
 */
public final class VertxLoopServer {
  private static final List<Loop> LOOPS = new CopyOnWriteArrayList<>();

  private VertxLoopServer() {}

  /** Listens on the port given as the only argument. */
  public static void main(String[] args) {
    int port = Integer.parseInt(args[0]);
    VertxOptions options = new VertxOptions().setPreferNativeTransport(true);
    Vertx vertx = Vertx.vertx(options);
    vertx
        .deployVerticle(
            () -> new Loop(port),
            new DeploymentOptions().setInstances(options.getEventLoopPoolSize()))
        .onSuccess(listening -> System.out.println("listening"))
        .onFailure(
            failure -> {
              failure.printStackTrace();
              System.exit(1);
            });
  }

  private static final class Loop extends VerticleBase {
    private final Map<String, List<ServerWebSocket>> topics = new HashMap<>();
    private final int port;

    Loop(int port) {
      this.port = port;
    }

    @Override
    public Future<?> start() {
      LOOPS.add(this);
      HttpServerOptions options =
          new HttpServerOptions()
              .setHost("127.0.0.1")
              .setPort(port)
              .setPerMessageWebSocketCompressionSupported(false)
              .setPerFrameWebSocketCompressionSupported(false);
      return vertx.createHttpServer(options).webSocketHandler(this::open).listen();
    }

    private void open(ServerWebSocket socket) {
      String path = socket.path();
      if (path.equals("/echo")) {
        socket.textMessageHandler(socket::writeTextMessage);
        return;
      }
      List<ServerWebSocket> members = topics.computeIfAbsent(path, first -> new ArrayList<>());
      members.add(socket);
      socket.closeHandler(closed -> members.remove(socket));
      socket.textMessageHandler(text -> LOOPS.forEach(loop -> loop.publish(path, text)));
    }

    private void publish(String path, String text) {
      if (Context.isOnEventLoopThread() && Vertx.currentContext() == context) {
        deliver(path, text);
      } else {
        context.runOnContext(turn -> deliver(path, text));
      }
    }

    private void deliver(String path, String text) {
      for (ServerWebSocket member : topics.getOrDefault(path, List.of())) {
        member.writeTextMessage(text);
      }
    }
  }
}
