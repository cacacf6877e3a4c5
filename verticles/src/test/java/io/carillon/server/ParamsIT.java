package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Encodings;
import io.carillon.route.JoinPhase;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Typed parameters, which are read before the upgrade. */
@Timeout(30)
class ParamsIT extends HandlerFixture {
  record Ask(UUID room, int age, Optional<String> lang, String token) {
    Ask {
      if (age < 0) {
        throw new IllegalArgumentException("age must not be negative");
      }
    }
  }

  record Number(int id) {}

  private static final String ROOM = "00000000-0000-0001-0000-000000000002";

  private String error(String uri) throws Exception {
    Answer answer = server.open().ask(Request.upgrade(uri).plus("X-Token", "t"));
    return answer.status() + " " + answer.body();
  }

  private void serveAsk() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/rooms/:room?age&lang?", String.class, String.class)
                .params(Ask.class)
                .header("token", "X-Token")
                .message(
                    (ch, text) -> {
                      journal.add("message");
                      return ch.send(ch.params(Ask.class).toString());
                    }));
  }

  @Test
  void recordIsThereInTheHandler() throws Exception {
    serveAsk();
    RawClient client = server.open();
    client.upgrade(Request.upgrade("/rooms/" + ROOM + "?age=3&lang=de").plus("X-Token", "t"));

    assertThat(client.sendText("?").readText())
        .isEqualTo("Ask[room=" + ROOM + ", age=3, lang=Optional[de], token=t]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/rooms/ROOM?age=2147483648 | query parameter must be a whole number of 32 bits: name=age",
        "/rooms/ROOM?age=-1 | age must not be negative",
        "/rooms/ROOM | query parameter missing: age",
        "/rooms/%2F?age=1 | path parameter must be a UUID: name=room",
        "/rooms/a%00b?age=1 | topic has an escape that is malformed",
      })
  void badValueIsRefusedBeforeTheUpgradeAndReachesNoHandler(String uri, String text)
      throws Exception {
    serveAsk();

    assertThat(error(uri.replace("ROOM", ROOM))).startsWith("400 ").contains(text);
    nothingMoreHappens();
  }

  @Test
  void missingHeaderIsNamed() throws Exception {
    serveAsk();
    Answer answer = server.open().ask(Request.upgrade("/rooms/" + ROOM + "?age=1"));

    assertThat(answer.body())
        .isEqualTo("{\"status\":400,\"error\":\"header parameter missing: X-Token\"}");
  }

  @Test
  void valueThatDoesNotParseGoesToTheNextRoute() throws Exception {
    server.serve(
        routes -> {
          routes
              .route("/n/:id", String.class, String.class)
              .rank(1)
              .encoding(Encodings.CBOR)
              .params(Number.class)
              .message((ch, text) -> ch.send("number " + ch.params(Number.class).id()))
              .leave(
                  ch -> {
                    journal.add("left the number");
                  });
          routes
              .route("/n/:name", String.class, String.class)
              .rank(2)
              .join(
                  ch -> {
                    journal.add("join " + ch.path("name"));
                  })
              .message((ch, text) -> ch.send("name " + ch.path("name")))
              .leave(
                  ch -> {
                    journal.add("left the name");
                  });
        });
    RawClient name = server.connect("/n/ann");
    journal.expect("join ann");
    assertThat(name.sendText("?").readText()).isEqualTo("name ann");
    name.sendClose(1000, "");
    journal.expect("left the name");

    // The first route takes messages, but join is that of the second.
    RawClient number = server.connect("/n/7");
    journal.expect("join 7");
    number.sendBinary(Encodings.CBOR.encode("?").orElseThrow().bytes());
    assertThat(
            Encodings.CBOR
                .codec(String.class)
                .decode(io.carillon.codec.Payload.binary(number.readBinary())))
        .isEqualTo("number 7");
    number.sendClose(1000, "");
    journal.expect("left the number");
  }

  @Test
  void refusalBehindTheUpgradeIsACloseCode() throws Exception {
    server.serve(
        routes ->
            routes
                .route("/n/:id", String.class, String.class)
                .joinPhase(JoinPhase.AFTER_UPGRADE)
                .params(Number.class)
                .message((ch, text) -> ch.send("never")));
    RawClient.Frame close = server.connect("/n/x").readClose();

    assertThat(close.code() + " " + close.reason())
        .isEqualTo("1007 path parameter must be a whole number of 32 bits: name=id");
  }

  @Test
  void routesThatOnlyDifferInTheTypesOfTheirParametersCanStandSideBySide() throws Exception {
    server.serve(
        routes -> {
          for (int rank : List.of(1, 2)) {
            routes
                .route("/n/:id", String.class, String.class)
                .rank(rank)
                .params(Number.class)
                .message((ch, text) -> ch.send("route " + rank));
          }
        });

    assertThat(server.connect("/n/7").sendText("?").readText()).isEqualTo("route 1");
    assertThat(error("/n/x"))
        .isEqualTo(
            "400 {\"status\":400,\"error\":\"path parameter must be a whole number of 32 bits:"
                + " name=id\"}");
  }
}
