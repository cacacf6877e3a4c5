package io.carillon.bridge;

import io.carillon.broker.Addresses;
import io.carillon.broker.Announced;
import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Asked;
import io.carillon.broker.Audiences;
import io.carillon.broker.Publication;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.spi.cluster.ClusterManager;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The links of this broker to those of all other nodes, and what comes in over them.
 *
 * <p>Which nodes there are is asked of the cluster manager several times a second, rather than
 * learned from its events, which come late and in no order around a partition. A node that is new
 * is greeted: each side tells the other what topics it wants, and from then on every change. A
 * greeting that finds nobody is repeated, so both directions flow again after any failure without
 * help.
 *
 * <p>Owned by the event loop of the broker.
 */
final class Links {
  private static final Logger LOG = LoggerFactory.getLogger(Links.class);
  private static final long POLL_MILLIS = 200;
  private static final long ANSWER_MILLIS = 1_000;

  /** How far the messages of another node have been taken. */
  private static final class Inbound {
    private long epoch;
    private long sequence;
  }

  private final Vertx vertx;
  private final String self;
  private final long maxQueuedBytes;
  private final Consumer<Publication> publications;
  private final Asks asks;
  private final Map<String, Link> links = new HashMap<>();
  private final Map<String, Inbound> inbound = new HashMap<>();
  private final Map<String, JsonObject> announced;
  private final BitSet wanted = new BitSet(Buckets.COUNT);
  private final Set<Integer> news = new HashSet<>();
  private final Map<Integer, Future<Void>> beingTold = new HashMap<>();
  private @Nullable Promise<Void> newsTold;
  private @Nullable MessageConsumer<Object> consumer;
  private long epochs = System.currentTimeMillis() << 16;
  private long outOfDate;
  private long missing;
  private long timer = -1;
  private boolean outOfCluster;

  /**
   * Creates the links; {@link #start} opens them.
   *
   * @param publications takes what other nodes publish
   * @param answers answers what other nodes ask
   */
  Links(
      Vertx vertx,
      String self,
      long maxQueuedBytes,
      Consumer<Publication> publications,
      Function<Ask, Future<Answer>> answers) {
    this.vertx = vertx;
    this.self = self;
    this.maxQueuedBytes = maxQueuedBytes;
    this.publications = publications;
    this.asks = new Asks(answers);
    this.announced = Announced.in(vertx);
  }

  /**
   * Listens, and greets those that are there; completes when they have answered or had a second.
   */
  Future<Void> start() {
    MessageConsumer<Object> own =
        vertx.eventBus().consumer(Addresses.nodeAddress(self), this::onMessage);
    consumer = own;
    return own.completion()
        .compose(
            listening -> {
              timer = vertx.setPeriodic(POLL_MILLIS, tick -> poll());
              return poll();
            })
        .onSuccess(
            greeted -> {
              if (links.isEmpty()) {
                LOG.warn(
                    "no other node of the cluster was found: this node is alone until one comes");
              }
            });
  }

  Future<Void> stop() {
    vertx.cancelTimer(timer);
    MessageConsumer<Object> own = consumer;
    return drained()
        .onComplete(written -> links.values().forEach(Link::close))
        .eventually(() -> own == null ? Future.succeededFuture() : own.unregister());
  }

  /** Completes when all that was published has been written, or a second later. */
  private Future<Void> drained() {
    Promise<Void> promise = Promise.promise();
    long late = vertx.setTimer(ANSWER_MILLIS, tick -> promise.tryComplete());
    Future.join(links.values().stream().map(Link::drained).toList())
        .onComplete(written -> promise.tryComplete());
    return promise.future().andThen(done -> vertx.cancelTimer(late));
  }

  // ---- nodes

  /** Whether the cluster has ended under us, so that no other node can be reached any more. */
  boolean isOutOfCluster() {
    return outOfCluster;
  }

