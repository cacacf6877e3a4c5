package io.carillon.broker;

import io.carillon.codec.Payload;
import org.jspecify.annotations.Nullable;

/**
 * One message to all subscribers of a topic.
 *
 * @param topic whom it is for
 * @param payload the message; one object for all subscribers of a JVM
 * @param except id of a channel that does not get it, or null
 * @param key what it is news of, at most {@value #MAX_KEY_CHARS} characters, or null for the topic
 *     as a whole: a client that reads too slowly may get only the latest message of each key
 */
public record Publication(
    Topic topic, Payload payload, @Nullable String except, @Nullable String key) {
  /** Longest key, in characters. */
  public static final int MAX_KEY_CHARS = 256;

  /**
   * @throws IllegalArgumentException if the key is too long
   */
  public Publication {
    if (key != null && key.length() > MAX_KEY_CHARS) {
      throw new IllegalArgumentException(
          "key too long: characters=" + key.length() + ", max=" + MAX_KEY_CHARS);
    }
  }

  /** A publication without a key. */
  public Publication(Topic topic, Payload payload, @Nullable String except) {
    this(topic, payload, except, null);
  }
}
