package io.carillon.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.codec.Payload;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The messages that this side and the JavaScript library agree on: docs/protocol-vectors.json. */
class VectorsTest {
  /** History and presence are not spoken yet. */
  private static final Set<String> LATER = Set.of("PRESENCE");

  private static Stream<Arguments> cases(String from) throws Exception {
    Path file = Path.of("..", "docs", "protocol-vectors.json");
    return new JsonObject(Files.readString(file))
        .getJsonArray("cases").stream()
            .map(one -> (JsonObject) one)
            .filter(one -> one.getString("from").equals(from))
            .filter(one -> !LATER.contains(action(one)))
            .filter(one -> !one.getJsonObject("data", new JsonObject()).containsKey("offset"))
            .map(one -> Arguments.of(one.getString("dialect"), one.getString("name"), one));
  }

  private static String action(JsonObject one) {
    return one.getJsonObject("control", new JsonObject()).getString("action", "");
  }

  static Stream<Arguments> ofClients() throws Exception {
    return cases("client");
  }

  static Stream<Arguments> ofServers() throws Exception {
    return cases("server")
        .filter(one -> !((JsonObject) one.get()[2]).containsKey("error"))
        .filter(one -> !action((JsonObject) one.get()[2]).equals("PING")); // we only answer
  }

  private static Payload message(JsonObject one) {
    return one.containsKey("text")
        ? Payload.text(one.getString("text"))
        : Payload.binary(HexFormat.of().parseHex(one.getString("hex")));
  }

  private static Payload payload(JsonObject data) {
    return data.containsKey("payload")
        ? Payload.text(data.getString("payload"))
        : Payload.binary(HexFormat.of().parseHex(data.getString("payloadHex")));
  }

  private static List<String> params(JsonObject control) {
    return control.getJsonArray("params", new JsonArray()).stream().map(String::valueOf).toList();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("ofClients")
  void whatClientsSendIsRead(String dialect, String name, JsonObject one) {
    List<Object> found = new ArrayList<>();

    new MultiplexReader(Dialect.of(dialect).orElseThrow(), 0, new Recorded(found))
        .read(message(one));

    if (one.containsKey("error")) {
      assertThat(found).containsExactly("invalid", one.getString("error"));
    } else if (one.containsKey("data")) {
      JsonObject data = one.getJsonObject("data");
      if (data.containsKey("request")) {
        assertThat(found)
            .containsExactly(
                "request",
                data.getString("topic"),
                Long.parseLong(data.getString("request")),
                payload(data));
      } else {
        assertThat(found).containsExactly("data", data.getString("topic"), payload(data));
      }
    } else {
      assertThat(found).isEqualTo(control(one.getJsonObject("control")));
    }
  }

  private static List<Object> control(JsonObject control) {
    List<String> params = params(control);
    return switch (control.getString("action")) {
      case "SUBSCRIBE" ->
          List.of(
              "subscribe",
              params.get(0),
              params.size() > 1 ? params.get(1) : "",
              params.size() > 2 ? params.get(2) : "");
      case "UNSUBSCRIBE" ->
          List.of(
              "unsubscribe",
              params.get(0),
              params.size() > 1 ? params.get(1) : "",
              params.size() > 2
                  ? new CloseStatus(1000, "").withReason(params.get(2)).reason()
                  : "");
      case "PING" -> List.of("ping", params.get(0));
      case "REFRESH" -> List.of("refresh", params.get(0));
      case "OK" ->
          params.get(0).equals("UNSUBSCRIBE") ? List.of("heard", params.get(1)) : List.of();
      case "ERR" -> List.of("failed", params.get(2), Long.parseLong(params.get(3)), params.get(0));
      default -> List.of("not known here: " + control);
    };
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("ofServers")
  void whatServersSendIsWritten(String dialect, String name, JsonObject one) {
    if (one.getBoolean("decodeOnly", false)) {
      return;
    }
    if (one.containsKey("data")) {
      JsonObject data = one.getJsonObject("data");
      String address = data.getString("topic");
      byte[] prefix =
          MultiplexWriter.prefix(
              data.containsKey("request") ? address + "^" + data.getString("request") : address);
      byte[] body = payload(data).bytes();
      byte[] written = Arrays.copyOf(prefix, prefix.length + body.length);
      System.arraycopy(body, 0, written, prefix.length, body.length);
      assertThat(written).isEqualTo(message(one).bytes());
    } else {
      JsonObject control = one.getJsonObject("control");
      assertThat(written(Dialect.of(dialect).orElseThrow(), control))
          .isEqualTo(one.getString("text"));
    }
  }

  private static String written(Dialect dialect, JsonObject control) {
    List<String> params = params(control);
    List<String> rest = params.isEmpty() ? params : params.subList(1, params.size());
    return switch (control.getString("action")) {
      case "OK" -> MultiplexWriter.ok(params.get(0), rest);
      case "ERR" -> MultiplexWriter.err(params.get(0), params.get(1), rest.subList(1, rest.size()));
      case "INVALID" -> MultiplexWriter.invalid(params.get(0));
      case "UNSUBSCRIBE" -> {
        int code = params.size() > 1 ? Integer.parseInt(params.get(1)) : 1005;
        String reason = params.size() > 2 ? params.get(2) : "";
        yield MultiplexWriter.end(
            dialect, params.get(0), new CloseStatus(code, "").withReason(reason));
      }
      default -> "not written here: " + control;
    };
  }

  /** Writes down what it is told. */
  private record Recorded(List<Object> calls) implements MultiplexReader.Sink {
    @Override
    public void onData(String address, Payload payload) {
      calls.addAll(List.of("data", address, payload));
    }

    @Override
    public void onRequest(String address, long id, Payload payload) {
      calls.addAll(List.of("request", address, id, payload));
    }

    @Override
    public void onRequestFailed(String address, long id, String reason) {
      calls.addAll(List.of("failed", address, id, reason));
    }

    @Override
    public void onSubscribe(String address, String subprotocols, String position) {
      calls.addAll(List.of("subscribe", address, subprotocols, position));
    }

    @Override
    public void onUnsubscribe(String address, LeaveStatus status) {
      boolean closed = status.kind() == LeaveStatus.Kind.CLOSED;
      calls.addAll(
          List.of(
              "unsubscribe",
              address,
              closed ? Integer.toString(status.closeStatus().code()) : "",
              closed ? status.closeStatus().reason() : ""));
    }

    @Override
    public void onEndHeard(String address) {
      calls.addAll(List.of("heard", address));
    }

    @Override
    public void onPing(String token) {
      calls.addAll(List.of("ping", token));
    }

    @Override
    public void onRefresh(String token) {
      calls.addAll(List.of("refresh", token));
    }

    @Override
    public void onInvalid(String reason) {
      calls.addAll(List.of("invalid", reason));
    }
  }
}