  private Future<Void> poll() {
    ClusterManager manager = ((VertxInternal) vertx).clusterManager();
    if (manager == null || !manager.isActive()) {
      return Future.succeededFuture();
    }
    Set<String> present = new HashSet<>();
    try {
      present.addAll(manager.getNodes());
      outOfCluster = false;
    } catch (RuntimeException e) {
      if (!outOfCluster) {
        outOfCluster = true;
        LOG.error("this node is out of the cluster, restart it: {}", e.toString());
      }
    }
    present.remove(self);
    if (present.isEmpty() && links.isEmpty()) {
      return Future.succeededFuture();
    }
    for (String gone : List.copyOf(links.keySet())) {
      if (!present.contains(gone)) {
        lose(gone);
      }
    }
    List<Future<Void>> greetings = new ArrayList<>();
    for (String node : present) {
      Link link = links.computeIfAbsent(node, this::newLink);
      if (!link.isGreeted() && !link.isGreeting()) {
        greetings.add(greet(link));
      }
    }
    long now = System.nanoTime();
    links.values().forEach(link -> link.sweep(now));
    asks.sweep(now);
    return Future.join(greetings).recover(never -> Future.succeededFuture()).mapEmpty();
  }

  private Link newLink(String node) {
    return new Link(vertx, self, node, ++epochs, maxQueuedBytes);
  }

  private void lose(String node) {
    Link link = links.remove(node);
    if (link != null) {
      link.close();
      forget(node);
      LOG.info("node lost: node={}, publications dropped={}", node, link.dropped());
      tell(Addresses.ACTION_LOST, node);
    }
  }

  private Future<Void> greet(Link link) {
    DeliveryOptions options = hello(link).setSendTimeout(ANSWER_MILLIS);
    link.greeting(true);
    return vertx
        .eventBus()
        .<Object>request(Addresses.nodeAddress(link.node()), Buckets.encode(wanted), options)
        .onComplete(answered -> link.greeting(false))
        .onSuccess(answer -> onGreeted(link, answer))
        .onFailure(failure -> link.absent(isNobody(failure)))
        .mapEmpty();
  }

  private static boolean isNobody(Throwable failure) {
    return failure instanceof ReplyException reply
        && reply.failureType() == ReplyFailure.NO_HANDLERS;
  }

  private void onGreeted(Link link, Message<Object> hello) {
    if (links.get(link.node()) != link || !(hello.body() instanceof Buffer wants)) {
      return; // lost meanwhile
    }
    long theirEpoch = number(hello, Addresses.EPOCH);
    boolean hadLostUs = link.greetedEpoch() > 0 && theirEpoch > link.greetedEpoch();
    if (hadLostUs) {
      tell(Addresses.ACTION_LOST, link.node()); // so that both sides have forgotten the same
    }
    boolean first = !link.isGreeted() || hadLostUs;
    boolean wasSilent = link.isSilent();
    link.greeted(Buckets.decode(wants), theirEpoch);
    learn(link.node(), hello.headers().get(Addresses.ANNOUNCED));
    if (wasSilent) {
      tell(link, Buckets.encode(wanted)); // the greeting may be older than what we want by now
    }
    if (first) {
      LOG.info("node greeted: node={}", link.node());
      tell(Addresses.ACTION_GREETED, link.node());
    }
  }

  /** Tells everybody on this node that another one has come or gone. */
  private void tell(String action, String node) {
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .addHeader(Addresses.ACTION, action)
            .addHeader(Addresses.NODE, node);
    vertx.eventBus().publish(Addresses.NODES, null, options);
  }

  // ---- what this node wants

  /**
   * Tells all nodes that this one wants the topics of a bucket. Those told in the same turn share a
   * message.
   *
   * @return completes when every node knows; one that does not answer within a second is left to
   *     the failure detector
   */
  Future<Void> want(int bucket) {
    if (wanted.get(bucket)) {
      return beingTold.getOrDefault(bucket, Future.succeededFuture());
    }
    wanted.set(bucket);
    news.add(bucket);
    Promise<Void> told = newsTold;
    if (told == null) {
      told = Promise.promise();
      newsTold = told;
      Promise<Void> promise = told;
      vertx.getOrCreateContext().runOnContext(turnEnds -> tellNews(promise));
    }
    beingTold.put(bucket, told.future());
    return told.future();
  }

