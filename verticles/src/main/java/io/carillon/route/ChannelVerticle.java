package io.carillon.route;

import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.channel.ChannelEvent;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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

  /** Longer than HTTP verticles wait before they end the channels of one that has withdrawn. */
  private static final long STRANGERS_MILLIS = 500;

  private final Map<String, RouteRunner<?, ?>> runners = new HashMap<>();
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();
  private @Nullable Announcer announcer;
  private @Nullable WireEvents wire;
  private final KnownChannels known = new KnownChannels();

  /** Declares the routes. Called once, before the start. */
  protected abstract void routes(Routes routes);

  /** Announces the routes; an override calls this last and returns its future. */
  @Override
  public Future<?> start() throws Exception {
    Routes declared = new Routes();
    routes(declared);
    declared.freeze();
    Announcement ours = announcement(declared);
    Announcer announcing = new Announcer(vertx, ours);
    announcer = announcing;
    wire = new WireEvents(vertx.eventBus(), this::runner, known);
    Broker broker = Broker.of(vertx);
    for (Route<?, ?> route : declared.all()) {
      addRunner(route.declared(), new RouteRunner<>(context, route, broker, ours.name(), known));
    }
    consumers.add(vertx.eventBus().consumer(ours.address(), this::onEvent));
    consumers.add(vertx.eventBus().consumer(Addresses.HANDLERS, announcing::onAsked));
    consumers.add(vertx.eventBus().localConsumer(Addresses.NODES, this::onNode));
    return Future.all(consumers.stream().map(MessageConsumer::completion).toList())
        .compose(listening -> announcing.announce());
  }

  /** Withdraws the routes and waits until the channels of this instance have left, at most 5 s. */
  @Override
  public Future<?> stop() throws Exception {
    if (announcer == null) {
      return Future.succeededFuture();
    }
    announcer.withdraw();
    return strangersLeft(announcer)
        .compose(left -> known.none(vertx, STOP_MILLIS))
        .eventually(
            () -> Future.join(consumers.stream().map(MessageConsumer::unregister).toList()));
  }

  /** Channels whose first event is their leave are not counted, so they are given a moment. */
  private Future<Void> strangersLeft(Announcer announcing) {
    boolean expected =
        runners.values().stream().distinct().anyMatch(RouteRunner::mayLeaveAsAStranger);
    return expected
        ? announcing.isServed().compose(served -> served ? aMoment() : Future.succeededFuture())
        : Future.succeededFuture();
  }

  private Future<Void> aMoment() {
    return vertx.timer(STRANGERS_MILLIS, TimeUnit.MILLISECONDS).mapEmpty();
  }

  private Announcement announcement(Routes declared) {
    List<Announcement.Declared> routes = new ArrayList<>();
    List<Collision> collisions = new ArrayList<>();
    for (Route<?, ?> route : declared.all()) {
      Announcement.Declared one = route.declared();
      for (Announcement.Declared other : routes) {
        if (one.equals(other) || one.collidesWith(other)) {
          collisions.add(new Collision(one, name(), other, name()));
        }
      }
      routes.add(one);
    }
    if (!collisions.isEmpty()) {
      throw new IllegalArgumentException(Collision.text(collisions));
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
        List.copyOf(routes),
        declared.targets());
  }

  /** Join, message and leave of one pattern may be declared apart, so the event is in the key. */
  private void addRunner(Announcement.Declared route, RouteRunner<?, ?> runner) {
    for (ChannelEvent.Kind event : route.events()) {
      runners.put(key(route.pattern().toString(), route.rank(), event), runner);
    }
    if (route.settings().guarded()) {
      runners.putIfAbsent(
          key(route.pattern().toString(), route.rank(), ChannelEvent.Kind.JOIN), runner);
    }
    runners.putIfAbsent(
        key(route.pattern().toString(), route.rank(), ChannelEvent.Kind.LEAVE), runner);
  }

  private @Nullable RouteRunner<?, ?> runner(String pattern, int rank, ChannelEvent.Kind event) {
    return runners.get(key(pattern, rank, event));
  }

  private static String key(String pattern, int rank, ChannelEvent.Kind event) {
    return event.wireName() + ' ' + rank + ' ' + pattern;
  }

  private String name() {
    return getClass().getName();
  }

  /** The broker of this node has met another node, or lost it. */
  private void onNode(Message<Object> message) {
    String node = message.headers().get(Addresses.NODE);
    WireEvents events = wire;
    if (events != null && Addresses.ACTION_LOST.equals(message.headers().get(Addresses.ACTION))) {
      events.lost(node);
    }
  }

  private void onEvent(Message<Object> message) {
    if (message.body() instanceof ChannelEvent event) {
      handle(event);
      return;
    }
    try {
      Objects.requireNonNull(wire).handle(message);
    } catch (IllegalArgumentException e) {
      message.fail(400, e.getMessage());
    }
  }

  private void handle(ChannelEvent event) {
    RouteRunner<?, ?> runner = runner(event.route(), event.rank(), event.kind());
    if (runner == null) {
      event.forward();
      return;
    }
    runner.run(event);
  }
}
