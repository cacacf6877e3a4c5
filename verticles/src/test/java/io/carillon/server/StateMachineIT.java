package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.channel.Channel;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.Forward;
import io.carillon.codec.Payload;
import io.carillon.route.Controller;
import io.carillon.route.Route;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranked routes, what a channel keeps between events, mounting, controllers. */
@Timeout(30)
class StateMachineIT extends HandlerFixture {
  private static final ChannelLocal<String> USER = ChannelLocal.of("user", String.class);

  private static String closed(RawClient client) throws Exception {
    RawClient.Frame close = client.readClose();
    return close.code() + " " + close.reason();
  }

  @Test
  void firstRouteNeedsTheUserAndTheSecondSetsIt() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/chat", String.class, String.class)
              .rank(1)
              .needs(USER)
              .message((ch, text) -> ch.send(ch.local(USER).orElseThrow() + ": " + text));
          routes
              .route("/chat", String.class, String.class)
              .rank(2)
              .message(
                  (ch, name) -> {
                    journal.add("set " + ch.createLocal(USER, name));
                    journal.add("set again " + ch.createLocal(USER, "other"));
                    return ch.send("hello " + name);
                  });
        });
    for (String name : List.of("ann", "bob")) {
      RawClient client = server.connect("/chat");
      assertThat(client.sendText(name).readText()).isEqualTo("hello " + name);
      assertThat(client.sendText("hi").readText()).isEqualTo(name + ": hi");
      assertThat(client.sendText("ho").readText()).isEqualTo(name + ": ho");
      journal.expect("set true", "set again false");
    }
  }

  @Test
  void handlerMayForwardByExceptionOrFuture() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/t", String.class, String.class)
              .rank(1)
              .join(ch -> Forward.next())
              .message(
                  (ch, text) -> {
                    if (text.equals("throw")) {
                      throw new Forward();
                    }
                    return text.equals("return") ? Forward.next() : ch.send("first");
                  });
          routes
              .route("/t", String.class, String.class)
              .rank(2)
              .join(
                  ch -> {
                    journal.add("second join");
                  })
              .message((ch, text) -> text.equals("throw") ? ch.send("second") : Forward.next());
        });
    RawClient client = server.connect("/t");
    journal.expect("second join");

    assertThat(client.sendText("x").readText()).isEqualTo("first");
    assertThat(client.sendText("throw").readText()).isEqualTo("second");
    assertThat(closed(client.sendText("return"))).isEqualTo("1008 nobody takes this");
  }

  @Test
  void joinThatForwardsLeavesTheClientToRoutesWithoutJoin() throws Exception {
    server.serve(
        routes -> {
          routes.route("/t").rank(1).join(ch -> Forward.next());
          routes.route("/t").rank(2).message((ch, payload) -> ch.send(payload));
          routes.route("/alone").join(ch -> Forward.next());
        });

    assertThat(server.connect("/t").sendText("x").readText()).isEqualTo("x");
    assertThat(server.open().ask(Request.upgrade("/alone")).status()).isEqualTo(404);
  }

  @Test
  void cachesAreOnePerChannelAndOnePerMessage() throws Exception {
    AtomicInteger made = new AtomicInteger();
    server.serve(
        routes -> {
          for (int rank : List.of(1, 2)) {
            routes
                .route("/t", String.class, String.class)
                .rank(rank)
                .message(
                    (ch, text) ->
                        ch.send(
                                ch.cached(Integer.class, made::incrementAndGet)
                                    + " "
                                    + ch.cachedForMessage(Long.class, () -> 100L + made.get()))
                            .compose(
                                sent -> {
                                  made.incrementAndGet();
                                  return rank == 1 ? Forward.next() : Future.succeededFuture();
                                }));
          }
        });
    RawClient client = server.connect("/t");

    client.sendText("a");
    assertThat(client.readText()).isEqualTo("1 101");
    assertThat(client.readText()).isEqualTo("1 101");
    client.sendText("b");
    assertThat(client.readText()).isEqualTo("1 103");
    assertThat(client.readText()).isEqualTo("1 103");
  }

  @Test
  void baseIsPartOfPatternAndTopic() throws Exception {
    List<Route<Payload, Payload>> declared = new ArrayList<>();
    server.serve(
        routes ->
            routes.mount(
                "/v1/:tenant",
                v1 ->
                    v1.mount(
                        "/rooms",
                        rooms ->
                            declared.add(
                                rooms
                                    .route("/:room?lang?")
                                    .message(
                                        (ch, payload) ->
                                            ch.sendRaw(
                                                ch.topic().uri()
                                                    + " "
                                                    + ch.path("tenant")
                                                    + " "
                                                    + ch.path("room")))))));

    assertThat(server.connect("/v1/acme/rooms/tea").sendText("?").readText())
        .isEqualTo("/v1/acme/rooms/tea acme tea");
    assertThat(server.open().ask(Request.upgrade("/rooms/tea")).status()).isEqualTo(404);
    Route<Payload, Payload> route = declared.get(0);
    assertThat(route.topic(Map.of("tenant", "a b", "room", 7, "lang", "de")).uri())
        .isEqualTo("/v1/a%20b/rooms/7?lang=de");
    assertThatThrownBy(() -> route.topic(Map.of("tenant", "x")))
        .hasMessage("missing parameter: name=room, pattern=/v1/:tenant/rooms/:room?lang?");
    assertThatThrownBy(() -> route.topic(Map.of("tenant", "x", "room", 1, "more", 2)))
        .hasMessage("unknown parameter: name=more, pattern=/v1/:tenant/rooms/:room?lang?");
  }

  @Test
  void baseWithAQueryIsRefused() {
    assertThatThrownBy(() -> server.serve(routes -> routes.mount("/a?x", a -> {})))
        .hasMessageContaining("a base path has no query: base=/a?x");
  }

  @Test
  void allCollisionsOfAVerticleAreListed() {
    assertThatThrownBy(
            () ->
                server.serve(
                    routes -> {
                      for (String pattern : List.of("/a/:x", "/a/:y", "/b/**", "/b/:z**")) {
                        routes.route(pattern).rank(1).message((ch, payload) -> ch.send(payload));
                      }
                    }))
        .hasMessageContaining("/a/:y (")
        .hasMessageContaining("/a/:x (")
        .hasMessageContaining("; /b/:z** (")
        .hasMessageContaining("/b/** (");
  }

  // ---- controllers

  /** Says hello, and everything twice. */
  static final class Twice implements Controller<String, String> {
    @Override
    public Future<?> connected(Channel<String> session) {
      return session.send("hello");
    }

    @Override
    public Future<?> message(Channel<String> session, String message) {
      if (message.equals("fail")) {
        throw new IllegalStateException("a secret");
      }
      return session.send(message + message);
    }
  }

  @Test
  void controllerIsMountedInOneLine() throws Exception {
    server.serve(
        routes -> {
          routes.controller("/twice", String.class, String.class, new Twice());
          routes.controller("/silent", new Controller<>() {});
        });
    RawClient client = server.connect("/twice");

    assertThat(client.readText()).isEqualTo("hello");
    assertThat(client.sendText("ab").readText()).isEqualTo("abab");
    assertThat(closed(client.sendText("fail"))).isEqualTo("1011 InternalServerError");
    server.connect("/silent").sendText("x").sendBinary(new byte[1]).pingPong();
  }
}
