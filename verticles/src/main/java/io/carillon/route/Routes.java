package io.carillon.route;

import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import java.util.ArrayList;
import java.util.List;

/** Where a {@link ChannelVerticle} declares its routes. */
public final class Routes {
  private final List<Route<?, ?>> routes = new ArrayList<>();

  Routes() {}

  /**
   * Declares a route whose messages are taken as they are: text stays text, binary stays binary.
   *
   * @param pattern such as {@code /rooms/:room}; see {@link UriPattern}
   * @throws IllegalArgumentException if the pattern is malformed or reserved
   */
  public Route<Payload, Payload> route(String pattern) {
    return route(pattern, Payload.class, Payload.class);
  }

  /**
   * Declares a route with typed messages: records and other values as JSON or in another {@link
   * Route#encoding encoding}, {@code String} as raw text, {@code byte[]} and {@code Buffer} as raw
   * binary. A message that is not an {@code I} closes that client with 1007, and one of the wrong
   * kind with 1003.
   *
   * @throws IllegalArgumentException if the pattern is malformed or reserved
   */
  public <I, O> Route<I, O> route(String pattern, Class<I> in, Class<O> out) {
    return added(new Route<>(UriPattern.parse(pattern), in, out));
  }

  /**
   * Declares a route with codecs of your own. What they write goes out as it is, broadcasts
   * included.
   *
   * @throws IllegalArgumentException if the pattern is malformed or reserved
   */
  public <I, O> Route<I, O> route(String pattern, Codec<I> in, Codec<O> out) {
    return added(new Route<>(UriPattern.parse(pattern), in, out));
  }

  private <I, O> Route<I, O> added(Route<I, O> route) {
    routes.add(route);
    return route;
  }

  List<Route<?, ?>> all() {
    return routes;
  }
}
