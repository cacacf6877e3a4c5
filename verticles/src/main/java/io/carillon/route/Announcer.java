package io.carillon.route;

import io.carillon.broker.Addresses;
import io.carillon.broker.Announced;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the routes of one handler instance known in the cluster: first it looks for others that
 * they collide with, then it tells the brokers, which remember them for those who start later, and
 * the HTTP verticles, which serve them.
 */
final class Announcer {
  private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);

  /** How long one that is asked has to answer. */
  private static final long ANSWER_MILLIS = 2_000;

  private static final long RETRY_MILLIS = 100;
  private static final int ATTEMPTS = 20;

  private final Vertx vertx;
  private final Announcement ours;

  Announcer(Vertx vertx, Announcement ours) {
    this.vertx = vertx;
    this.ours = ours;
  }

  /**
   * Announces the routes.
   *
   * @return completes when clients of every node find them; fails with {@link
   *     IllegalStateException} if they collide with others, and names all pairs
   */
  Future<Void> announce() {
    List<Collision> collisions = collisions();
    if (!collisions.isEmpty()) {
      return Future.failedFuture(new IllegalStateException(Collision.text(collisions)));
    }
    return check()
        .compose(free -> checkForChunks())
        .compose(
            free -> {
              Announced.in(vertx).put(ours.address(), ours.toJson());
              return tellBrokers(Addresses.ACTION_ANNOUNCE);
            })
        .onSuccess(told -> publish(Addresses.ACTION_ANNOUNCE));
  }

  void withdraw() {
    Announced.in(vertx).remove(ours.address());
    tellBrokers(Addresses.ACTION_WITHDRAW);
    publish(Addresses.ACTION_WITHDRAW);
  }

  /** An HTTP verticle that has just started asks who is there. */
  void onAsked(Message<Object> message) {
    String asker = message.headers().get(Addresses.ADDRESS);
    if (asker != null) {
      answer(asker, ATTEMPTS);
    }
  }

  /** An address of another node may be asked for before it can be seen here. */
  private void answer(String asker, int attempts) {
    vertx
        .eventBus()
        .request(asker, ours.toJson(), action(Addresses.ACTION_ANNOUNCE))
        .onFailure(
            failure -> {
              if (is(failure, ReplyFailure.NO_HANDLERS) && attempts > 1) {
                vertx.setTimer(RETRY_MILLIS, later -> answer(asker, attempts - 1));
              }
            });
  }

  /** Against all that this node knows of. */
  private List<Collision> collisions() {
    List<Collision> found = new ArrayList<>();
    for (JsonObject json : Announced.in(vertx).values()) {
      Announcement other;
      try {
        other = Announcement.fromJson(json);
      } catch (IllegalArgumentException e) {
        LOG.warn("announcement passed over: {}", e.getMessage());
        continue;
      }
      for (Announcement.Declared one : ours.routes()) {
        other.routes().stream()
            .filter(one::collidesWith)
            .forEach(route -> found.add(new Collision(one, ours.name(), route, other.name())));
      }
    }
    return found;
  }

  /** Against what an HTTP verticle knows, which may have heard of verticles without a broker. */
  private Future<Void> check() {
    return vertx
        .eventBus()
        .<Void>request(Addresses.ROUTES, ours.toJson(), action(Addresses.ACTION_CHECK))
        .<Void>mapEmpty()
        .recover(
            failure ->
                is(failure, ReplyFailure.RECIPIENT_FAILURE)
                    ? Future.failedFuture(new IllegalStateException(failure.getMessage()))
                    : Future.succeededFuture()); // no HTTP verticle yet: it will ask
  }

  /** Whether an HTTP verticle is left, on whatever node, that may have clients of ours. */
  Future<Boolean> isServed() {
    return vertx
        .eventBus()
        .request(Addresses.ROUTES, ours.toJson(), action(Addresses.ACTION_CHECK))
        .transform(
            checked ->
                Future.succeededFuture(
                    checked.succeeded() || !is(checked.cause(), ReplyFailure.NO_HANDLERS)));
  }

  /** Chunks do not cross nodes, so somebody of this one has to take clients. */
  private Future<Void> checkForChunks() {
    if (!vertx.isClustered()
        || ours.routes().stream().noneMatch(Announcement.Declared::takesChunks)) {
      return Future.succeededFuture();
    }
    return vertx
        .eventBus()
        .<Void>request(
            Addresses.ROUTES, ours.toJson(), action(Addresses.ACTION_CHECK).setLocalOnly(true))
        .<Void>mapEmpty()
        .recover(
            failure ->
                is(failure, ReplyFailure.NO_HANDLERS)
                    ? Future.failedFuture(
                        new IllegalStateException(
                            "chunks of messages do not cross nodes, and no HTTP verticle has been"
                                + " deployed on this one: verticle="
                                + ours.name()))
                    : Future.succeededFuture());
  }

  private Future<Void> tellBrokers(String action) {
    return vertx
        .eventBus()
        .request(Addresses.BROKER, ours.toJson(), action(action).setLocalOnly(true))
        .<Void>mapEmpty()
        .otherwiseEmpty(); // no broker here, so nobody else to tell
  }

  private void publish(String action) {
    vertx.eventBus().publish(Addresses.ROUTES, ours.toJson(), action(action));
  }

  private static boolean is(Throwable failure, ReplyFailure type) {
    return failure instanceof ReplyException reply && reply.failureType() == type;
  }

  private static DeliveryOptions action(String action) {
    return new DeliveryOptions().addHeader(Addresses.ACTION, action).setSendTimeout(ANSWER_MILLIS);
  }
}
