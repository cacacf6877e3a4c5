package io.carillon.server;

import io.carillon.auth.Guard;
import io.carillon.auth.GuardRequest;
import io.carillon.auth.Handshake;
import io.carillon.auth.Verdict;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.channel.Params;
import io.carillon.route.Match;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guards that the configuration names for paths, which are asked ahead of everything that
 * handlers say: all whose path matches, in their order. One that fails or takes too long refuses. A
 * forward is a 404, since nothing comes behind them.
 *
 * <p>Owned by one event loop; its futures complete there.
 */
final class PathGuards implements Guard {
  private static final Logger LOG = LoggerFactory.getLogger(PathGuards.class);
  private static final Future<Verdict> PASS = Future.succeededFuture(Verdict.pass());
  private static final Future<Void> PERMITTED = Future.succeededFuture();

  /** What one of them is asked: it has the parameters of its own path. */
  private record Asked(Kind kind, Handshake handshake, Topic topic, Params params)
      implements GuardRequest {
    Asked with(Params own) {
      return new Asked(kind, handshake, topic, own);
    }

    @Override
    public String path(String name) {
      return params.path(name);
    }

    @Override
    public String query(String name) {
      return params.query(name);
    }
  }

  private final List<PathGuard> guards;
  private final Loop loop;

  PathGuards(List<PathGuard> guards, Loop loop) {
    this.guards = guards;
    this.loop = loop;
  }

  /**
   * Says whether a client may join a topic.
   *
   * @return fails with a {@code CloseException} if it may not
   */
  Future<Void> permit(Topic topic, Handshake handshake) {
    return guards.isEmpty()
        ? PERMITTED
        : check(new Asked(GuardRequest.Kind.JOIN, handshake, topic, Params.of(topic)))
            .compose(PathGuards::outcome);
  }

  private static Future<Void> outcome(Verdict verdict) {
    if (verdict instanceof Verdict.Pass) {
      return PERMITTED;
    }
    return Future.failedFuture(
        verdict instanceof Verdict.Refused refused
            ? CloseException.http(refused.status(), refused.reason())
            : CloseException.http(404, "Not Found"));
  }

  @Override
  public Future<Verdict> check(GuardRequest request) {
    Asked asked =
        new Asked(request.kind(), request.handshake(), request.topic(), Params.of(request.topic()));
    Future<Verdict> said = PASS;
    for (PathGuard one : guards) {
      if (one.path().match(asked.topic()) instanceof Match.Found found) {
        said =
            said.compose(
                before ->
                    before instanceof Verdict.Pass
                        ? ask(one.guard(), asked.with(found.params()))
                        : Future.succeededFuture(before));
      }
    }
    return said;
  }

  private Future<Verdict> ask(Guard guard, GuardRequest request) {
    long millis = loop.limits().handshakeTimeout().toMillis();
    return here(guard.ask(request, millis))
        .recover(cause -> Future.succeededFuture(failure(guard, request, cause)));
  }

  private Verdict failure(Guard guard, GuardRequest request, Throwable cause) {
    boolean late = cause instanceof TimeoutException;
    if (late) {
      loop.counters().count(Counters.Limit.HANDSHAKE_TIMEOUT);
    }
    LOG.error(
        "guard {}: guard={}, path={}",
        late ? "timed out" : "failed",
        guard.name(),
        request.topic().path(),
        cause);
    return late
        ? Verdict.refuse(504, "guard timed out")
        : Verdict.refuse(500, "Internal Server Error");
  }

  /** A guard may answer on any thread. */
  private Future<Verdict> here(Future<Verdict> answer) {
    if (answer.isComplete()) {
      return answer;
    }
    Promise<Verdict> promise = Promise.promise();
    answer.onComplete(done -> loop.run(() -> promise.handle(answer)));
    return promise.future();
  }
}
