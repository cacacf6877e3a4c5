package io.carillon.route;

import io.carillon.auth.Guard;
import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Where a {@link ChannelVerticle} declares its routes. */
public final class Routes {
  private final List<Route<?, ?>> routes;
  private final List<UriPattern> targets;
  private final List<Guard> guards;
  private final String base;

  Routes() {
    this("", new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
  }

  private Routes(
      String base, List<Route<?, ?>> routes, List<UriPattern> targets, List<Guard> guards) {
    this.base = base;
    this.routes = routes;
    this.targets = targets;
    this.guards = guards;
  }

  /**
   * Declares routes under a base path, which becomes part of their patterns and topics.
   *
   * @param base path without a query, such as {@code /v1/:tenant}
   * @throws IllegalArgumentException if the base is malformed
   */
  public Routes mount(String base, Consumer<Routes> declaration) {
    if (base.indexOf('?') >= 0) {
      throw new IllegalArgumentException("a base path has no query: base=" + base);
    }
    UriPattern.parse(base);
    declaration.accept(new Routes(this.base + base, routes, targets, guards));
    return this;
  }

  /** Mounts a controller that takes messages as they are. */
  public Route<Payload, Payload> controller(
      String pattern, Controller<Payload, Payload> controller) {
    return controller(pattern, Payload.class, Payload.class, controller);
  }

  /** Mounts a controller with typed messages. */
  public <I, O> Route<I, O> controller(
      String pattern, Class<I> in, Class<O> out, Controller<I, O> controller) {
    JoinHandler.Async<O> connected = controller::connected;
    MessageHandler.Async<I, O> message = controller::message;
    return route(pattern, in, out).join(connected).message(message);
  }

  private UriPattern pattern(String pattern) {
    if (base.isEmpty() || !pattern.startsWith("/")) {
      return UriPattern.parse(pattern);
    }
    return UriPattern.parse(base + pattern);
  }

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
    return added(new Route<>(pattern(pattern), in, out));
  }

  /**
   * Declares a route with codecs of your own. What they write goes out as it is, broadcasts
   * included.
   *
   * @throws IllegalArgumentException if the pattern is malformed or reserved
   */
  public <I, O> Route<I, O> route(String pattern, Codec<I> in, Codec<O> out) {
    return added(new Route<>(pattern(pattern), in, out));
  }

  private <I, O> Route<I, O> added(Route<I, O> route) {
    routes.add(route);
    return route;
  }

  /**
   * Has a guard asked about each client of each route of this verticle, wherever it is declared and
   * before the guards of the route; see {@link Route#guard(Guard)}.
   */
  public Routes guard(Guard guard) {
    guards.add(guard);
    return this;
  }

  /**
   * Says that this verticle broadcasts to topics of a pattern, whoever serves them. A server that
   * has started with all its verticles warns of targets that no route matches.
   *
   * @param pattern whole, whatever base the routes are under
   */
  public Routes broadcastsTo(String pattern) {
    targets.add(UriPattern.parse(pattern));
    return this;
  }

  List<UriPattern> targets() {
    return List.copyOf(targets);
  }

  List<Route<?, ?>> all() {
    return routes;
  }

  /** The declaration is over: the guards of the verticle become those of each route. */
  void freeze() {
    routes.forEach(route -> route.guardFirst(guards));
  }
}
