package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.auth.Handshake;
import io.carillon.auth.WebSocketTokens;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.channel.Locals;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.Dialect;
import io.carillon.protocol.LeaveStatus;
import io.carillon.protocol.MultiplexReader;
import io.carillon.protocol.MultiplexWriter;
import io.carillon.route.RouteSettings;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that carries a channel for each topic its client subscribes to.
 *
 * <p>What comes for one topic is taken in order; topics do not wait for each other. An action that
 * comes while the one before it on the same topic is under way waits for it, within the same bound
 * as messages that wait for a handler.
 */
final class MultiplexSession extends Session implements MultiplexReader.Sink {
  private final Dialect dialect;
  private final Access access;
  private final String firstAddress;
  private final int maxPrefixBytes;
  private final MultiplexReader reader;
  private final Map<String, MultiplexedTopic> topics = new HashMap<>();
  private final Locals locals = new Locals();
  private long lastNumber;
  private long lastRequest;
  private boolean refreshing;

  /**
   * Creates a session.
   *
   * @param firstAddress the topic that the client connected to, as it spells it; empty for the
   *     carrier
   */
  MultiplexSession(
      Loop loop, Handshake handshake, Dialect dialect, Access access, String firstAddress) {
    super(loop, handshake);
    this.dialect = dialect;
    this.access = access;
    this.firstAddress = firstAddress;
    int firstBytes = firstAddress.getBytes(UTF_8).length;
    this.maxPrefixBytes = dialect.maxPrefixBytes(firstBytes);
    this.reader = new MultiplexReader(dialect, firstBytes, this);
  }

  @Override
  SessionChannel open(Topic topic, List<Bound> candidates) {
    // There is no OK that could tell the client another spelling.
    MultiplexedTopic first = new MultiplexedTopic(this, topic, topic.uri(), firstAddress);
    topics.put(topic.uri(), first);
    return first.open(candidates);
  }

  @Override
  int maxMessageBytes() {
    return loop().limits().maxMessageBytes() + maxPrefixBytes;
  }

  @Override
  RouteSettings settings() {
    return RouteSettings.DEFAULT;
  }

  @Override
  @Nullable String subprotocol() {
    return null; // that of the connection is the dialect
  }

  @Override
  void forEachChannel(Consumer<SessionChannel> action) {
    for (MultiplexedTopic one : List.copyOf(topics.values())) {
      SessionChannel channel = one.channel();
      if (channel != null) {
        action.accept(channel);
      }
    }
  }

  @Override
  @Nullable SessionChannel find(long channel) {
    for (MultiplexedTopic one : topics.values()) {
      if (one.number() == channel) {
        return one.channel();
      }
    }
    return null;
  }

  @Override
  boolean isEmpty() {
    return topics.values().stream().allMatch(MultiplexedTopic::hasLeft);
  }

  @Override
  Future<Boolean> join(Topic topic, Access access) {
    MultiplexedTopic known = topics.get(topic.uri());
    if (known != null && known.isWanted()) {
      return Future.succeededFuture(true);
    }
    if (topic.uri().length() > dialect.maxTopicBytes() || (known == null && isFull())) {
      loop().counters().count(Counters.Limit.MAX_TOPICS);
      return Future.succeededFuture(false);
    }
    if (known == null) {
      known = new MultiplexedTopic(this, topic, topic.uri(), topic.uri());
      topics.put(topic.uri(), known);
    }
    return known.joinUnasked();
  }

  /** What handlers keep with the connection. */
  Locals locals() {
    return locals;
  }

  Dialect dialect() {
    return dialect;
  }

  Access access() {
    return access;
  }

  /** A number that no other channel of this connection has or had. */
  long newNumber() {
    return ++lastNumber;
  }

  /** Whether what the client asks for still matters. */
  boolean takesActions() {
    return isUp() && !isEnding();
  }

  void remove(String address) {
    topics.remove(address);
  }

  // ---- to the client

  /** Says something about a topic; a client that has no room even for that is cut off. */
  void control(String text) {
    if (takesActions()
        && !writeControl(Frames.message(ByteBufAllocator.DEFAULT, Payload.text(text)))) {
      // Not now: a publication may be on its way to others of these channels.
      loop().eventLoop().execute(() -> end(CloseStatus.AGAIN.withReason("slow consumer")));
    }
  }

  void ok(String action, String... fields) {
    control(MultiplexWriter.ok(action, List.of(fields)));
  }

  void err(Refusal why, String action, String... fields) {
    control(MultiplexWriter.err(why.text(dialect), action, List.of(fields)));
  }

  // ---- from the client

  @Override
  void onMessage(Payload payload) {
    reader.read(payload);
  }

  @Override
  public void onData(String asked, Payload payload) {
    MultiplexedTopic topic = find(asked);
    if (topic != null) {
      topic.onData(payload);
    } else {
      onInvalid(address(asked) == null ? "Invalid Topic" : "Not Subscribed");
    }
  }

  @Override
  public void onRequest(String asked, long id, Payload payload) {
    MultiplexedTopic topic = find(asked);
    if (isAnswer(id)) {
      if (topic != null) {
        topic.onAnswer(id, payload);
      }
    } else if (topic == null) {
      err(Refusal.NOT_SUBSCRIBED, "REQUEST", asked, Long.toString(id));
    } else {
      topic.onRequest(id, payload);
    }
  }