  private void tellNews(Promise<Void> told) {
    Set<Integer> buckets = Set.copyOf(news);
    news.clear();
    newsTold = null;
    List<Future<Void>> answers = new ArrayList<>();
    for (Link link : links.values()) {
      if (link.listens()) {
        answers.add(tell(link, Buckets.encode(buckets)));
      }
    }
    Future.join(answers)
        .onComplete(
            done -> {
              buckets.forEach(beingTold::remove);
              told.complete();
            });
  }

  /** Tells all nodes that this one does not want the topics of some buckets any more. */
  void unwant(Set<Integer> buckets) {
    buckets.forEach(wanted::clear);
    for (Link link : links.values()) {
      if (!link.listens()) {
        continue; // it hears what we want when it is greeted again
      }
      vertx
          .eventBus()
          .send(
              Addresses.nodeAddress(link.node()),
              Buckets.encode(buckets),
              link.options(Addresses.ACTION_UNWANT));
    }
  }

  private Future<Void> tell(Link link, Buffer buckets) {
    DeliveryOptions options = link.options(Addresses.ACTION_WANT).setSendTimeout(ANSWER_MILLIS);
    return vertx
        .eventBus()
        .request(Addresses.nodeAddress(link.node()), buckets, options)
        .onFailure(noAnswer -> link.silent())
        .mapEmpty();
  }

  /**
   * Tells all nodes that a handler instance of this one has come or gone; completes when they know,
   * or had a second.
   */
  Future<Void> tellAll(String action, JsonObject announcement) {
    List<Future<Object>> answers = new ArrayList<>();
    for (Link link : links.values()) {
      if (link.listens()) {
        DeliveryOptions options = link.options(action).setSendTimeout(ANSWER_MILLIS);
        answers.add(
            vertx
                .eventBus()
                .request(Addresses.nodeAddress(link.node()), announcement, options)
                .map(Message::body));
      }
    }
    return Future.join(answers).recover(late -> Future.succeededFuture()).mapEmpty();
  }

  // ---- publications

  /** Sends a publication to every node that wants it; see {@link Link#send} for the result. */
  Future<Void> publish(Publication publication) {
    if (links.isEmpty()) {
      return Future.succeededFuture();
    }
    int bucket = Buckets.of(publication.topic());
    Future<Void> slowest = Future.succeededFuture();
    for (Link link : links.values()) {
      if (link.wants(bucket)) {
        Future<Void> sent = link.send(publication);
        slowest = sent.isComplete() ? slowest : slowest.compose(before -> sent);
      }
    }
    return slowest;
  }

  /** Asks the nodes that have some of the clients, each of which adds its answer. */
  void ask(Asked asked) {
    String connection = Audiences.connectionIn(asked.ask().audience());
    int bucket = Buckets.of(asked.ask().audience());
    for (Link link : links.values()) {
      boolean hasSome =
          connection == null
              ? link.wants(bucket)
              : link.node().equals(Addresses.nodeOf(connection));
      if (hasSome) {
        asks.ask(link, asked);
      }
    }
    asked.answer(Answer.NONE);
  }

  // ---- from other nodes

  private void onMessage(Message<Object> message) {
    String version = message.headers().get(Addresses.VERSION);
    if (version == null || !Addresses.isSpoken(version)) {
      LOG.warn("message of another contract version refused: version={}", version);
      message.fail(400, "contract version not spoken here: version=" + version);
      return;
    }
    String node = message.headers().get(Addresses.NODE);
    String action = message.headers().get(Addresses.ACTION);
    if (node == null || action == null) {
      message.fail(400, "headers needed: node, action");
    } else if (message.body() instanceof Buffer body) {
      onMessage(message, node, action, body);
    } else if (message.body() instanceof JsonObject announcement) {
      onAnnouncement(action, announcement);
      message.reply(null);
    } else {
      message.fail(400, "a body is needed: action=" + action);
    }
  }

