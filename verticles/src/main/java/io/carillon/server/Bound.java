package io.carillon.server;

import io.carillon.channel.CloseException;
import io.carillon.channel.Params;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One route that matches a channel's topic, and the handler instance the channel stays with. */
final class Bound {
  private final RouteEntry route;
  private final Params params;
  private @Nullable Instance instance;
  private @Nullable Object attachment;
  private boolean introduced;
  private boolean outdated;
  private @Nullable CloseException declined;

  Bound(RouteEntry route, Params params) {
    this.route = route;
    this.params = params;
  }

  RouteEntry route() {
    return route;
  }

  Params params() {
    return params;
  }

  @Nullable Instance instance() {
    return instance;
  }

  /** Chooses the instance at the first event, and returns it at the later ones. */
  @Nullable Instance instance(String ownNode, long ownThread, Predicate<Instance> serving) {
    if (instance == null) {
      instance = route.choose(ownNode, ownThread, serving);
    }
    return instance;
  }

  @Nullable Object attachment() {
    return attachment;
  }

  void attach(Object value) {
    attachment = value;
  }

  /** Says once that the instance has not heard yet of the channel, or of who the client is now. */
  boolean introduce() {
    boolean news = !introduced || outdated;
    introduced = true;
    outdated = false;
    return news;
  }

  /** The client has said anew who it is. */
  void onIdentified() {
    outdated = true;
  }

  boolean isIntroduced() {
    return introduced;
  }

  /** The route does not take this client. */
  void decline(CloseException why) {
    declined = why;
  }

  /** Why the route does not take this client; null if it may. */
  @Nullable CloseException declined() {
    return declined;
  }
}
