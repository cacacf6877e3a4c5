package io.carillon.auth;

import io.vertx.core.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Says whether a client may: ahead of a join or message of an event route, or of an HTTP route.
 *
 * <pre>{@code
 * Guard member = Guard.of("member", request ->
 *     request.identity().user().filter(members::contains).isPresent()
 *         ? Verdict.pass()
 *         : Verdict.refuse(403, "members only"));
 *
 * routes.route("/club/:room").guard(Guards.user().and(member)).message(...);
 * router.get("/club").handler(Guards.handler(member)).handler(...);
 * }</pre>
 *
 * <p>{@link Guards} has ready-made ones. One object is asked from several threads at once where
 * several routes or instances share it. One that throws, or whose future fails, refuses with 500
 * (1011), and one that takes too long with 504 (1011); both are logged with its name.
 */
@FunctionalInterface
public interface Guard {
  /** Answers at once, or later; the future may complete on any thread. */
  Future<Verdict> check(GuardRequest request);

  /** What logs call it. */
  default String name() {
    return getClass().getName();
  }

  /** A guard that answers at once. */
  static Guard of(String name, Function<GuardRequest, Verdict> check) {
    return ((Guard) request -> Future.succeededFuture(check.apply(request))).named(name);
  }

  /** The same under another name. */
  default Guard named(String name) {
    Guard same = this;
    return new Guard() {
      @Override
      public Future<Verdict> check(GuardRequest request) {
        return same.check(request);
      }

      @Override
      public String name() {
        return name;
      }
    };
  }

  /** Passes if both do; the other one is asked only if this one passes. */
  default Guard and(Guard other) {
    Guard both =
        request ->
            ask(request)
                .compose(
                    verdict ->
                        verdict instanceof Verdict.Pass
                            ? other.ask(request)
                            : Future.succeededFuture(verdict));
    return both.named(name() + " and " + other.name());
  }

  /**
   * Passes if one of both does; the other one is asked only if this one does not pass, and says
   * then what becomes of the client.
   */
  default Guard or(Guard other) {
    Guard either =
        request ->
            ask(request)
                .compose(
                    verdict ->
                        verdict instanceof Verdict.Pass
                            ? Future.succeededFuture(verdict)
                            : other.ask(request));
    return either.named(name() + " or " + other.name());
  }

  /** As {@link #check}; what it throws fails the future. */
  default Future<Verdict> ask(GuardRequest request) {
    try {
      return check(request);
    } catch (Throwable e) {
      return Future.failedFuture(e);
    }
  }

  /** As {@link #ask(GuardRequest)}; takes no longer than that. */
  default Future<Verdict> ask(GuardRequest request, long timeoutMillis) {
    return ask(request).timeout(timeoutMillis, TimeUnit.MILLISECONDS);
  }
}
