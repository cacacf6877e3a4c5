package io.carillon.route;

import io.carillon.auth.Guard;
import io.carillon.auth.GuardRequest;
import io.carillon.auth.Handshake;
import io.carillon.auth.Verdict;
import io.carillon.broker.Topic;
import io.carillon.channel.Channel;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.ChannelGuard;
import io.carillon.channel.CloseException;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks guards about an event ahead of its handler, one behind the other, and answers the event
 * where one does not let it pass. Owned by the context of its verticle.
 */
final class RouteGuards {
  private static final Logger LOG = LoggerFactory.getLogger(RouteGuards.class);

  /** How long a guard may take where the route does not say how long an event may. */
  private static final long TIMEOUT_MILLIS = 10_000;

  /** What a guard is told of an event. */
  private record Asked(Kind kind, Channel<?> channel) implements GuardRequest {
    @Override
    public Handshake handshake() {
      return channel.handshake();
    }

    @Override
    public Topic topic() {
      return channel.topic();
    }

    @Override
    public String path(String name) {
      return channel.path(name);
    }

    @Override
    public String query(String name) {
      return channel.query(name);
    }
  }

  private final Context context;
  private final String route;
  private final String verticle;
  private final long timeoutMillis;

  RouteGuards(Context context, String route, String verticle, RouteSettings settings) {
    this.context = context;
    this.route = route;
    this.verticle = verticle;
    long own = settings.handlerTimeoutMillis();
    this.timeoutMillis = own > 0 ? own : TIMEOUT_MILLIS;
  }

  /** Runs {@code passed} if all guards let the event pass: now, if all of them answer at once. */
  void ask(
      List<ChannelGuard> guards,
      GuardRequest.Kind kind,
      Channel<?> channel,
      ChannelEvent event,
      Runnable passed) {
    for (int i = 0; i < guards.size(); i++) {
      Guard guard = guards.get(i).on(channel);
      Future<Verdict> answer = guard.ask(new Asked(kind, channel), timeoutMillis);
      if (!answer.isComplete()) {
        List<ChannelGuard> others = guards.subList(i + 1, guards.size());
        answer.onComplete(
            done ->
                context.runOnContext(
                    here -> {
                      if (passes(guard, answer, event)) {
                        ask(others, kind, channel, event, passed);
                      }
                    }));
        return;
      }
      if (!passes(guard, answer, event)) {
        return;
      }
    }
    passed.run();
  }

  /** Answers the event unless the guard lets it pass. */
  private boolean passes(Guard guard, Future<Verdict> answer, ChannelEvent event) {
    @Nullable Verdict verdict = answer.result();
    if (verdict instanceof Verdict.Pass) {
      return true;
    }
    if (verdict instanceof Verdict.Refused refused) {
      event.fail(CloseException.http(refused.status(), refused.reason()));
    } else if (answer.failed()) {
      event.fail(failure(guard, answer.cause()));
    } else if (event.kind() == ChannelEvent.Kind.JOIN) {
      event.decline(CloseException.http(404, "Not Found"));
    } else {
      event.forward();
    }
    return false;
  }

  private CloseException failure(Guard guard, Throwable cause) {
    boolean late = cause instanceof TimeoutException;
    LOG.error(
        "guard {}: guard={}, route={}, verticle={}",
        late ? "timed out" : "failed",
        guard.name(),
        route,
        verticle,
        cause);
    return late
        ? CloseException.http(504, "guard timed out")
        : new CloseException(CloseStatus.INTERNAL_SERVER_ERROR);
  }
}
