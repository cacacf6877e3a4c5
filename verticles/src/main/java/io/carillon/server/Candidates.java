package io.carillon.server;

import io.carillon.channel.ChannelEvent.Kind;
import io.carillon.channel.CloseException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The routes that match the topic of a channel, at least one, in their rank. Those that have
 * declined the client get nothing more. Owned by the event loop of the connection.
 */
final class Candidates {
  private final List<Bound> all;

  Candidates(List<Bound> all) {
    this.all = all;
  }

  void forEach(Consumer<Bound> action) {
    all.forEach(action);
  }

  /** The next one behind {@code after} that takes events of the kind. */
  @Nullable Bound next(Kind kind, @Nullable Bound after) {
    boolean reached = after == null;
    for (Bound bound : all) {
      if (reached && bound.declined() == null && bound.route().takes(kind)) {
        return bound;
      }
      reached |= bound == after;
    }
    return null;
  }

  /** The next one that takes joins, or at least wants to look at who comes. */
  @Nullable Bound nextToJoin(@Nullable Bound after) {
    boolean reached = after == null;
    for (Bound bound : all) {
      if (reached && (bound.route().takes(Kind.JOIN) || bound.route().settings().guarded())) {
        return bound;
      }
      reached |= bound == after;
    }
    return null;
  }

  /** The one that messages go to first; where none takes any, the first that takes the client. */
  Bound first() {
    Bound messages = next(Kind.MESSAGE, null);
    return messages != null ? messages : firstThatTakesTheClient();
  }

  private Bound firstThatTakesTheClient() {
    return all.stream().filter(bound -> bound.declined() == null).findFirst().orElse(all.get(0));
  }

  /** Whether the first of all has anybody behind it. */
  boolean hasInstances() {
    return all.get(0).route().hasInstances();
  }

  /** Whether one of them takes messages in chunks. */
  boolean mayStream() {
    for (Bound bound : all) {
      if (bound.route().settings().maxStreamBytes() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether one of them takes the client without a join of its own. */
  boolean takeWithoutJoin() {
    return all.stream()
        .anyMatch(bound -> bound.declined() == null && !bound.route().takes(Kind.JOIN));
  }

  /** What the first had against the client, other than that it is not known. */
  CloseException declined() {
    CloseException unauthorized = null;
    for (Bound bound : all) {
      CloseException why = bound.declined();
      if (why != null && why.httpStatus() != 401) {
        return why;
      }
      unauthorized = unauthorized == null ? why : unauthorized;
    }
    return unauthorized == null ? CloseException.http(404, "Not Found") : unauthorized;
  }

  /** Whether one of them is bound to such an instance. */
  boolean anyIsBoundTo(Predicate<Instance> instances) {
    for (Bound bound : all) {
      Instance instance = bound.instance();
      if (instance != null && instances.test(instance)) {
        return true;
      }
    }
    return false;
  }

  /** Whether messages go to one that has nobody behind it any more. */
  boolean areDeserted() {
    Bound messages = next(Kind.MESSAGE, null);
    return messages != null && messages.instance() == null && !messages.route().hasInstances();
  }
}
