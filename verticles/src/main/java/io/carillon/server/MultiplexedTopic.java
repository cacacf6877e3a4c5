package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.TokenData;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.channel.Locals;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.Dialect;
import io.carillon.protocol.LeaveStatus;
import io.carillon.protocol.MultiplexWriter;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One topic of a multiplexed connection: what the client has asked for, and the channel that came
 * of it.
 *
 * <p>While a join or a leave is under way, further actions of the client on this topic wait in
 * order. What a join sends goes out behind the OK. The topic ends from either side: the client's
 * UNSUBSCRIBE is answered at once and leave runs behind it; an end from the server is told once the
 * handlers are done, or when they take too long.
 */
final class MultiplexedTopic implements Carrier, Credentials.Holder {
  private enum State {
    /** Nothing is subscribed. */
    IDLE,
    /** The join is under way. */
    JOINING,
    /** Subscribed. */
    OPEN,
    /** The channel is ending. */
    LEAVING,
    /** The client was told of the end and has yet to say that it heard. */
    TOLD
  }

  /** An action or a message that waits for the one before it. */
  private record Waiting(int bytes, boolean message, @Nullable Redeemed redeemed, Runnable task) {}

  /**
   * What a client calls a topic.
   *
   * @param text topic in normal form, with the instance where the client gave one
   */
  record Address(Topic topic, String text) {
    private static final int MAX_INSTANCE_DIGITS = 9;

    /**
     * Reads it.
     *
     * @throws IllegalArgumentException if it is no topic
     */
    static Address of(String asked, Dialect dialect) {
      int mark = dialect == Dialect.CARILLON_V1 ? asked.lastIndexOf('#') : -1;
      if (mark < 0) {
        Topic topic = Topic.of(asked);
        return new Address(topic, topic.uri());
      }
      String instance = asked.substring(mark + 1);
      if (instance.isEmpty()
          || instance.length() > MAX_INSTANCE_DIGITS
          || !instance.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw new IllegalArgumentException("an instance is 1 to 9 digits");
      }
      Topic topic = Topic.of(asked.substring(0, mark));
      return new Address(topic, topic.uri() + "#" + instance);
    }
  }

  private final MultiplexSession session;
  private final Topic topic;
  private final String key;
  private final String address;
  private final byte[] prefix;
  private final Queue<Waiting> waiting = new ArrayDeque<>(0);
  private State state = State.IDLE;
  private long number;
  private String subprotocols = "";
  private @Nullable SessionChannel channel;
  private @Nullable List<Runnable> early;
  private int earlyBytes;
  private @Nullable CloseStatus ending;
  private long endingNanos;
  private boolean told;
  private @Nullable Questions questions;
  private @Nullable Promise<Boolean> unasked;
  private boolean ofServer;
  private @Nullable TokenData token;

  /**
   * Creates a topic.
   *
   * @param key what the session finds it by: in normal form, with the instance if there is one
   * @param address what it is called in messages
   */
  MultiplexedTopic(MultiplexSession session, Topic topic, String key, String address) {
    this.session = session;
    this.topic = topic;
    this.key = key;
    this.address = address;
    this.prefix = MultiplexWriter.prefix(address);
  }

  /** Makes the channel of the URI that the client connected to, whose OK is the 101. */
  SessionChannel open(List<Bound> candidates) {
    state = State.OPEN;
    token = session.handshake().identity().token().orElse(null);
    return newChannel(candidates);
  }

  private SessionChannel newChannel(List<Bound> candidates) {
    number = session.newNumber();
    SessionChannel made = new SessionChannel(this, topic, candidates);
    channel = made;
    return made;
  }

  @Nullable SessionChannel channel() {
    return channel;
  }

  long number() {
    return number;
  }

  /** Whether the client is subscribed, or about to be. */
  boolean isWanted() {
    return state == State.JOINING || state == State.OPEN;
  }

  boolean hasLeft() {
    return channel == null || channel.hasLeft();
  }

  // ---- what the client asks for

  /**
   * The client wants to join.
   *
   * @param redeemed what its one-time URI stood for, where it had one; used up, whatever comes of
   *     it
   */
  void onSubscribe(String asked, String offers, @Nullable Redeemed redeemed) {
    if (state == State.LEAVING || !waiting.isEmpty()) {
      int bytes = asked.length() + offers.length();
      later(bytes, false, redeemed, () -> subscribe(asked, offers, redeemed));
    } else {
      subscribe(asked, offers, redeemed);
    }
  }

