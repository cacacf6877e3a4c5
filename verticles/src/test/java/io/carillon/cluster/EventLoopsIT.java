package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.MainVerticle;
import io.carillon.codec.Payload;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A cluster manager's threads ask Vert.x for contexts while a server starts; each takes the next
 * event loop. The server has to be on all of them nevertheless.
 */
@Timeout(60)
class EventLoopsIT {
  private static final int EVENT_LOOPS = 4;

  /** Tells on which thread it runs, and which HTTP verticle asks. */
  public static final class Where extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes
          .route("/where")
          .message(
              (ch, payload) -> {
                String http = ch.connectionId().substring(0, ch.connectionId().lastIndexOf('.'));
                return ch.send(Payload.text(http + " " + Thread.currentThread().getId()));
              });
    }
  }

  @Test
  void everyEventLoopHasItsInstances() throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(EVENT_LOOPS));
    AtomicBoolean started = new AtomicBoolean();
    Thread others = new Thread(() -> askForContexts(vertx, started));
    others.start();
    try {
      MainVerticle server = new MainVerticle();
      JsonObject config =
          new JsonObject()
              .put("http", new JsonObject().put("host", "127.0.0.1").put("port", 0))
              .put("verticles", new JsonArray().add(Where.class.getName()));
      vertx.deployVerticle(server, new DeploymentOptions().setConfig(config)).await(20, SECONDS);
      started.set(true);

      Map<String, Set<String>> threads = new HashMap<>();
      for (int i = 0; i < 10 * EVENT_LOOPS; i++) {
        Client client = Client.join(server.port(), "/where").send("?");
        String[] answer = client.text().split(" ");
        threads.computeIfAbsent(answer[0], key -> new HashSet<>()).add(answer[1]);
        client.vanish();
      }

      assertThat(threads).hasSize(EVENT_LOOPS);
      assertThat(threads.values()).allMatch(each -> each.size() == 1).doesNotHaveDuplicates();
    } finally {
      started.set(true);
      others.join();
      vertx.close().await(20, SECONDS);
    }
  }

  private static void askForContexts(Vertx vertx, AtomicBoolean enough) {
    while (!enough.get()) {
      Thread newcomer = new Thread(vertx::getOrCreateContext);
      newcomer.start();
      try {
        newcomer.join();
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
