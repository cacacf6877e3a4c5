package io.carillon.route;

import io.carillon.auth.GuardRequest;
import io.carillon.broker.Broker;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.channel.Forward;
import io.carillon.channel.IncomingMessage;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handlers of one route: gives them the channel and the decoded message, and answers the
 * event with what became of it. Owned by the context of its verticle.
 */
final class RouteRunner<I, O> {
  private static final Logger LOG = LoggerFactory.getLogger(RouteRunner.class);

  private final Context context;
  private final Route<I, O> route;
  private final Broker broker;
  private final String verticle;
  private final KnownChannels known;
  private final @Nullable ParamRecord<?> params;
  private final RouteGuards guards;

  RouteRunner(
      Context context, Route<I, O> route, Broker broker, String verticle, KnownChannels known) {
    this.context = context;
    this.route = route;
    this.broker = broker;
    this.verticle = verticle;
    this.known = known;
    this.params = route.paramRecord();
    this.guards = new RouteGuards(context, route.pattern().toString(), verticle, route.settings());
  }

  /** Whether leave also runs for clients whose connection was on a node that is lost. */
  boolean leavesOnNodeLoss() {
    return route.isLeaveOnNodeLoss();
  }

  /** Whether a channel may leave that this instance has never heard of. */
  boolean mayLeaveAsAStranger() {
    return route.leaveHandler() != null && route.joinHandler() == null;
  }

  /** Handles one event. */
  void run(ChannelEvent event) {
    RouteChannel<O> channel = channel(event);
    channel.handling(event);
    switch (event.kind()) {
      case JOIN -> join(event, channel);
      case MESSAGE -> {
        if (route.isGuarded()) {
          guarded(event, channel, () -> message(event, channel));
        } else {
          message(event, channel);
        }
      }
      case REQUEST -> guarded(event, channel, () -> request(event, channel));
      case LEAVE -> leave(event, channel);
    }
  }

  private void join(ChannelEvent event, RouteChannel<O> channel) {
    if (!hasToken(channel)) {
      event.decline(CloseException.http(401, "a token for this URI is needed"));
      return;
    }
    try {
      channel.readParams();
    } catch (IllegalArgumentException e) {
      event.decline(CloseException.http(400, String.valueOf(e.getMessage())));
      return;
    } catch (RuntimeException e) {
      fail(event, channel, e);
      return;
    }
    passing(event, channel, () -> joinPassed(event, channel));
  }

  /** The guards of the route are asked once, before anything else of it runs. */
  private void passing(ChannelEvent event, RouteChannel<O> channel, Runnable next) {
    if (channel.hasPassed() || route.guards().isEmpty()) {
      next.run();
      return;
    }
    guards.ask(
        route.guards(),
        GuardRequest.Kind.JOIN,
        channel,
        event,
        () -> {
          channel.passed();
          next.run();
        });
  }

  /**
   * Another route may have let the client in, so that the guards of this one are asked only now.
   */
  private void guarded(ChannelEvent event, RouteChannel<O> channel, Runnable next) {
    passing(
        event,
        channel,
        () -> guards.ask(route.messageGuards(), GuardRequest.Kind.MESSAGE, channel, event, next));
  }

  private void joinPassed(ChannelEvent event, RouteChannel<O> channel) {
    JoinHandler<O> handler = route.joinHandler();
    if (handler == null) {
      joined(event, channel);
      return;
    }
    channel.joining(true);
    Future<?> result;
    try {
      result = handler.run(channel);
    } catch (Throwable e) {
      result = Future.failedFuture(e);
    }
    if (result == null) {
      channel.joining(false);
      joined(event, channel);
      return;
    }
    result.onComplete(
        done -> {
          channel.joining(false);
          joined(event, channel);
        },
        e -> {
          channel.joining(false);
          onJoinFailed(event, channel, e);
        });
  }

  private void joined(ChannelEvent event, RouteChannel<O> channel) {
    event.succeed();
    SocketHandler<I, O> handler = route.socketHandler();
    if (handler != null) {
      LoopSocket<I, O> socket = new LoopSocket<>(channel, typed(channel).in());
      channel.socket(socket);
      // A task of its own: on a virtual thread the loop does not return until the client is gone.
      context.runOnContext(
          start ->
              socket.start(
                  handler, e -> channel.close(failure(event.kind(), channel, e).status())));
    }
  }

  @SuppressWarnings("unchecked") // of the same route
  private Typed<I, O> typed(RouteChannel<O> channel) {
    return (Typed<I, O>) channel.typed();
  }

  private void message(ChannelEvent event, RouteChannel<O> channel) {
    if (!route.takesMessages() || !hasAllNeeded(channel)) {
      event.forward();
      return;
    }
    LoopSocket<?, O> socket = channel.socket();
    if (socket != null) {
      socket.offer(event);
      return;
    }
    if (event.control() != null) {
      event.succeed(); // the loop has not begun
      return;
    }
    MessageHandler<IncomingMessage, O> streams = route.streamHandler();
    if (streams != null) {
      IncomingMessage chunks = event.stream();
      run(event, channel, streams, chunks != null ? chunks : IncomingMessage.of(payload(event)));
      return;
    }
    I value;
    try {
      value = typed(channel).in().decode(payload(event));
    } catch (DecodeException e) {
      refused(event, channel, e);
      return;
    } catch (Throwable e) {
      fail(event, channel, e);
      return;
    }
    MessageHandler<I, O> handler = route.messageHandler(value);
    if (handler == null) {
      event.forward();
    } else {
      run(event, channel, handler, value);
    }
  }

