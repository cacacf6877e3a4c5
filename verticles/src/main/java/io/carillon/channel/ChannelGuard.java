package io.carillon.channel;

import io.carillon.auth.Guard;
import io.carillon.auth.GuardRequest;
import io.carillon.auth.Verdict;
import io.vertx.core.Future;

/**
 * A guard that looks at the channel too, and so is for event routes only: neither an HTTP route nor
 * the server's configuration takes one.
 *
 * <pre>{@code
 * routes.route("/chat", Say.class, Said.class)
 *     .guardMessages(ChannelGuard.has(USER).or(ChannelGuard.of(Guards.user())))
 * }</pre>
 */
@FunctionalInterface
public interface ChannelGuard {
  /** As {@link Guard#check}; called on the context of the verticle. */
  Future<Verdict> check(Channel<?> channel, GuardRequest request);

  /** What logs call it. */
  default String name() {
    return getClass().getName();
  }

  /** A guard that does not look at the channel. */
  static ChannelGuard of(Guard guard) {
    ChannelGuard same = (channel, request) -> guard.check(request);
    return same.named(guard.name());
  }

  /** Passes if the channel has a value under that name, and forwards else. */
  static ChannelGuard has(ChannelLocal<?> local) {
    ChannelGuard guard =
        (channel, request) ->
            Future.succeededFuture(
                channel.local(local).isPresent() ? Verdict.pass() : Verdict.forward());
    return guard.named("has " + local);
  }

  /** The same under another name. */
  default ChannelGuard named(String name) {
    ChannelGuard same = this;
    return new ChannelGuard() {
      @Override
      public Future<Verdict> check(Channel<?> channel, GuardRequest request) {
        return same.check(channel, request);
      }

      @Override
      public String name() {
        return name;
      }
    };
  }

  /** As {@link Guard#and}. */
  default ChannelGuard and(ChannelGuard other) {
    ChannelGuard both = (channel, request) -> on(channel).and(other.on(channel)).check(request);
    return both.named(name() + " and " + other.name());
  }

  /** As {@link Guard#or}. */
  default ChannelGuard or(ChannelGuard other) {
    ChannelGuard either = (channel, request) -> on(channel).or(other.on(channel)).check(request);
    return either.named(name() + " or " + other.name());
  }

  /** The guard that looks at this very channel. */
  default Guard on(Channel<?> channel) {
    Guard guard = request -> check(channel, request);
    return guard.named(name());
  }
}
