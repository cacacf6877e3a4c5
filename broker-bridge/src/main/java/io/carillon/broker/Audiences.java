package io.carillon.broker;

import org.jspecify.annotations.Nullable;

/**
 * The topics that stand for clients who did not join them. Which nodes have some of them is found
 * out as for any topic; a connection's id says itself where it is.
 */
public final class Audiences {
  /** All connections. */
  public static final Topic ALL = new Topic("/.all");

  private static final String SESSION = "/.session/";
  private static final String USER = "/.user/";
  private static final String CONNECTION = "/.connection/";
  private static final String SAID = "/.said/";

  private Audiences() {}

  /**
   * The connections of a browser session.
   *
   * @throws IllegalArgumentException if it is empty, {@code .} or {@code ..}, or too long
   */
  public static Topic session(String id) {
    return named(SESSION, id);
  }

  /**
   * The connections of a user.
   *
   * @throws IllegalArgumentException if it is empty, {@code .} or {@code ..}, or too long
   */
  public static Topic user(String id) {
    return named(USER, id);
  }

  /**
   * One connection, or one channel.
   *
   * @throws IllegalArgumentException if it is no id
   */
  public static Topic connection(String id) {
    return named(CONNECTION, id);
  }

  /**
   * Those who read along what a session says.
   *
   * @throws IllegalArgumentException as {@link #session}
   */
  public static Topic said(String session) {
    return named(SAID, session);
  }

  private static Topic named(String space, String id) {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("an id must not be empty");
    }
    return new Topic(space + Topic.escape(id));
  }

  /** The id of the one connection or channel that is meant, or null. */
  public static @Nullable String connectionIn(Topic audience) {
    return audience.uri().startsWith(CONNECTION)
        ? Topic.unescape(audience.uri().substring(CONNECTION.length()))
        : null;
  }
}