  /**
   * The server has the client join, which hears of it by an OK that it did not ask for.
   *
   * @return completes with whether it is there now
   */
  Future<Boolean> joinUnasked() {
    Promise<Boolean> joining = Promise.promise();
    if (state == State.LEAVING || !waiting.isEmpty()) {
      later(0, false, null, () -> joinUnasked(joining));
    } else {
      joinUnasked(joining);
    }
    return joining.future();
  }

  private void joinUnasked(Promise<Boolean> joining) {
    if (isWanted()) {
      joining.complete(true);
    } else {
      unasked = joining;
      subscribe(address, "", null);
    }
  }

  /** Tells whoever had the client join what came of it; says whether that was the server. */
  private boolean answerServer(boolean joined) {
    Promise<Boolean> joining = unasked;
    unasked = null;
    if (joining != null) {
      joining.complete(joined);
    }
    return joining != null;
  }

  private void err(Refusal why, String asked) {
    if (!answerServer(false)) {
      session.err(why, "SUBSCRIBE", asked);
    }
  }

  /** A client may ask for what the server has given it already. */
  private boolean isTakenOver(String asked) {
    boolean given = ofServer;
    ofServer = false;
    if (given && state == State.OPEN) {
      session.ok("SUBSCRIBE", joined(asked));
    }
    return given;
  }

  private void subscribe(String asked, String offers, @Nullable Redeemed redeemed) {
    if (isWanted()) {
      session.access().unused(redeemed);
      if (!isTakenOver(asked)) {
        session.err(Refusal.ALREADY_SUBSCRIBED, "SUBSCRIBE", asked);
      }
      return;
    }
    ofServer = unasked != null;
    RouteTable.Lookup lookup = session.access().find(topic);
    if (!(lookup instanceof RouteTable.Lookup.Found found) || topic.isReserved()) {
      over();
      session.access().unused(redeemed);
      err(Refusal.of(lookup), asked);
      return;
    }
    List<Bound> candidates = found.candidates();
    if (!session.access().takesOrigin(topic, session.handshake(), candidates)) {
      over();
      session.access().unused(redeemed);
      err(Refusal.FOREIGN_ORIGIN, asked);
      return;
    }
    state = State.JOINING;
    told = false;
    ending = null;
    subprotocols = offers;
    token = redeemed == null ? null : redeemed.data();
    SessionChannel asking = newChannel(candidates);
    if (token != null && !session.handshake().identity().hasClaims()) {
      session.loop().credentials().add(this);
    }
    asking
        .join(session.access().permit(topic, handshake(), candidates))
        .onComplete(joined -> onJoined(asked), e -> onRefused(asked, e));
  }

  private void onJoined(String asked) {
    state = State.OPEN;
    session.ok("SUBSCRIBE", joined(asked));
    answerServer(true);
    sendEarly();
    // Behind the messages that came during the join, which the channel is about to take.
    session.loop().eventLoop().execute(this::goOn);
  }

  private void sendEarly() {
    List<Runnable> kept = early;
    early = null;
    earlyBytes = 0;
    if (kept != null) {
      kept.forEach(Runnable::run);
    }
  }

  /** The real topic where it is not spelled as the client asked; history comes later. */
  private String[] joined(String asked) {
    boolean renamed = !asked.equals(address);
    if (session.dialect() == Dialect.ROCKET_MULTIPLEX) {
      return renamed ? new String[] {asked, address} : new String[] {asked};
    }
    String subprotocol = Objects.requireNonNull(channel).subprotocolAsOffered();
    String agreed = subprotocol == null ? "" : subprotocol;
    return renamed
        ? new String[] {address, agreed, "", "", asked}
        : new String[] {address, agreed, "", ""};
  }

  private void onRefused(String asked, Throwable failure) {
    session.loop().credentials().remove(this);
    told = true;
    state = State.LEAVING;
    sendEarly(); // which fails now
    err(Refusal.of(Upgrader.reason(failure)), asked);
    if (hasLeft()) {
      over();
      goOn();
    }
  }

  void onUnsubscribe(String asked, LeaveStatus status) {
    if (state == State.JOINING || state == State.LEAVING || !waiting.isEmpty()) {
      later(asked.length(), false, () -> unsubscribe(asked, status));
    } else {
      unsubscribe(asked, status);
    }
  }

