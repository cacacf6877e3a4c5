package io.carillon.server;

import io.carillon.auth.JwtOptions;
import io.carillon.auth.Revocation;
import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.broker.Publication;
import io.carillon.broker.Subscription;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what this node knows of revoked tokens in step with the cluster.
 *
 * <p>A revocation is put into a map of the cluster, which nodes that start later read, and then
 * published to the nodes that run. A node first subscribes and then reads the map, so that one of
 * both tells it. When it has met another node, perhaps behind a cut of the network, it reads the
 * map again, and puts into it what the other side does not know.
 *
 * <p>Owned by the event loop of one HTTP verticle.
 */
final class RevocationFeed {
  private static final Logger LOG = LoggerFactory.getLogger(RevocationFeed.class);
  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;
  private static final int FULL = 507;

  private final Vertx vertx;
  private final JwtOptions options;
  private final Credentials credentials;
  private final RevokedTokens revoked;
  private final Broker broker;
  private @Nullable Subscription subscription;
  private @Nullable MessageConsumer<?> requests;
  private @Nullable MessageConsumer<?> nodes;

  RevocationFeed(Vertx vertx, JwtOptions options, Credentials credentials) {
    this.vertx = vertx;
    this.options = options;
    this.credentials = credentials;
    this.revoked = RevokedTokens.of(vertx);
    this.broker = Broker.of(vertx);
  }

  /** Completes when everything that was revoked before is known here. */
  Future<Void> start() {
    nodes = vertx.eventBus().localConsumer(Addresses.NODES, this::onNode);
    return broker
        .subscribe(Addresses.REVOCATIONS_TOPIC, this::onPublication)
        .compose(
            listening -> {
              subscription = listening;
              return read();
            })
        .compose(
            known -> {
              MessageConsumer<JsonObject> consumer =
                  vertx.eventBus().consumer(Addresses.REVOCATIONS, this::onRequest);
              requests = consumer;
              return consumer.completion();
            });
  }

  Future<Void> stop() {
    return Future.join(
            List.of(
                requests == null ? Future.succeededFuture() : requests.unregister(),
                nodes == null ? Future.succeededFuture() : nodes.unregister(),
                subscription == null ? Future.succeededFuture() : subscription.cancel()))
        .mapEmpty();
  }

  private Future<AsyncMap<String, JsonObject>> map() {
    return vertx.sharedData().getAsyncMap(Addresses.REVOCATIONS);
  }

  private Future<Void> read() {
    return map()
        .compose(AsyncMap::entries)
        .map(
            entries -> {
              entries.values().forEach(json -> take(Revocation.fromJson(json)));
              return null;
            });
  }

  private void take(Revocation revocation) {
    revoked.add(revocation);
    credentials.scanSoon();
  }

  private void onPublication(Publication publication) {
    take(Revocation.fromJson(new JsonObject(publication.payload().text())));
  }

  private void onNode(Message<Object> message) {
    if (Addresses.ACTION_GREETED.equals(message.headers().get(Addresses.ACTION))) {
      read()
          .compose(known -> writeAll())
          .onFailure(e -> LOG.warn("revoked tokens not exchanged: {}", e.getMessage()));
    }
  }

  /** The halves of a cluster that was cut have each known something else. */
  private Future<Void> writeAll() {
    Future<Void> written = Future.succeededFuture();
    for (Revocation one : revoked.all()) {
      written = written.compose(before -> put(one));
    }
    return written;
  }

  private Future<Void> put(Revocation revocation) {
    long life = revocation.untilMillis() - System.currentTimeMillis();
    return life <= 0
        ? Future.succeededFuture()
        : map().compose(map -> map.put(revocation.target().key(), revocation.toJson(), life));
  }

  private void onRequest(Message<JsonObject> message) {
    long now = System.currentTimeMillis();
    Revocation revocation;
    try {
      revocation = Revocation.requested(message.body(), now, options);
    } catch (IllegalArgumentException e) {
      message.fail(BAD_REQUEST, e.getMessage());
      return;
    }
    if (revoked.isFull(revocation.target(), options.maxRevocations(), now)) {
      Counters.of(vertx).count(Counters.Limit.MAX_REVOCATIONS);
      message.fail(FULL, "too many revocations: max=" + options.maxRevocations());
      return;
    }
    Revocation known = revoked.add(revocation);
    put(known)
        .compose(kept -> broker.broadcastTo(Addresses.REVOCATIONS_TOPIC, known.toJson().encode()))
        .onComplete(
            told -> {
              LOG.info("tokens revoked: kind={}", known.target().kind());
              message.reply(null);
            },
            e -> message.fail(UNAVAILABLE, e.getMessage()));
  }
}