  private void onAnnouncement(String action, JsonObject announcement) {
    String address = announcement.getString("address", "");
    if (action.equals(Addresses.ACTION_WITHDRAW)) {
      announced.remove(address);
    } else {
      announced.put(address, announcement);
    }
  }

  private void onMessage(Message<Object> message, String node, String action, Buffer body) {
    switch (action) {
      case Addresses.ACTION_HELLO -> onHello(message, node);
      case Addresses.ACTION_WANT -> {
        link(node).wants(Buckets.list(body), true);
        message.reply(null);
      }
      case Addresses.ACTION_UNWANT -> link(node).wants(Buckets.list(body), false);
      case Addresses.ACTION_BATCH -> onBatch(message, node, body);
      default -> message.fail(400, "unknown action: action=" + action);
    }
  }

  private void onHello(Message<Object> message, String node) {
    Link link = link(node);
    onGreeted(link, message);
    message.reply(Buckets.encode(wanted), hello(link));
  }

  private DeliveryOptions hello(Link link) {
    JsonArray ours = new JsonArray();
    announced.values().stream()
        .filter(one -> List.of(self, "").contains(one.getString("node", "")))
        .forEach(ours::add);
    return link.options(Addresses.ACTION_HELLO).addHeader(Addresses.ANNOUNCED, ours.encode());
  }

  /** The collections of a shared map are copies, so one is removed by its key. */
  private void forget(String node) {
    for (JsonObject one : List.copyOf(announced.values())) {
      if (node.equals(one.getString("node"))) {
        announced.remove(one.getString("address"));
      }
    }
  }

  /** Takes in which handler instances the other node has. */
  private void learn(String node, @Nullable String announcements) {
    if (announcements == null) {
      return;
    }
    forget(node);
    try {
      for (Object one : new JsonArray(announcements)) {
        if (one instanceof JsonObject json && json.getString("address") != null) {
          announced.put(json.getString("address"), json);
        }
      }
    } catch (DecodeException e) {
      LOG.warn("announcements of a node refused: not JSON");
    }
  }

  /** A node may greet us before the cluster manager has told us of it. */
  private Link link(String node) {
    return links.computeIfAbsent(node, this::newLink);
  }

  private void onBatch(Message<Object> message, String node, Buffer batch) {
    Inbound from = inbound.computeIfAbsent(node, first -> new Inbound());
    long epoch = number(message, Addresses.EPOCH);
    long sequence = number(message, Addresses.SEQUENCE);
    if (epoch < from.epoch || (epoch == from.epoch && sequence <= from.sequence)) {
      outOfDate++;
      LOG.debug("late message of a node dropped: node={}, total={}", node, outOfDate);
      return;
    }
    if (epoch == from.epoch && sequence > from.sequence + 1) {
      missing += sequence - from.sequence - 1;
      LOG.warn("messages of a node are missing: node={}, total={}", node, missing);
    }
    from.epoch = epoch;
    from.sequence = sequence;
    try {
      Batch.read(batch, entriesOf(node));
    } catch (IllegalArgumentException e) {
      LOG.warn("batch refused: node={}, {}", node, e.getMessage());
    }
  }

  private Batch.Entries entriesOf(String node) {
    return new Batch.Entries() {
      @Override
      public void publication(Publication publication) {
        publications.accept(publication);
      }

      @Override
      public void ask(long number, Ask ask) {
        asks.onAsked(link(node), number, ask);
      }

      @Override
      public void answer(long number, Answer answer) {
        asks.onAnswer(number, answer);
      }
    };
  }

  private static long number(Message<?> message, String header) {
    String text = message.headers().get(header);
    try {
      return text == null ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
