package io.carillon.broker;

import io.carillon.codec.Payload;
import org.jspecify.annotations.Nullable;

/**
 * One message to all subscribers of a topic.
 *
 * @param topic whom it is for
 * @param payload the message; one object for all subscribers of a JVM
 * @param except id of a channel that does not get it, or null
 */
public record Publication(Topic topic, Payload payload, @Nullable String except) {}
