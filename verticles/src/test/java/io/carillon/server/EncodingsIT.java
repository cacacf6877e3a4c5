package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.carillon.broker.Broker;
import io.carillon.codec.Codec;
import io.carillon.codec.Encoding;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Typed messages in every encoding, over the socket. */
@Timeout(30)
class EncodingsIT extends HandlerFixture {
  record Say(String text) {
    Say {
      if (text == null || text.isBlank()) {
        throw new IllegalArgumentException("text must not be blank");
      }
    }
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({@JsonSubTypes.Type(Move.class), @JsonSubTypes.Type(Shout.class)})
  sealed interface Act permits Move, Shout {}

  @JsonTypeName("move")
  record Move(int x) implements Act {}

  @JsonTypeName("shout")
  record Shout(String text) implements Act {}

  /** Texts turned round. */
  static final class Reverse implements Encoding {
    @Override
    public String contentType() {
      return "text/x-reverse";
    }

    @Override
    public String streamContentType() {
      return contentType();
    }

    @Override
    public Optional<Payload> encode(Object value) {
      return Optional.of(Payload.text(new StringBuilder(value.toString()).reverse().toString()));
    }

    @Override
    public <T> Optional<T> decode(Payload payload, Class<T> type) {
      return payload.text().isEmpty()
          ? Optional.empty()
          : Optional.of(type.cast(encode(payload.text()).orElseThrow().text()));
    }
  }

  private static Payload payload(RawClient.Frame frame) {
    return frame.opcode() == RawClient.TEXT
        ? Payload.textOf(frame.payload())
        : Payload.binary(frame.payload());
  }

  private static void send(RawClient client, Payload payload) throws Exception {
    if (payload.isText()) {
      client.sendText(payload.text());
    } else {
      client.sendBinary(payload.bytes());
    }
  }

  private static String closed(RawClient client) throws Exception {
    RawClient.Frame close = client.readClose();
    return close.code() + " " + close.reason();
  }

