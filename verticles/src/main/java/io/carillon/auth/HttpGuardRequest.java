package io.carillon.auth;

import io.carillon.broker.Topic;
import io.vertx.ext.web.RoutingContext;

/** An HTTP request of one of the application's own routes. */
record HttpGuardRequest(RoutingContext context, Handshake handshake, Topic topic)
    implements GuardRequest {

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if its path is none
   */
  static HttpGuardRequest of(RoutingContext context) {
    Topic path = Topic.of(context.normalizedPath());
    return new HttpGuardRequest(context, Handshake.of(context), withQuery(path, context));
  }

  /** HTTP takes queries that no topic may have; without it then. */
  private static Topic withQuery(Topic path, RoutingContext context) {
    String query = context.request().query();
    try {
      return query == null ? path : Topic.of(path.uri() + "?" + query);
    } catch (IllegalArgumentException notOfATopic) {
      return path;
    }
  }

  @Override
  public Kind kind() {
    return Kind.HTTP;
  }

  @Override
  public String path(String name) {
    String value = context.pathParam(name);
    if (value == null) {
      throw new IllegalArgumentException("no such path parameter: name=" + name);
    }
    return value;
  }

  @Override
  public String query(String name) {
    return context.queryParam(name).stream().findFirst().orElse("");
  }
}
