package io.carillon.server;

import io.carillon.auth.Identity;
import io.carillon.broker.Addresses;
import io.carillon.broker.Answer;
import io.carillon.broker.Ask;
import io.carillon.broker.Asked;
import io.carillon.broker.Audiences;
import io.carillon.broker.Broker;
import io.carillon.broker.Clients;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop by session and by user, and what is asked of them from anywhere
 * in the cluster. A connection of nobody known is not in here.
 *
 * <p>The broker is told of a session or a user when its first connection comes and when its last
 * one goes, as it is of a topic. Owned by the event loop.
 */
final class Reachable {
  /** Counts the connections of a user, with those that may be but are still opening. */
  private static final String ACTION_ADMITTED = "admitted";

  /** The connections of one session or user. */
  private static final class Group {
    private final Set<Session> members = new LinkedHashSet<>();
    private Future<Void> ready = Future.succeededFuture();
  }

  private final Loop loop;
  private final Broker broker;
  private final Clients clients;
  private final Exclusive exclusive;
  private final Map<Topic, Group> groups = new HashMap<>();
  private final Set<Session> undecided = new HashSet<>();
  private final Map<String, Long> read = new HashMap<>();
  private @Nullable Access access;

  Reachable(Vertx vertx, Loop loop) {
    this.loop = loop;
    this.broker = Broker.of(vertx);
    this.clients = Clients.of(vertx);
    this.exclusive = new Exclusive(vertx);
  }

  /** From now on what is for all connections comes here too. */
  Future<Void> start(Access guards) {
    access = guards;
    return broker
        .ask(Addresses.ACTION_SUBSCRIBE, Audiences.ALL, loop.address())
        .recover(noBroker -> Future.succeededFuture());
  }

  /** The connections have gone; nobody is waited for. */
  void stop() {
    broker.ask(Addresses.ACTION_UNSUBSCRIBE, Audiences.ALL, loop.address()).onFailure(gone -> {});
  }

  /**
   * Adds a connection that is opening.
   *
   * @return completes when what is sent to its session or its user from now on, anywhere, reaches
   *     it; fails with 429 when the user has as many connections as one may have
   */
  Future<Void> add(Session session) {
    int most = loop.limits().maxConnectionsPerUser();
    String user = most == 0 ? "" : session.handshake().identity().user().orElse("");
    if (!user.isEmpty()) {
      undecided.add(session);
    }
    List<Topic> audiences = audiencesOf(session);
    if (audiences.isEmpty() && session.handshake().identity().user().isPresent()) {
      return Future.failedFuture(CloseException.http(400, "user id not usable"));
    }
    Future<Void> known = Future.succeededFuture();
    for (Topic one : audiences) {
      Future<Void> added = add(one, session);
      known = known.compose(before -> added);
    }
    return user.isEmpty() ? known : known.compose(in -> admit(session, user, most));
  }

  private Future<Void> add(Topic audience, Session session) {
    Group group = groups.get(audience);
    if (group == null) {
      group = new Group();
      groups.put(audience, group);
      group.ready = broker.ask(Addresses.ACTION_SUBSCRIBE, audience, loop.address());
    }
    group.members.add(session);
    return group.ready;
  }

  /** Empty if one of them is no id: that of a user may come from a token. */
  private static List<Topic> audiencesOf(Session session) {
    Identity identity = session.handshake().identity();
    List<Topic> audiences = new ArrayList<>(2);
    try {
      identity.session().map(Audiences::session).ifPresent(audiences::add);
      identity.user().map(Audiences::user).ifPresent(audiences::add);
      return audiences;
    } catch (IllegalArgumentException noId) {
      return List.of();
    }
  }

  /** One connection of a user after the other, in the whole cluster. */
  private Future<Void> admit(Session session, String user, int most) {
    return exclusive.run(
        user,
        () ->
            clients
                .ask(new Ask(Audiences.user(user), ACTION_ADMITTED, new JsonObject(), null))
                .compose(answer -> requireLess(answer.connections(), most))
                .onSuccess(fits -> undecided.remove(session)));
  }

  private Future<Void> requireLess(int connections, int most) {
    if (connections < most) {
      return Future.succeededFuture();
    }
    loop.counters().count(Counters.Limit.MAX_CONNECTIONS_PER_USER);
    return Future.failedFuture(CloseException.http(429, "too many connections of this user"));
  }

  void remove(Session session) {
    undecided.remove(session);
    for (Topic one : audiencesOf(session)) {
      Group group = groups.get(one);
      if (group != null && group.members.remove(session) && group.members.isEmpty()) {
        groups.remove(one);
        broker
            .ask(Addresses.ACTION_UNSUBSCRIBE, one, loop.address())
            .onFailure(gone -> {}); // no broker, no interest
      }
    }
  }

  // ---- what is asked

  /** Does what is asked, as far as it concerns this loop, and answers. */
  void take(Asked asked) {
    answer(asked.ask()).onComplete(asked::answer, e -> asked.answer(Answer.NONE));
  }

  /** What a later version asks is not understood, and nobody is reached. */
  private Future<Answer> answer(Ask ask) {
    return switch (ask.action()) {
      case ACTION_ADMITTED -> Future.succeededFuture(new Answer(admitted(ask.audience())));
      case Addresses.ACTION_READ -> Future.succeededFuture(readAlong(ask.parameters()));
      case Addresses.ACTION_LIST -> Future.succeededFuture(list(ask));
      case Addresses.ACTION_JOIN -> join(ask);
      case Addresses.ACTION_CONNECTED -> reached(ask, one -> true);
      case Addresses.ACTION_DISCONNECT -> {
        CloseStatus status = status(ask.parameters());
        yield reached(ask, one -> one.disconnect(status));
      }
      case Addresses.ACTION_REFRESH -> {
        JsonObject claims = ask.parameters().getJsonObject(Addresses.ACTION_REFRESH);
        yield reached(ask, one -> claims != null && refresh(one.session(), claims));
      }
      case Addresses.ACTION_SEND -> {
        Payload payload = ask.payload();
        if (payload == null) {
          yield Future.succeededFuture(Answer.NONE);
        }
        Sending sending = new Sending(payload);
        yield reached(ask, one -> one.send(sending));
      }
      default -> Future.succeededFuture(Answer.NONE);
    };
  }

