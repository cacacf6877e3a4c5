package io.carillon.broker;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * One client on one topic.
 *
 * @param channel the id of the channel
 * @param connection the id of the connection
 * @param topic path and query, in normal form
 * @param user the user who has signed in
 */
public record Joined(String channel, String connection, String topic, Optional<String> user) {
  static Joined of(JsonObject json) {
    return new Joined(
        json.getString(Addresses.CHANNEL, ""),
        json.getString(Addresses.CONNECTION, ""),
        json.getString(Addresses.TOPIC, ""),
        Optional.ofNullable(json.getString(Addresses.USER)));
  }
}