  private void serveSay(Encodings encoding) throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Say.class, Say.class)
                .encoding(encoding)
                .message(
                    (ch, say) ->
                        ch.send(new Say(say.text().toUpperCase(Locale.ROOT)))
                            .compose(sent -> ch.sendRaw(say))
                            .compose(sent -> ch.broadcast(say))));
  }

  @ParameterizedTest
  @EnumSource
  void recordTravelsBothWays(Encodings encoding) throws Exception {
    serveSay(encoding);
    RawClient client = server.connect("/t");

    send(client, encoding.encode(new Say("grüße")).orElseThrow());

    for (String text : new String[] {"GRÜSSE", "grüße", "grüße"}) {
      gets(client, encoding, text);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatDoesNotDecodeClosesWith1007(Encodings encoding) throws Exception {
    serveSay(encoding);
    RawClient client = server.connect("/t");
    client.sendBinary(new byte[] {(byte) 0xc1});

    assertThat(closed(client)).isEqualTo("1007 not valid " + name(encoding) + " for Say");

    client = server.connect("/t");
    send(client, Codec.payloadOf(new JsonObject().put("text", " "), encoding));

    assertThat(closed(client)).isEqualTo("1007 text must not be blank");
  }

  private static String name(Encodings encoding) {
    return switch (encoding) {
      case CBOR -> "CBOR";
      case MESSAGE_PACK -> "MessagePack";
      default -> "JSON";
    };
  }

  @Test
  void decodeErrorHandlerLeavesTheSocketUsable() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Say.class, Say.class)
                .decodeError(
                    (ch, error) -> ch.send(new Say(error.kind() + ": " + error.getMessage())))
                .message((ch, say) -> ch.send(say)));
    RawClient client = server.connect("/t");

    assertThat(client.sendText("{").readText())
        .isEqualTo("{\"text\":\"INVALID: not valid JSON for Say\"}");
    assertThat(client.sendText("{\"text\":\"\"}").readText())
        .isEqualTo("{\"text\":\"INVALID: text must not be blank\"}");
    assertThat(client.sendText("{\"text\":\"x\"}").readText()).isEqualTo("{\"text\":\"x\"}");
  }

  @Test
  void decodeErrorHandlerThatFailsEndsTheChannel() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .decodeError(
                    (ch, error) -> {
                      throw error;
                    })
                .message((ch, text) -> ch.send(text)));
    RawClient client = server.connect("/t");
    client.sendBinary(new byte[1]);

    assertThat(closed(client)).isEqualTo("1003 only text is taken here");
  }

  @Test
  void eachKindHasItsHandler() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Act.class, String.class)
                .message(Move.class, (ch, move) -> ch.send("moved " + move.x()))
                .message(
                    Shout.class,
                    (ch, shout) -> {
                      ch.send("shouted " + shout.text());
                    }));
    RawClient client = server.connect("/t");

    assertThat(client.sendText("{\"type\":\"move\",\"x\":3}").readText()).isEqualTo("moved 3");
    assertThat(client.sendText("{\"type\":\"shout\",\"text\":\"a\"}").readText())
        .isEqualTo("shouted a");
  }

  @Test
  void kindWithoutAHandlerGoesOnToTheNextRoute() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/t", Act.class, String.class)
              .rank(1)
              .message(Move.class, (ch, move) -> ch.send("moved"));
          routes
              .route("/t", Act.class, String.class)
              .rank(2)
              .message(Move.class, (ch, move) -> ch.send("never"))
              .message((ch, act) -> ch.send("else"));
          routes
              .route("/u", Act.class, String.class)
              .message(Move.class, (ch, move) -> ch.send("moved"));
        });
    RawClient client = server.connect("/t");

    assertThat(client.sendText("{\"type\":\"shout\"}").readText()).isEqualTo("else");
    assertThat(client.sendText("{\"type\":\"move\",\"x\":0}").readText()).isEqualTo("moved");
    assertThat(closed(server.connect("/u").sendText("{\"type\":\"shout\"}")))
        .isEqualTo("1008 nobody takes this");
  }

  @Test
  void broadcastReachesEachTopicInTheEncodingOfItsRoute() throws Exception {
    server.serve(
        routes -> {
          for (Encodings encoding : Encodings.values()) {
            routes
                .route("/" + encoding.wireName(), Say.class, Say.class)
                .encoding(encoding)
                .message((ch, say) -> ch.send(say));
          }
          routes.route("/raw").message((ch, payload) -> ch.send(payload));
        });
    Broker broker = Broker.of(server.vertx());
    for (Encodings encoding : Encodings.values()) {
      String topic = "/" + encoding.wireName();
      RawClient client = server.connect(topic);

      TestServer.await(broker.broadcastTo(topic, new Say("typed")));
      gets(client, encoding, "typed");
      server
          .vertx()
          .eventBus()
          .publish(
              "carillon.broadcast",
              new JsonObject().put("text", "plain"),
              new DeliveryOptions().addHeader("topic", topic));
      gets(client, encoding, "plain");
      TestServer.await(broker.broadcastTo(topic, "as it is"));
      assertThat(client.readText()).isEqualTo("as it is");
    }
    RawClient raw = server.connect("/raw");
    TestServer.await(broker.broadcastTo("/raw", new Say("x")));
    assertThat(raw.readText()).isEqualTo("{\"text\":\"x\"}");
  }

  private static void gets(RawClient client, Encodings encoding, String text) throws Exception {
    Payload got = payload(client.read());
    assertThat(got.isText()).isEqualTo(encoding == Encodings.JSON);
    assertThat(encoding.codec(Say.class).decode(got)).isEqualTo(new Say(text));
  }

  @Test
  void ownEncodingAndOwnCodecsAreTakenEverywhere() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/encoding", String.class, String.class)
              .encoding(new Reverse())
              .message((ch, text) -> ch.send(text + "!").compose(sent -> ch.broadcast(text)));
          routes
              .route("/codec", Codec.of(String.class), new Reverse().codec(String.class))
              .message((ch, text) -> ch.send(text));
        });
    RawClient client = server.connect("/encoding");

    assertThat(client.sendText("abc").readText()).isEqualTo("!abc");
    assertThat(client.readText()).isEqualTo("abc");
    assertThat(closed(client.sendText(""))).isEqualTo("1007 not valid text/x-reverse for String");
    assertThat(server.connect("/codec").sendText("abc").readText()).isEqualTo("cba");
  }

  @Test
  void namedEncodingHoldsForTextsToo() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", String.class, String.class)
                .encoding(Encodings.JSON)
                .message((ch, text) -> ch.send(text)));
    RawClient client = server.connect("/t");

    assertThat(client.sendText("\"a\\\"b\"").readText()).isEqualTo("\"a\\\"b\"");
    assertThat(closed(client.sendText("bare"))).isEqualTo("1007 not valid JSON for String");
  }

  @Test
  void asynchronousKindHoldsTheNextMessageBack() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/t", Act.class, String.class)
                .message(Move.class, (ch, move) -> hold("move"))
                .message(
                    (ch, act) -> Future.succeededFuture(journal).onSuccess(j -> j.add("act"))));
    server.connect("/t").sendText("{\"type\":\"move\",\"x\":3}").sendText("{\"type\":\"shout\"}");

    journal.expect("move");
    journal.isEmpty();
    nextPending().complete();
    journal.expect("act");
  }
}
