package io.carillon.route;

import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.channel.ChannelEvent;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A verticle that handles the events of some URIs.
 *
 * <pre>{@code
 * public final class EchoVerticle extends ChannelVerticle {
 *   @Override protected void routes(Routes routes) {
 *     routes.route("/echo").message((ch, payload) -> ch.send(payload));
 *   }
 * }
 * }</pre>
 *
 * <p>Deployed once per event loop by default, and each connection is served by the instance on its
 * own event loop, so fields belong to one instance and need no lock, and hold what that instance's
 * clients share; what all clients share belongs into a shared map or a database. It may also be
 * deployed as a worker or on virtual threads, where handlers may block.
 *
 * <p>A start fails when a route collides with one that is already there; the error names both.
 */
public abstract class ChannelVerticle extends VerticleBase {
  /** How long a stopping instance waits for the leave handlers of its channels. */
  private static final long STOP_MILLIS = 5_000;

  /** How long an HTTP verticle has to say whether our routes collide with others. */
  private static final long CHECK_MILLIS = 2_000;

  private static final long TELL_MILLIS = 100;
  private static final int TELL_ATTEMPTS = 20;

  private final Map<String, RouteRunner<?, ?>> runners = new HashMap<>();
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();
  private @Nullable Announcement announcement;
  private @Nullable WireEvents wire;
  private final KnownChannels known = new KnownChannels();

  /** Declares the routes. Called once, before the start. */
  protected abstract void routes(Routes routes);

  /** Announces the routes; an override calls this last and returns its future. */
  @Override
  public Future<?> start() throws Exception {
    Routes declared = new Routes();
    routes(declared);
    Announcement ours = announcement(declared);
    announcement = ours;
    wire = new WireEvents(vertx.eventBus());
    Broker broker = Broker.of(vertx);
    for (Route<?, ?> route : declared.all()) {
      addRunner(route.declared(), new RouteRunner<>(route, broker, ours.name(), known));
    }
    consumers.add(vertx.eventBus().consumer(ours.address(), this::onEvent));
    consumers.add(vertx.eventBus().consumer(Addresses.HANDLERS, this::onAsked));
    consumers.add(vertx.eventBus().localConsumer(Addresses.NODES, this::onNode));
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .compose(listening -> check(ours))
        .onSuccess(free -> announce(ours));
  }

  /** Withdraws the routes and waits until the channels of this instance have left, at most 5 s. */
  @Override
  public Future<?> stop() throws Exception {
    Announcement ours = announcement;
    if (ours == null) {
      return Future.succeededFuture();
    }
    Announced.in(vertx).remove(ours.address());
    vertx.eventBus().publish(Addresses.ROUTES, ours.toJson(), action(Addresses.ACTION_WITHDRAW));
    return known
        .none(vertx, STOP_MILLIS)
        .eventually(
            () -> Future.join(consumers.stream().map(MessageConsumer::unregister).toList()));
  }

  private Announcement announcement(Routes declared) {
    List<Announcement.Declared> routes = new ArrayList<>();
    for (Route<?, ?> route : declared.all()) {
      Announcement.Declared one = route.declared();
      for (Announcement.Declared other : routes) {
        if (one.equals(other) || one.collidesWith(other)) {
          throw new IllegalArgumentException(
              Collision.text(List.of(new Collision(one, name(), other, name()))));
        }
      }
      routes.add(one);
    }
    String node = Addresses.node(vertx);
    boolean eventLoop = Context.isOnEventLoopThread();
    return new Announcement(
        Addresses.handler(node, Addresses.nextInstance(vertx)),
        node,
        eventLoop ? Thread.currentThread().getId() : 0,
        true,
        true,
        name(),
        List.copyOf(routes));
  }

  /** Join, message and leave of one pattern may be declared apart, so the event is in the key. */
  private void addRunner(Announcement.Declared route, RouteRunner<?, ?> runner) {
    for (ChannelEvent.Kind event : route.events()) {
      runners.put(key(route.pattern().toString(), event), runner);
    }
    runners.putIfAbsent(key(route.pattern().toString(), ChannelEvent.Kind.LEAVE), runner);
  }

  private static String key(String pattern, ChannelEvent.Kind event) {
    return event.wireName() + ' ' + pattern;
  }

  private String name() {
    return getClass().getName();
  }

  private Future<Void> check(Announcement ours) {
    return vertx
        .eventBus()
        .<Void>request(
            Addresses.ROUTES,
            ours.toJson(),
            action(Addresses.ACTION_CHECK).setSendTimeout(CHECK_MILLIS))
        .<Void>mapEmpty()
        .recover(
            failure ->
                failure instanceof ReplyException reply
                        && reply.failureType() == ReplyFailure.RECIPIENT_FAILURE
                    ? Future.failedFuture(new IllegalStateException(reply.getMessage()))
                    : Future.succeededFuture()); // no HTTP verticle yet: it will ask
  }

  private void announce(Announcement ours) {
    Announced.in(vertx).put(ours.address(), ours.toJson());
    vertx.eventBus().publish(Addresses.ROUTES, ours.toJson(), action(Addresses.ACTION_ANNOUNCE));
  }

  /** An HTTP verticle that has just started asks who is there. */
  private void onAsked(Message<Object> message) {
    String asker = message.headers().get(Addresses.ADDRESS);
    if (asker != null && announcement != null) {
      tell(asker, announcement.toJson(), TELL_ATTEMPTS);
    }
  }

  /** An address of another node may be asked for before it can be seen here. */
  private void tell(String asker, JsonObject ours, int attempts) {
    vertx
        .eventBus()
        .request(asker, ours, action(Addresses.ACTION_ANNOUNCE).setSendTimeout(CHECK_MILLIS))
        .onFailure(
            failure -> {
              boolean unseen =
                  failure instanceof ReplyException reply
                      && reply.failureType() == ReplyFailure.NO_HANDLERS;
              if (unseen && attempts > 1) {
                vertx.setTimer(TELL_MILLIS, later -> tell(asker, ours, attempts - 1));
              }
            });
  }

  /** The broker of this node has met another node, or lost it. */
  private void onNode(Message<Object> message) {
    String node = message.headers().get(Addresses.NODE);
    WireEvents events = wire;
    if (events != null && Addresses.ACTION_LOST.equals(message.headers().get(Addresses.ACTION))) {
      events.lost(node, this::statusOfLost, this::handle);
    }
  }

  private @Nullable LeaveStatus statusOfLost(String route) {
    RouteRunner<?, ?> runner = runners.get(key(route, ChannelEvent.Kind.LEAVE));
    return runner != null && runner.leavesOnNodeLoss() ? LeaveStatus.NO_STATUS : null;
  }

  private void onEvent(Message<Object> message) {
    if (message.body() instanceof ChannelEvent event) {
      handle(event);
      return;
    }
    @Nullable ChannelEvent event;
    try {
      event = Objects.requireNonNull(wire).read(message);
    } catch (IllegalArgumentException e) {
      message.fail(400, e.getMessage());
      return;
    }
    if (event == null) {
      message.reply(null);
    } else {
      handle(event);
    }
  }

  private void handle(ChannelEvent event) {
    RouteRunner<?, ?> runner = runners.get(key(event.route(), event.kind()));
    if (runner == null) {
      event.forward();
      return;
    }
    runner.run(event);
  }

  private static DeliveryOptions action(String action) {
    return new DeliveryOptions().addHeader(Addresses.ACTION, action);
  }
}
