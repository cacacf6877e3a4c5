package io.carillon.auth;

import io.carillon.broker.Topic;

/** What a {@link Guard} is asked about. */
public interface GuardRequest {
  /** What the client wants. */
  enum Kind {
    /** To join a topic, by an upgrade or on a connection that it has. */
    JOIN,
    /** To have a message or question of its handled. */
    MESSAGE,
    /** To have an HTTP request answered. */
    HTTP
  }

  /** What the client wants. */
  Kind kind();

  /** What the request said: that itself, or the one that opened the connection. */
  Handshake handshake();

  /**
   * The topic; of an HTTP request, its path and query in the same normal form, or only its path
   * where the query has none.
   */
  Topic topic();

  /**
   * The value of a path parameter.
   *
   * @throws IllegalArgumentException if the pattern of the route has no such parameter
   */
  String path(String name);

  /** The first value of a query parameter; empty when it is missing. */
  String query(String name);

  /** Who asks, as far as that is known. */
  default Identity identity() {
    return handshake().identity();
  }
}
