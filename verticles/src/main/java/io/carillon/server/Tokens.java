package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.TokenData;
import io.carillon.auth.WebSocketTokens;
import io.carillon.broker.Addresses;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import io.vertx.core.shareddata.AsyncMap;
import io.vertx.core.spi.cluster.ClusterManager;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Issues one-time URIs, redeems them, and has leave run for those that nobody came by.
 *
 * <p>What a URI stands for is in a map that all nodes share. Whoever removes the entry has it: the
 * one client that redeems it, or the one node that ends it. So each comes to one channel or to one
 * leave, wherever that happens. The node that has issued it has a timer for its end; when that node
 * goes, all others make timers of their own, and the first of them wins. That entries leave the map
 * by themselves, much later, is for the case only in which no node is left.
 *
 * <p>Owned by one event loop; its futures complete there. {@link IssuedTokens} is the node's.
 */
final class Tokens {
  private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);

  /** How long entries outlive their end in the map. */
  private static final long GRACE_MILLIS = 600_000;

  private static final long RETRY_MILLIS = 1_000;
  private static final int MOST_RETRIES = 20;

  /** 22 of 62 characters are 131 bits. */
  private static final int LENGTH = 22;

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  private final VertxInternal vertx;
  private final Loop loop;
  private final String node;
  private final Announcements routes;
  private final TokenOptions options;
  private final IssuedTokens issued;
  private final WrongTokens wrong;
  private @Nullable AsyncMap<String, String> map;

  Tokens(VertxInternal vertx, Loop loop, String node, Announcements routes, TokenOptions options) {
    this.vertx = vertx;
    this.loop = loop;
    this.node = node;
    this.routes = routes;
    this.options = options;
    this.issued = IssuedTokens.of(vertx);
    this.wrong = WrongTokens.of(vertx);
  }

  /** Finds the map. */
  Future<Void> start() {
    return vertx
        .sharedData()
        .<String, String>getAsyncMap(Addresses.TOKENS)
        .onSuccess(found -> map = found)
        .mapEmpty();
  }

  /** The URIs of this verticle become those of other nodes; without any, they end now. */
  Future<Void> stop() {
    List<String> left = issued.of(loop.address());
    List<String> others = otherNodes();
    others.forEach(other -> tell(other, Addresses.ACTION_ORPHANED, null));
    return others.isEmpty()
        ? Future.join(left.stream().map(token -> end(token, 0)).toList()).mapEmpty()
        : forget(left);
  }

  private Future<Void> forget(List<String> tokens) {
    tokens.forEach(issued::remove);
    return Future.succeededFuture();
  }

  private List<String> otherNodes() {
    ClusterManager manager = vertx.clusterManager();
    try {
      return manager == null
          ? List.of()
          : manager.getNodes().stream().filter(other -> !other.equals(node)).toList();
    } catch (RuntimeException outOfCluster) {
      return List.of();
    }
  }

  private void tell(String other, String action, @Nullable String token) {
    vertx
        .eventBus()
        .send(
            Addresses.tokens(other),
            token,
            new DeliveryOptions()
                .addHeader(Addresses.VERSION, Addresses.CONTRACT_VERSION)
                .addHeader(Addresses.ACTION, action)
                .addHeader(Addresses.NODE, node));
  }

  // ---- issue

  /** Handles a message on {@link Addresses#TOKENS}. */
  void onIssue(Message<Object> message) {
    try {
      issue(message, (JsonObject) message.body());
    } catch (IllegalArgumentException | ClassCastException e) {
      message.fail(400, String.valueOf(e.getMessage()));
    }
  }

  private void issue(Message<Object> message, JsonObject request) {
    Topic topic = Topic.of(request.getString("uri", ""));
    if (topic.isReserved() || WebSocketTokens.isBelow(topic.uri())) {
      throw new IllegalArgumentException("a token cannot be bound to what is reserved");
    }
    TokenData data = TokenData.fromJson(request);
    if (data.size() > options.maxDataBytes()) {
      loop.counters().count(Counters.Limit.TOKEN_DATA_BYTES);
      message.fail(413, "a token holds at most " + options.maxDataBytes() + " bytes");
      return;
    }
    String token = newToken();
    String address = request.getString("address", "");
    long life = options.lifetime().toMillis();
    Counters.Limit reached = add(token, address, request.getString("user", ""), life);
    if (reached != null) {
      loop.counters().count(reached);
      boolean all = reached == Counters.Limit.TOKENS;
      message.fail(all ? 503 : 429, "too many tokens are not used yet: limit=" + reached.setting());
      return;
    }
    String entry =
        new JsonObject()
            .put("node", node)
            .put("expires", System.currentTimeMillis() + life)
            .put("uri", topic.uri())
            .put("address", address)
            .put("token", data.toJson())
            .encode();
    here(() -> map().put(token, entry, life + GRACE_MILLIS))
        .onComplete(
            kept -> message.reply(WebSocketTokens.PREFIX + token),
            e -> {
              LOG.warn("a token could not be kept: {}", e.toString());
              release(token);
              message.fail(503, "tokens cannot be kept");
            });
  }

  private Counters.@Nullable Limit add(String token, String address, String user, long life) {
    long timer = vertx.setTimer(life, due -> end(token, 0));
    Counters.Limit reached =
        issued.add(token, new IssuedTokens.Issued(address, user, loop.address(), timer), options);
    if (reached != null) {
      vertx.cancelTimer(timer);
    }
    return reached;
  }

  private static String newToken() {
    StringBuilder token = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      token.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return token.toString();
  }

  // ---- redeem

  /**
   * Uses up a one-time URI.
   *
   * @param uri as the client sent it
   * @param address of the client, whose vain tries are counted
   * @return what it stood for; fails with {@link CloseException}: 404 if it is none or was used or
   *     has expired, 429 if the address has tried too often
   */
  Future<Redeemed> redeem(String uri, String address) {
    if (!wrong.mayTry(address, options.wrongPerMinute(), System.nanoTime())) {
      loop.counters().count(Counters.Limit.WRONG_TOKENS);
      String why = "too many wrong tokens";
      loop.audit().refused(429, why, WebSocketTokens.PREFIX, "", address);
      return Future.failedFuture(CloseException.http(429, why));
    }
    String token = uri.substring(WebSocketTokens.PREFIX.length());
    return isToken(token)
        ? here(() -> map().remove(token))
            .recover(e -> Future.failedFuture(notNow(e)))
            .compose(entry -> redeemed(token, entry, address))
        : Future.failedFuture(notFound("no token", address));
  }

  private static CloseException notNow(Throwable failure) {
    LOG.warn("a token could not be looked up: {}", failure.toString());
    return CloseException.http(503, "tokens cannot be looked up");
  }

  /** The client is told no more than of any other URI that leads nowhere. */
  private CloseException notFound(String why, String address) {
    loop.audit().refused(Counters.Refused.TOKEN, 404, why, WebSocketTokens.PREFIX, "", address);
    return CloseException.http(404, "Not Found");
  }

  private static boolean isToken(String text) {
    return text.length() == LENGTH && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
  }

  private Future<Redeemed> redeemed(String token, @Nullable String entry, String address) {
    if (entry == null) {
      return Future.failedFuture(notFound("token unknown or used", address));
    }
    wrong.onRight(address);
    JsonObject json = new JsonObject(entry);
    release(token);
    String issuer = json.getString("node");
    if (!issuer.equals(node)) {
      tell(issuer, Addresses.ACTION_USED, token);
    }
    Redeemed redeemed = read(json);
    if (json.getLong("expires") <= System.currentTimeMillis()) {
      unused(redeemed);
      return Future.failedFuture(notFound("token expired", address));
    }
    return Future.succeededFuture(redeemed);
  }

  private static Redeemed read(JsonObject json) {
    return new Redeemed(
        Topic.of(json.getString("uri")),
        TokenData.fromJson(json.getJsonObject("token")),
        json.getString("address"));
  }

  private void release(String token) {
    IssuedTokens.Issued known = issued.remove(token);
    if (known != null) {
      vertx.cancelTimer(known.timer());
    }
  }

  // ---- never used

  /** Nobody has come by it: the leave handler of the URI that it was bound to hears of that. */
  void unused(Redeemed redeemed) {
    if (!(routes.find(redeemed.topic()) instanceof RouteTable.Lookup.Found found)) {
      LOG.info("no route for a token that was not used: path={}", redeemed.topic().path());
      return;
    }
    Handshake nobody =
        Handshake.of("GET", redeemed.topic().uri(), false, redeemed.address(), List.of());
    PlainSession session = new PlainSession(loop, redeemed.in(nobody));
    SessionChannel channel = session.open(redeemed.topic(), found.candidates());
    session.onRefused();
    channel.neverJoined();
  }

  /** The time of a URI is over. */
  private Future<Void> end(String token, int retries) {
    release(token);
    return here(() -> map().remove(token))
        .onSuccess(
            entry -> {
              if (entry != null) {
                unused(read(new JsonObject(entry)));
              }
            })
        .onFailure(e -> retry(token, retries, e))
        .mapEmpty();
  }

  private void retry(String token, int retries, Throwable failure) {
    if (retries < MOST_RETRIES) {
      vertx.setTimer(RETRY_MILLIS, later -> end(token, retries + 1));
    } else {
      LOG.warn("leave of a token that was not used may not have run: {}", failure.toString());
    }
  }

  // ---- other nodes

  /** Handles a message on {@link Addresses#tokens}. */
  void onTold(Message<Object> message) {
    String action = message.headers().get(Addresses.ACTION);
    if (Addresses.ACTION_USED.equals(action) && message.body() instanceof String token) {
      release(token);
    } else if (Addresses.ACTION_ORPHANED.equals(action)) {
      takeOver(String.valueOf(message.headers().get(Addresses.NODE)), 0);
    }
  }

  /** Handles a message on {@link Addresses#NODES}. */
  void onNode(Message<Object> message) {
    if (Addresses.ACTION_LOST.equals(message.headers().get(Addresses.ACTION))) {
      takeOver(message.headers().get(Addresses.NODE), 0);
    }
  }

  /** One verticle of this node does it, and so does one on each other node. */
  private void takeOver(String lost, int retries) {
    if (!issued.takesOver(lost)) {
      return;
    }
    here(() -> map().entries())
        .onComplete(done -> issued.tookOver(lost))
        .onComplete(
            all -> all.forEach((token, entry) -> takeOver(lost, token, entry)),
            e -> {
              if (retries < MOST_RETRIES) {
                vertx.setTimer(RETRY_MILLIS, later -> takeOver(lost, retries + 1));
              } else {
                LOG.warn("the tokens of a node could not be taken over: {}", e.toString());
              }
            });
  }

  private void takeOver(String lost, String token, String entry) {
    JsonObject json = new JsonObject(entry);
    if (!lost.equals(json.getString("node"))) {
      return;
    }
    long left = json.getLong("expires") - System.currentTimeMillis();
    long timer = vertx.setTimer(Math.max(1, left), due -> end(token, 0));
    if (!issued.takeOver(token, loop.address(), timer)) {
      vertx.cancelTimer(timer);
    }
  }

  // ----

  private AsyncMap<String, String> map() {
    return Objects.requireNonNull(map, "not started");
  }

  /** Futures of the map may complete anywhere, and its methods may throw. */
  private <T> Future<T> here(Supplier<Future<T>> operation) {
    Promise<T> promise = Promise.promise();
    Future<T> result;
    try {
      result = operation.get();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
    result.onComplete(
        value -> loop.run(() -> promise.complete(value)),
        failure -> loop.run(() -> promise.fail(failure)));
    return promise.future();
  }
}