  private Future<Answer> reached(Ask ask, Predicate<Recipient> action) {
    int reached = 0;
    for (Recipient one : recipients(ask)) {
      reached += action.test(one) ? 1 : 0;
    }
    return Future.succeededFuture(new Answer(reached));
  }

  /** Connections of a session that came as somebody else, or without a token, stay as they are. */
  private boolean refresh(Session session, JsonObject claims) {
    try {
      loop.credentials().refresh(session, claims);
      return true;
    } catch (CloseException notForThis) {
      return false;
    }
  }

  private Future<Answer> join(Ask ask) {
    Topic topic = Topic.of(ask.parameters().getString(Addresses.ACTION_JOIN, "/"));
    Access guards = Objects.requireNonNull(access, "not started");
    List<Future<Boolean>> joining = new ArrayList<>();
    for (Recipient one : recipients(ask)) {
      joining.add(one.session().join(topic, guards));
    }
    return Future.join(joining)
        .map(all -> new Answer((int) joining.stream().filter(Future::result).count()));
  }

  /** The first channels behind an id, one more of them than a page has. */
  private Answer list(Ask ask) {
    String after = ask.parameters().getString(Addresses.AFTER, "");
    int limit = ask.parameters().getInteger(Addresses.LIMIT, 1);
    TreeMap<String, SessionChannel> first = new TreeMap<>();
    for (Recipient recipient : recipients(ask)) {
      for (SessionChannel one : recipient.channels()) {
        String id = one.id();
        if (one.isJoined() && id.compareTo(after) > 0) {
          first.put(id, one);
        }
        if (first.size() > limit) {
          first.pollLastEntry();
        }
      }
    }
    JsonArray items = new JsonArray();
    first.values().forEach(one -> items.add(json(one)));
    return new Answer(0, items, true);
  }

  private static JsonObject json(SessionChannel channel) {
    JsonObject json =
        new JsonObject()
            .put(Addresses.CHANNEL, channel.id())
            .put(Addresses.CONNECTION, channel.connectionId())
            .put(Addresses.TOPIC, channel.topic().uri());
    channel.handshake().identity().user().ifPresent(user -> json.put(Addresses.USER, user));
    return json;
  }

  // ---- reading along

  private Answer readAlong(JsonObject parameters) {
    String session = parameters.getString(Addresses.SESSION, "");
    if (read.size() < Clients.MAX_READ || read.containsKey(session)) {
      read.put(session, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Clients.READ_MILLIS));
    }
    return Answer.NONE;
  }

  /** Whether anybody reads along what some session says. */
  boolean isRead() {
    return !read.isEmpty();
  }

  /** A client has said something. */
  void onSaid(SessionChannel channel, Payload payload) {
    String session = channel.handshake().identity().session().orElse("");
    if (read.containsKey(session)) {
      broker.publish(new Publication(Audiences.said(session), payload, null, channel.id()));
    }
  }

  /** Forgets those who have not asked again. */
  void sweep(long nowNanos) {
    read.values().removeIf(until -> nowNanos - until > 0);
  }

  // ---- who is meant, and how

  private static CloseStatus status(JsonObject parameters) {
    return new CloseStatus(parameters.getInteger(Addresses.CODE, 1000), "")
        .withReason(parameters.getString(Addresses.REASON, ""))
        .sendable();
  }

  private int admitted(Topic user) {
    int admitted = 0;
    for (Session one : members(user)) {
      boolean counts = (one.isConnected() || one.isOpening()) && !undecided.contains(one);
      admitted += counts ? 1 : 0;
    }
    return admitted;
  }

  private List<Recipient> recipients(Ask ask) {
    List<Recipient> all = new ArrayList<>();
    for (Recipient one : audience(ask.audience())) {
      Recipient narrowed = one.narrowed(ask.parameters());
      if (narrowed != null) {
        all.add(narrowed);
      }
    }
    return all;
  }

  private Collection<Recipient> audience(Topic audience) {
    String id = Audiences.connectionIn(audience);
    if (id != null) {
      return named(id);
    }
    return audience.isReserved()
        ? members(audience).stream().map(Recipient::whole).toList()
        : Recipient.joined(loop.fanOut().members(audience));
  }

  private List<Recipient> named(String id) {
    Session session = loop.findSession(id);
    if (session == null) {
      return List.of();
    }
    if (!loop.namesChannel(id)) {
      return List.of(Recipient.whole(session));
    }
    SessionChannel channel = loop.find(id);
    return channel == null ? List.of() : List.copyOf(Recipient.joined(List.of(channel)));
  }

  /** A copy, because what is done may end some of them. */
  private List<Session> members(Topic audience) {
    if (audience.equals(Audiences.ALL)) {
      return loop.sessions().all();
    }
    Group group = groups.get(audience);
    return group == null ? List.of() : List.copyOf(group.members);
  }

  /** A broadcast to the topic of a session, a user or all. */
  void deliver(Publication publication) {
    if (publication.topic().isReserved()) {
      answer(
          new Ask(
              publication.topic(), Addresses.ACTION_SEND, new JsonObject(), publication.payload()));
    }
  }
}
