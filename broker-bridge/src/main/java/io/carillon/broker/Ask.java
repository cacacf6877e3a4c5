package io.carillon.broker;

import io.carillon.codec.Payload;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What some clients are to get or to do, and every node that has some of them answers.
 *
 * @param audience a topic, or one of the reserved name space: see {@link Audiences}
 * @param action what is to be done; {@code docs/bus.md} has them
 * @param parameters what the action needs to know beside
 * @param payload the message, where there is one
 */
public record Ask(
    Topic audience, String action, JsonObject parameters, @Nullable Payload payload) {}