  private void unsubscribe(String asked, LeaveStatus status) {
    SessionChannel leaving = channel;
    if (state == State.OPEN && leaving != null) {
      state = State.LEAVING;
      told = true;
      leaving.inTurn(
          () -> {
            session.ok("UNSUBSCRIBE", MultiplexSession.unsubscribed(asked, status));
            leaving.onPeerLeft(status);
          });
    } else if (state == State.TOLD) {
      over(); // both sides have ended it, and neither had heard of the other
      session.ok("UNSUBSCRIBE", MultiplexSession.unsubscribed(asked, status));
    } else {
      over();
      session.err(
          Refusal.NOT_SUBSCRIBED, "UNSUBSCRIBE", MultiplexSession.unsubscribed(asked, status));
    }
  }

  void onData(Payload payload) {
    if (waiting.isEmpty()) {
      session.onReceived(take(payload));
    } else {
      session.onReceived(0);
      later(payload.size(), true, () -> session.onWaiting(take(payload)));
    }
  }

  /** Hands a message to the channel; says how many bytes of it have to wait. */
  private int take(Payload payload) {
    SessionChannel taking = channel;
    if (taking != null && (state == State.JOINING || state == State.OPEN)) {
      if (payload.size() <= taking.maxMessageBytes()) {
        return taking.onMessage(payload);
      }
      session.loop().counters().count(Counters.Limit.MAX_MESSAGE_BYTES);
      taking.end(
          CloseStatus.MESSAGE_TOO_LARGE.withReason(
              "message over " + taking.maxMessageBytes() + " bytes"));
    } else if (state == State.IDLE || (state == State.LEAVING && ending == null)) {
      session.onInvalid("Not Subscribed");
    }
    session.onHandled(); // one that the client had sent before it heard of the end is passed over
    return 0;
  }

  void onRequest(long id, Payload payload) {
    SessionChannel asked = channel;
    if (state == State.LEAVING || !waiting.isEmpty()) {
      session.onReceived(0);
      later(payload.size(), true, () -> session.onWaiting(ask(id, payload)));
    } else if (asked == null || hasLeft()) {
      session.err(Refusal.NOT_SUBSCRIBED, "REQUEST", address, Long.toString(id));
    } else {
      session.onReceived(ask(id, payload));
    }
  }

  private int ask(long id, Payload payload) {
    SessionChannel asked = channel;
    if (asked == null || !isWanted()) {
      session.onHandled();
      session.err(Refusal.NOT_SUBSCRIBED, "REQUEST", address, Long.toString(id));
      return 0;
    }
    if (payload.size() > asked.maxMessageBytes()) {
      session.onHandled();
      refuse(id, CloseException.http(413, "over " + asked.maxMessageBytes() + " bytes"));
      return 0;
    }
    return asked.onMessage(payload, id);
  }

  void onAnswer(long id, Payload payload) {
    if (questions != null) {
      questions.answer(id, payload);
    }
  }

  void onAnswerFailed(long id, String reason) {
    if (questions != null) {
      questions.fail(id, Refusal.parse(reason));
    }
  }

  void onEndHeard() {
    if (state == State.TOLD) {
      over();
      goOn();
    } else if (state == State.LEAVING && told) {
      ending = null;
    }
  }

  private void later(int bytes, boolean message, Runnable task) {
    later(bytes, message, null, task);
  }

  private void later(int bytes, boolean message, @Nullable Redeemed redeemed, Runnable task) {
    int cost = Session.MESSAGE_OVERHEAD_BYTES + bytes;
    waiting.add(new Waiting(cost, message, redeemed, task));
    session.onWaiting(cost);
  }

  /** Takes what waits, as far as the channel lets it. */
  private void goOn() {
    while (state != State.JOINING && state != State.LEAVING) {
      Waiting next = waiting.poll();
      if (next == null) {
        removeIfIdle();
        return;
      }
      if (session.takesActions()) {
        next.task().run();
      } else if (next.message()) {
        session.onHandled();
      } else {
        session.access().unused(next.redeemed());
      }
      session.onTaken(next.bytes());
    }
  }

  private void over() {
    state = State.IDLE;
    removeIfIdle();
  }

  private void removeIfIdle() {
    if (state == State.IDLE && waiting.isEmpty()) {
      session.remove(key);
    }
  }

  // ---- what the channel rides on

  @Override
  public Session session() {
    return session;
  }

  @Override
  public String channelId() {
    return session.idOf(number);
  }

  @Override
  public Handshake handshake() {
    Handshake copy = session.handshake().forTopic(topic.uri(), subprotocols);
    return token == null ? copy : copy.with(copy.identity().withToken(token));
  }

  @Override
  public Locals connectionLocals() {
    return session.locals();
  }

  @Override
  public boolean isUp() {
    return session.isUp() && state != State.IDLE && state != State.TOLD;
  }

