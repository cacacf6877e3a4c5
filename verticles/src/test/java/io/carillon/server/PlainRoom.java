package io.carillon.server;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A verticle that serves a route and knows nothing but the event bus, the addresses and the forms
 * of the messages. No import of ours here: this is the contract.
 *
 * <p>What happens to it is published on {@code test.journal}.
 */
public class PlainRoom extends AbstractVerticle {
  private final String address;
  private final JsonObject route;
  private MessageConsumer<Object> events;

  PlainRoom(String address, JsonObject route) {
    this.address = address;
    this.route = route;
  }

  /** Serves {@code /plain/:room} with all three events. */
  PlainRoom(String address) {
    this(address, route("/plain/:room", "join", "message", "leave"));
  }

  static JsonObject route(String pattern, String... events) {
    JsonArray list = new JsonArray();
    for (String event : events) {
      list.add(event);
    }
    return new JsonObject().put("pattern", pattern).put("events", list);
  }

  @Override
  public void start(Promise<Void> started) {
    events = vertx.eventBus().consumer(address, this::onEvent);
    vertx
        .eventBus()
        .consumer(
            "carillon.handlers",
            question ->
                vertx
                    .eventBus()
                    .send(question.headers().get("address"), announcement(), action("announce")));
    events
        .completion()
        .onSuccess(
            listening ->
                vertx.eventBus().publish("carillon.routes", announcement(), action("announce")))
        .onComplete(started);
  }

  JsonObject announcement() {
    return new JsonObject()
        .put("version", "1.0")
        .put("address", address)
        .put("name", "plain room")
        .put("routes", new JsonArray().add(route));
  }

  void withdraw() {
    vertx.eventBus().publish("carillon.routes", announcement(), action("withdraw"));
  }

  /** Goes without a word. */
  void vanish() {
    events.unregister().await();
  }

  static DeliveryOptions action(String name) {
    return new DeliveryOptions().addHeader("action", name);
  }

  private static DeliveryOptions outcome(String name) {
    return new DeliveryOptions().addHeader("outcome", name);
  }

  private void onEvent(Message<Object> event) {
    switch (event.headers().get("event")) {
      case "join" -> onJoin(event);
      case "message" -> onMessage(event);
      default -> onLeave(event);
    }
  }

  private void onJoin(Message<Object> event) {
    vertx.eventBus().publish("test.journal", "join " + new TreeMap<>(parameters(event).getMap()));
    switch (parameters(event).getString("room", "")) {
      case "full" -> event.fail(409, "room is full");
      case "closed" -> event.fail(4100, "closed for today");
      case "policy" -> event.fail(1008, "not you");
      case "odd" -> event.fail(12, "no status at all");
      case "nobody" -> event.reply(null, outcome("forward"));
      case "silent" -> {}
      default -> {
        send(event, "welcome to " + parameters(event).getString("room"));
        event.reply(null);
      }
    }
  }

  private void onMessage(Message<Object> event) {
    journal("message", event, "topic");
    if (event.body() instanceof Buffer buffer) {
      send(event, buffer);
      event.reply(null);
      return;
    }
    String text = (String) event.body();
    switch (text) {
      case "headers" -> send(event, String.join(" ", new TreeSet<>(event.headers().names())));
      case "bye" ->
          close(event, action("close").addHeader("code", "4003").addHeader("reason", "enough"));
      case "ok" -> close(event, action("close"));
      case "all" ->
          vertx
              .eventBus()
              .send(
                  "carillon.broadcast",
                  "to all",
                  new DeliveryOptions().addHeader("topic", event.headers().get("topic")));
      case "fail" -> event.fail(429, "slowly");
      case "fail own" -> event.fail(4200, "my own");
      case "fail policy" -> event.fail(1008, "not you");
      case "fail unsendable" -> event.fail(1006, "gone");
      case "fail at length" -> event.fail(4201, "x" + "ü".repeat(100));
      case "forward" -> event.reply(null, outcome("forward"));
      case "silent" -> {
        return;
      }
      default -> send(event, address + ": " + text);
    }
    event.reply(null);
  }

  private void onLeave(Message<Object> event) {
    journal("leave", event, "kind", "code", "reason");
    boolean forwards = "forwards".equals(parameters(event).getString("room"));
    event.reply(null, forwards ? outcome("forward") : new DeliveryOptions());
  }

  private void send(Message<Object> event, Object body) {
    DeliveryOptions options = action("send").addHeader("channel", event.headers().get("channel"));
    vertx.eventBus().send(event.headers().get("client"), body, options);
  }

  private void close(Message<Object> event, DeliveryOptions options) {
    options.addHeader("channel", event.headers().get("channel"));
    vertx.eventBus().send(event.headers().get("client"), null, options);
  }

  private static JsonObject parameters(Message<Object> event) {
    return new JsonObject(event.headers().get("parameters"));
  }

  private void journal(String what, Message<Object> event, String... headers) {
    StringBuilder entry = new StringBuilder(what);
    for (String header : headers) {
      entry.append(' ').append(event.headers().get(header));
    }
    vertx.eventBus().publish("test.journal", entry.toString());
  }
}