  private static Payload payload(ChannelEvent event) {
    return Objects.requireNonNull(event.payload());
  }

  private void request(ChannelEvent event, RouteChannel<O> channel) {
    RequestHandler<I, O> handler = route.requestHandler();
    if (handler == null || !hasAllNeeded(channel)) {
      event.forward();
      return;
    }
    try {
      I asked = typed(channel).in().decode(payload(event));
      handler
          .handle(channel, asked)
          .map(answer -> typed(channel).out().encode(answer))
          .onComplete(event::answer, e -> fail(event, channel, e));
    } catch (Throwable e) {
      fail(event, channel, e);
    }
  }

  private boolean hasToken(RouteChannel<O> channel) {
    Class<?> type = route.neededToken();
    return type == null || channel.token(type).isPresent();
  }

  private boolean hasAllNeeded(RouteChannel<O> channel) {
    if (!hasToken(channel)) {
      return false;
    }
    for (ChannelLocal<?> local : route.needed()) {
      if (channel.local(local).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private void refused(ChannelEvent event, RouteChannel<O> channel, DecodeException why) {
    MessageHandler<DecodeException, O> handler = route.decodeErrorHandler();
    if (handler == null) {
      fail(event, channel, why);
    } else {
      run(event, channel, handler, why);
    }
  }

  private <M> void run(
      ChannelEvent event, RouteChannel<O> channel, MessageHandler<M, O> handler, M message) {
    try {
      answer(event, channel, handler.run(channel, message));
    } catch (Throwable e) {
      fail(event, channel, e);
    }
  }

  private void leave(ChannelEvent event, RouteChannel<O> channel) {
    if (channel.known(false)) {
      known.remove();
    }
    CloseException why = event.failure();
    if (why != null) {
      try {
        onFailedUpgrade(channel, why);
      } catch (RuntimeException e) {
        failure(event.kind(), channel, e); // which says so
      }
    }
    LoopSocket<?, O> socket = channel.socket();
    if (socket == null) {
      left(event, channel);
    } else {
      LeaveStatus status = event.status();
      socket
          .close(status == null ? LeaveStatus.of(CloseStatus.GOING_AWAY) : status)
          .onComplete(ended -> left(event, channel));
    }
  }

  private void left(ChannelEvent event, RouteChannel<O> channel) {
    LeaveHandler<O> handler = route.leaveHandler();
    LeaveStatus status = event.status();
    if (handler == null || status == null) {
      event.succeed();
      return;
    }
    if (!hasToken(channel)) {
      event.forward();
      return;
    }
    try {
      answer(event, channel, handler.run(channel, status));
    } catch (Throwable e) {
      fail(event, channel, e);
    }
  }

  private void answer(ChannelEvent event, RouteChannel<O> channel, @Nullable Future<?> result) {
    if (result == null || result.succeeded()) {
      event.succeed();
    } else {
      result.onComplete(done -> event.succeed(), e -> onFailed(event, channel, e));
    }
  }

  private void onJoinFailed(ChannelEvent event, RouteChannel<O> channel, Throwable e) {
    if (e instanceof DroppedException) {
      joined(event, channel);
    } else if (e instanceof Forward) {
      event.forward();
    } else {
      CloseException why = failure(event.kind(), channel, e);
      event.fail(why);
      onFailedUpgrade(channel, why);
    }
  }

  private void onFailedUpgrade(RouteChannel<O> channel, CloseException why) {
    if (!channel.failed()) {
      route.onFailedUpgrade(channel, why);
    }
  }

  private void onFailed(ChannelEvent event, RouteChannel<O> channel, Throwable e) {
    if (e instanceof DroppedException) {
      event.succeed(); // what the route lets happen to slow clients is no failure of the handler
    } else {
      fail(event, channel, e);
    }
  }

  private void fail(ChannelEvent event, RouteChannel<O> channel, Throwable e) {
    if (e instanceof Forward) {
      event.forward();
    } else {
      event.fail(failure(event.kind(), channel, e));
    }
  }

  private CloseException failure(ChannelEvent.Kind event, RouteChannel<O> channel, Throwable e) {
    if (e instanceof CloseException close) {
      return close;
    }
    if (e instanceof DecodeException refused) {
      CloseStatus kind =
          refused.kind() == DecodeException.Kind.WRONG_KIND
              ? CloseStatus.UNKNOWN_MESSAGE_TYPE
              : CloseStatus.INVALID_DATA_TYPE;
      return new CloseException(kind.withReason(String.valueOf(refused.getMessage())));
    }
    LOG.error(
        "{} handler failed: route={}, verticle={}, channel={}",
        event.wireName(),
        route.pattern(),
        verticle,
        channel.id(),
        e);
    return new CloseException(CloseStatus.INTERNAL_SERVER_ERROR);
  }

  @SuppressWarnings("unchecked") // attached by this method, for the same route of this instance
  private RouteChannel<O> channel(ChannelEvent event) {
    Object attached = event.attachment();
    if (attached != null) {
      return (RouteChannel<O>) attached;
    }
    RouteChannel<O> channel =
        new RouteChannel<>(event.peer(), event.params(), route, params, broker);
    event.attach(channel);
    if (event.kind() != ChannelEvent.Kind.LEAVE) {
      channel.known(true);
      known.add();
    }
    return channel;
  }
}