  @Override
  public Queued send(Payload payload) {
    if (state == State.JOINING) {
      return keep(payload);
    }
    return write(prefix, payload);
  }

  private Queued write(byte[] to, Payload payload) {
    return session.write(payload, Objects.requireNonNull(channel), to);
  }

  @Override
  public boolean stream(OutStream message) {
    return state == State.JOINING
        ? keep(Session.MESSAGE_OVERHEAD_BYTES, () -> streamNow(message))
        : session.write(message);
  }

  private void streamNow(OutStream message) {
    if (state != State.OPEN || !session.write(message)) {
      message.fail(SessionChannel.closed());
    }
  }

  @Override
  public byte[] prefix() {
    return prefix;
  }

  @Override
  public Queued deliver(SharedFrames publication) {
    if (state == State.JOINING) {
      return keep(publication.payload());
    }
    boolean shared = address.equals(topic.uri());
    SessionChannel member = Objects.requireNonNull(channel);
    Payload payload = publication.payload();
    ByteBuf frame =
        shared
            ? publication.multiplexed(session.compresses(member, payload))
            : session.frame(member, prefix, payload);
    return session.write(frame, member, publication.key());
  }

  private Queued keep(Payload payload) {
    SessionChannel sender = Objects.requireNonNull(channel);
    return keep(Session.cost(payload), () -> sendNow(sender, payload))
        ? Queued.YES
        : sender.onOverflow();
  }

  private void sendNow(SessionChannel sender, Payload payload) {
    if (state == State.OPEN) {
      sender.sendNow(payload);
    }
  }

  private boolean keep(int cost, Runnable send) {
    List<Runnable> kept = early;
    if (kept == null) {
      kept = new ArrayList<>();
      early = kept;
    }
    if (!kept.isEmpty() && earlyBytes + cost > session.loop().limits().maxOutboundBytes()) {
      return false;
    }
    earlyBytes += cost;
    return kept.add(send);
  }

  @Override
  public void answer(long request, Payload payload) {
    write(MultiplexWriter.prefix(address + "^" + request), payload);
  }

  @Override
  public void refuse(long request, CloseException why) {
    session.err(Refusal.of(why), "REQUEST", address, Long.toString(request));
  }

  @Override
  public Future<Payload> request(Payload payload, long timeoutMillis) {
    if (session.dialect() != Dialect.CARILLON_V1) {
      return Future.failedFuture(CloseException.http(501, "the client does not speak carillon.v1"));
    }
    if (state != State.OPEN) {
      return Future.failedFuture(CloseException.http(503, "the client has not joined yet"));
    }
    Questions asked = questions == null ? new Questions(session.loop()) : questions;
    questions = asked;
    if (asked.isFull()) {
      return Future.failedFuture(CloseException.http(429, "too many open questions"));
    }
    long id = session.newRequest();
    Queued queued = write(MultiplexWriter.prefix(address + "^" + id), payload);
    return queued == Queued.YES
        ? asked.add(id, timeoutMillis)
        : Future.failedFuture(CloseException.http(503, "slow consumer"));
  }

  @Override
  public void onRefused(CloseException why) {
    told = true;
    state = State.LEAVING;
    tell(why.status());
    if (hasLeft()) {
      afterLeave();
    }
  }

  @Override
  public void onEnding(CloseStatus status) {
    if (state == State.OPEN) {
      state = State.LEAVING;
      ending = status;
      endingNanos = System.nanoTime();
    }
  }

  @Override
  public void onLeft(@Nullable CloseStatus status) {
    if (ending != null && !told) {
      tell(status == null ? ending : status);
    }
    afterLeave();
    session.onChannelLeft();
  }

  private void tell(CloseStatus status) {
    told = true;
    ending = status;
    session.control(MultiplexWriter.end(session.dialect(), address, status.sendable()));
  }

  @Override
  public void end(CloseStatus status) {
    SessionChannel ended = channel;
    if (ended != null) {
      ended.end(status);
    }
  }

  private void afterLeave() {
    session.loop().credentials().remove(this);
    if (questions != null) {
      questions.failAll(new CloseException(CloseStatus.GOING_AWAY.withReason("closed")));
    }
    boolean heardOf = ending != null && session.dialect() == Dialect.CARILLON_V1;
    if (heardOf && session.takesActions()) {
      state = State.TOLD;
    } else {
      over();
    }
    goOn();
  }

  /** Tells the client of an end whose handlers take too long. */
  void sweep(long nowNanos) {
    CloseStatus late = ending;
    if (late != null && !told && nowNanos - endingNanos > Session.PATIENCE_NANOS) {
      tell(late);
    }
  }
}