  @Override
  public void onRequestFailed(String asked, long id, String reason) {
    MultiplexedTopic topic = find(asked);
    if (topic != null && isAnswer(id)) {
      topic.onAnswerFailed(id, reason);
    }
  }

  /** Our questions have even numbers, those of the client odd ones. */
  private static boolean isAnswer(long id) {
    return id % 2 == 0;
  }

  /** The number of a further question of ours. */
  long newRequest() {
    lastRequest += 2;
    return lastRequest;
  }

  @Override
  public void onSubscribe(String asked, String subprotocols, String position) {
    MultiplexedTopic.Address address = address(asked);
    if (address != null && asked.equals(address.text()) && WebSocketTokens.isBelow(asked)) {
      redeem(asked, address, subprotocols);
    } else {
      subscribe(asked, address, subprotocols, null);
    }
  }

  /** What stands behind a hash sign is the same for the topic that a one-time URI stands for. */
  private void redeem(String asked, MultiplexedTopic.Address address, String subprotocols) {
    String uri = address.topic().uri();
    String instance = address.text().substring(uri.length());
    access
        .redeem(uri, handshake().remoteAddress())
        .onComplete(
            redeemed -> redeemed(asked, instance, subprotocols, redeemed),
            e -> err(Refusal.of(Upgrader.reason(e)), "SUBSCRIBE", asked));
  }

  private void redeemed(String asked, String instance, String subprotocols, Redeemed redeemed) {
    if (takesActions()) {
      subscribe(asked, address(redeemed.topic().uri() + instance), subprotocols, redeemed);
    } else {
      access.unused(redeemed);
    }
  }

  private void subscribe(
      String asked,
      MultiplexedTopic.@Nullable Address address,
      String subprotocols,
      @Nullable Redeemed redeemed) {
    if (address == null || address.topic().uri().length() > dialect.maxTopicBytes()) {
      access.unused(redeemed);
      err(Refusal.INVALID_TOPIC, "SUBSCRIBE", asked);
      return;
    }
    MultiplexedTopic topic = topics.get(address.text());
    if (topic == null) {
      if (isFull()) {
        access.unused(redeemed);
        loop().counters().count(Counters.Limit.MAX_TOPICS);
        err(Refusal.TOO_MANY_TOPICS, "SUBSCRIBE", asked);
        return;
      }
      topic = new MultiplexedTopic(this, address.topic(), address.text(), address.text());
      topics.put(address.text(), topic);
    }
    topic.onSubscribe(asked, subprotocols, redeemed);
  }

  /** Topics that are being left count too, but only when there are as many again. */
  private boolean isFull() {
    int max = loop().limits().maxTopics();
    return topics.size() >= max
        && (topics.size() >= 2L * max
            || topics.values().stream().filter(MultiplexedTopic::isWanted).count() >= max);
  }

  @Override
  public void onUnsubscribe(String asked, LeaveStatus status) {
    MultiplexedTopic topic = find(asked);
    if (topic == null) {
      err(Refusal.NOT_SUBSCRIBED, "UNSUBSCRIBE", unsubscribed(asked, status));
    } else {
      topic.onUnsubscribe(asked, status);
    }
  }

  /** The parameters of an UNSUBSCRIBE as the client gave them. */
  static String[] unsubscribed(String asked, LeaveStatus status) {
    if (status.kind() != LeaveStatus.Kind.CLOSED) {
      return new String[] {asked};
    }
    String code = Integer.toString(status.closeStatus().code());
    String reason = status.closeStatus().reason();
    return reason.isEmpty() ? new String[] {asked, code} : new String[] {asked, code, reason};
  }

  @Override
  public void onEndHeard(String asked) {
    MultiplexedTopic topic = find(asked);
    if (topic != null) {
      topic.onEndHeard();
    }
  }

  @Override
  public void onPing(String token) {
    ok("PING", token);
  }

  @Override
  public void onRefresh(String token) {
    if (refreshing) {
      err(Refusal.of(CloseException.http(429, "one at a time")), "REFRESH", token);
    } else if (takesActions()) {
      refreshing = true;
      access
          .refresh(this, token)
          .onComplete(
              done -> {
                refreshing = false;
                ok("REFRESH", token);
              },
              e -> {
                refreshing = false;
                onRefreshRefused(token, Upgrader.reason(e));
              });
    }
  }

  private void onRefreshRefused(String token, CloseException why) {
    loop().audit().refused(why, RefreshRoute.PATH, "", handshake().remoteAddress());
    err(Refusal.of(why), "REFRESH", token);
  }

  @Override
  public void onInvalid(String reason) {
    control(MultiplexWriter.invalid(reason));
  }

  /** The topic of that name, in whatever spelling. */
  private @Nullable MultiplexedTopic find(String asked) {
    MultiplexedTopic exact = topics.get(asked);
    if (exact != null) {
      return exact;
    }
    MultiplexedTopic.Address address = address(asked);
    return address == null ? null : topics.get(address.text());
  }

  private MultiplexedTopic.@Nullable Address address(String asked) {
    try {
      return MultiplexedTopic.Address.of(asked, dialect);
    } catch (IllegalArgumentException notATopic) {
      return null;
    }
  }

  @Override
  void sweep(long nowNanos) {
    super.sweep(nowNanos);
    List.copyOf(topics.values()).forEach(one -> one.sweep(nowNanos));
  }
}
