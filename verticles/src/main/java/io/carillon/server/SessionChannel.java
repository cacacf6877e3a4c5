package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.channel.ChannelEvent.Kind;
import io.carillon.channel.ChunkQueue;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.channel.Frame;
import io.carillon.channel.Locals;
import io.carillon.channel.MessageStream;
import io.carillon.channel.Peer;
import io.carillon.codec.Encoding;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.carillon.route.Overflow;
import io.carillon.route.RouteSettings;
import io.carillon.route.Subprotocol;
import io.carillon.route.Unexpected;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on one topic, from the first question whether it may join to the end of its leave.
 *
 * <p>At most one event is with a handler at a time; that is both the order of messages and the
 * back-pressure. Messages that arrive meanwhile wait in {@link #waiting}, whose bytes the session
 * bounds. Each event goes to the routes that take its kind, in their rank, until one does not
 * forward it.
 *
 * <p>The channel ends once: either the client is gone ({@link #onPeerLeft}), and what it said
 * before is still handled, or the server ends it ({@link #end}), and what waits is dropped. In both
 * cases it is unsubscribed first, leave runs when the event under way is done, and then the session
 * hears what the client is to be told.
 *
 * <p>Owned by the event loop of its connection; {@link Peer} may be used from any thread.
 */
final class SessionChannel implements Peer {
  private static final Logger LOG = LoggerFactory.getLogger(SessionChannel.class);

  private enum State {
    /** The join event is with a handler, or the broker is being told. */
    JOINING,
    /** Messages are taken. */
    JOINED,
    /** No more input is taken; what waits is handled, then {@link #LEAVING}. */
    DRAINING,
    /** The leave event is with a handler or about to be. */
    LEAVING,
    /** Over. */
    LEFT
  }

  /**
   * What the client has sent, until a handler may have it; with the number of a question. What is
   * no whole message has no payload but an event.
   */
  private record Waiting(@Nullable Payload payload, long request, @Nullable Event event) {
    int cost() {
      return payload == null
          ? Session.MESSAGE_OVERHEAD_BYTES + Frames.MAX_CONTROL_BYTES
          : Session.cost(payload);
    }
  }

  /** The number of what is no question. */
  private static final long NO_REQUEST = 0;

  /** What a client that reads too slowly is closed with. */
  static final CloseStatus SLOW = CloseStatus.AGAIN.withReason("slow consumer");

  /** How many turns of the event loop a leave waits at most for quick handlers. */
  private static final int MOST_TURNS = 100;

  private final Carrier carrier;
  private Topic topic;
  private final Candidates candidates;
  private @Nullable Encoding encoding;
  private State state = State.JOINING;
  private volatile boolean open = true;
  private @Nullable Promise<Void> joined;
  private @Nullable Event current;
  private @Nullable Queue<Waiting> waiting;
  private FanOut.@Nullable Members members;
  private int place = -1;
  private LeaveStatus leaveStatus = LeaveStatus.NO_STATUS;
  private @Nullable CloseStatus closeStatus;
  private @Nullable CloseException failure;
  private boolean accepted;
  private volatile @Nullable Locals locals;

  SessionChannel(Carrier carrier, Topic topic, List<Bound> candidates) {
    this.carrier = carrier;
    this.topic = topic;
    this.candidates = new Candidates(candidates);
    chooseEncoding();
  }

  private void chooseEncoding() {
    String name =
        subprotocol()
            .map(Subprotocol::encoding)
            .filter(own -> !own.isEmpty())
            .orElse(settings().encoding());
    encoding = Encodings.ofWireName(name).orElse(null);
  }

  // ---- what handlers see

  @Override
  public String id() {
    return carrier.channelId();
  }

  @Override
  public String connectionId() {
    return carrier.session().id();
  }

  @Override
  public Topic topic() {
    return topic;
  }

  @Override
  public Handshake handshake() {
    return carrier.handshake();
  }

  @Override
  public Locals locals() {
    Locals known = locals;
    return known != null ? known : newLocals();
  }

  @Override
  public Locals connectionLocals() {
    return carrier.connectionLocals();
  }

  /** Few channels have any. */
  private synchronized Locals newLocals() {
    Locals known = locals;
    if (known == null) {
      known = new Locals();
      locals = known;
    }
    return known;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public Future<Void> send(Payload payload) {
    return loop().call(() -> sendNow(payload));
  }

  Future<Void> sendNow(Payload payload) {
    if (!open || !carrier.isUp()) {
      return Future.failedFuture(closed());
    }
    return switch (carrier.send(payload)) {
      case YES -> Future.succeededFuture();
      case DROPPED -> Future.failedFuture(new DroppedException());
      case NO -> {
        onSlow();
        yield Future.failedFuture(slow());
      }
    };
  }

  @Override
  public Future<Payload> request(Payload payload, long timeoutMillis) {
    return loop().call(() -> requestNow(payload, timeoutMillis));
  }

  private Future<Payload> requestNow(Payload payload, long timeoutMillis) {
    return open && carrier.isUp()
        ? carrier.request(payload, timeoutMillis)
        : Future.failedFuture(closed());
  }

  static CloseException closed() {
    return new CloseException(CloseStatus.GOING_AWAY.withReason("closed"));
  }

  @Override
  public MessageStream stream(boolean text) {
    OutStream message = new OutStream(this, loop().callersContext(), text);
    loop().run(() -> open(message));
    return message;
  }

  private void open(OutStream message) {
    if (!open || !carrier.isUp()) {
      message.fail(closed());
    } else if (!carrier.stream(message)) {
      message.fail(slow());
      onSlow();
    }
  }

  /** The client takes or sends more of a message that goes bit by bit. */
  void onProgress() {
    if (current != null) {
      current.onProgress();
    }
  }

  /** How long a handler may leave the client and those behind it waiting. */
  Duration handlerTimeout() {
    return loop().dispatcher().timeout(settings());
  }

  @Override
  public Future<Void> control(Frame frame) {
    return loop().call(() -> controlNow(frame));
  }

  private Future<Void> controlNow(Frame frame) {
    if (!open || !carrier.isUp()) {
      return Future.failedFuture(closed());
    }
    boolean alone = carrier.hasControlFrames();
    if (frame instanceof Frame.Close close) {
      CloseStatus status = sendable(close.status());
      if (!alone) {
        end(status);
      } else if (carrier.control(new Frame.Close(status)) == Queued.NO) {
        return Future.failedFuture(closed());
      }
      return Future.succeededFuture();
    }
    if (!alone) {
      return Future.failedFuture(
          CloseException.http(501, "pings and pongs are of the connection, not of a topic"));
    }
    return switch (carrier.control(frame)) {
      case YES -> Future.succeededFuture();
      case DROPPED -> Future.failedFuture(new DroppedException());
      case NO -> Future.failedFuture(closed());
    };
  }

  @Override
  public void close(CloseStatus status) {
    loop().run(() -> end(sendable(status)));
  }

  /** Some codes never go on the wire; whoever asked for one has to know. */
  private CloseStatus sendable(CloseStatus status) {
    CloseStatus sendable = status.sendable();
    if (!sendable.equals(status)) {
      LOG.error(
          "close code is never sent: code={}, sent={}, channel={}",
          status.code(),
          sendable.code(),
          id());
    }
    return sendable;
  }

  /** Handlers on other nodes hear with their next event who the client is now. */
  void onIdentified() {
    candidates.forEach(Bound::onIdentified);
  }

  Session session() {
    return carrier.session();
  }

  Carrier carrier() {
    return carrier;
  }

  Loop loop() {
    return carrier.session().loop();
  }

  // ---- join

  /** Asks the handlers; completes when the client is a member, fails with why it may not be. */
  Future<Void> join() {
    return join(Future.succeededFuture());
  }

  /** As above, once it is known that the client may ask. */
  Future<Void> join(Future<Void> permitted) {
    Promise<Void> promise = Promise.promise();
    joined = promise;
    permitted.onComplete(
        may -> ifStillJoining(this::ask), e -> ifStillJoining(() -> refuse(Upgrader.reason(e))));
    return promise.future();
  }

  /** The client may have gone meanwhile. */
  private void ifStillJoining(Runnable step) {
    if (state == State.JOINING) {
      step.run();
    }
  }

  private void ask() {
    Bound first = candidates.nextToJoin(null);
    if (first != null) {
      dispatch(first, Kind.JOIN);
    } else if (!candidates.hasInstances()) {
      refuse(CloseException.http(503, "no handler"));
    } else {
      accept();
    }
  }

  private void accept() {
    accepted = true;
    Bound leaves = candidates.next(Kind.LEAVE, null);
    if (leaves != null) {
      loop().dispatcher().bind(this, leaves);
    }
    if (state != State.JOINING) {
      return; // the client has gone meanwhile; leave undoes what join did
    }
    loop().fanOut().join(this).onComplete(done -> onMember(), e -> onNoBroker());
  }

  private void onMember() {
    Promise<Void> promise = joined;
    if (state == State.JOINING && promise != null) {
      state = State.JOINED;
      joined = null;
      loop().handOver(); // who hears of this client later does not hear what its join published
      promise.complete();
      CloseStatus postponed = closeStatus;
      if (postponed != null) {
        closeStatus = null;
        end(postponed);
      }
      next();
    }
  }

  private void onNoBroker() {
    if (state == State.JOINING) {
      notJoined(CloseException.http(503, "no broker"));
      leaveStatus = LeaveStatus.of(CloseStatus.AGAIN);
      leave();
    }
  }

  private void refuse(CloseException why) {
    audit(why);
    open = false;
    failure = why;
    boolean leaves = hasToken();
    state = leaves ? State.LEAVING : State.LEFT;
    if (!leaves) {
      release(null);
    }
    notJoined(why);
    if (leaves) {
      leave();
    }
  }

  private void notJoined(CloseException why) {
    Promise<Void> promise = joined;
    joined = null;
    failure = why;
    if (promise != null) {
      promise.fail(why);
    }
  }

  /** Whether the client came by a one-time URI, whose leave runs in any case. */
  private boolean hasToken() {
    return handshake().identity().token().isPresent();
  }

  /** Runs leave for a client that had a one-time URI and never came. */
  void neverJoined() {
    leave();
  }

  private void audit(CloseException why) {
    loop()
        .audit()
        .refused(why, topic.path(), routeName(), carrier.session().handshake().remoteAddress());
  }

  // ---- messages

  /** Takes a message of the client; says how many bytes of it have to wait. */
  int onMessage(Payload payload) {
    return onMessage(payload, NO_REQUEST);
  }

  /** Takes a message, or a question with that number, as {@link #onMessage(Payload)}. */
  int onMessage(Payload payload, long request) {
    if (state != State.JOINING && state != State.JOINED) {
      session().onHandled();
      return 0;
    }
    if (loop().reachable().isRead()) {
      loop().reachable().onSaid(this, payload);
    }
    if (state == State.JOINED && current == null && noneWait()) {
      handle(payload, request);
      return 0;
    }
    return later(new Waiting(payload, request, null));
  }

  /** Takes a message that comes in chunks; says how many bytes have to wait, without those. */
  int onStream(ChunkQueue message) {
    Bound first = candidates.next(Kind.MESSAGE, null);
    if (first != null && first.route().settings().maxStreamBytes() > 0) {
      return onEvent(new StreamEvent(this, first, message));
    }
    message.discard();
    session().onHandled();
    end(CloseStatus.POLICY_VIOLATION.withReason("nobody takes this"));
    return 0;
  }

  /** Takes a ping or a pong; says how many bytes of it have to wait. */
  int onControl(Frame frame) {
    Bound first = candidates.next(Kind.MESSAGE, null);
    Instance instance = first == null ? null : first.instance();
    if (first != null && instance != null && instance.takesObjects()) {
      return onEvent(new ControlEvent(this, first, frame));
    }
    session().onHandled();
    return 0;
  }

  private int onEvent(Event event) {
    if (state != State.JOINING && state != State.JOINED) {
      event.over();
      session().onHandled();
      return 0;
    }
    if (state == State.JOINED && current == null && noneWait()) {
      dispatch(event);
      return 0;
    }
    return later(new Waiting(null, NO_REQUEST, event));
  }

  private int later(Waiting message) {
    Queue<Waiting> queue = waiting;
    if (queue == null) {
      queue = new ArrayDeque<>();
      waiting = queue;
    }
    queue.add(message);
    return message.cost();
  }

  /** Whether messages may come in chunks. */
  boolean mayStream() {
    return candidates.mayStream();
  }

  private void handle(Payload payload, long request) {
    Kind kind = request == NO_REQUEST ? Kind.MESSAGE : Kind.REQUEST;
    Bound first = candidates.next(kind, null);
    if (first != null) {
      dispatch(first, kind, payload, request);
      return;
    }
    session().onHandled();
    if (kind == Kind.REQUEST) {
      carrier.refuse(request, CloseException.http(404, "no requests are taken here"));
    } else if (settings().unexpected() == Unexpected.CLOSE) {
      end(CloseStatus.UNKNOWN_MESSAGE_TYPE.withReason("no messages are taken here"));
    }
  }

  /** Largest message that this channel takes, in bytes. */
  int maxMessageBytes() {
    int own = settings().maxMessageBytes();
    int max = loop().limits().maxMessageBytes();
    return own > 0 ? Math.min(own, max) : max;
  }

  /** The size from which messages to clients that take it are compressed, in bytes. */
  int compressFromBytes() {
    return loop().compression(settings()).fromBytes();
  }

  /** What its route and the client have agreed on, as the client spelled it; null for nothing. */
  @Nullable String subprotocolAsOffered() {
    return subprotocol()
        .flatMap(
            agreed ->
                handshake().subprotocols().stream()
                    .filter(agreed.name()::equalsIgnoreCase)
                    .findFirst())
        .orElse(null);
  }

  /** What its route and the client have agreed on. */
  Optional<Subprotocol> subprotocol() {
    return settings().subprotocol(handshake());
  }

  /** What the first route asks of the server. */
  RouteSettings settings() {
    return candidates.first().route().settings();
  }

  /** The route that messages go to first, for logs. */
  String routeName() {
    RouteEntry route = candidates.first().route();
    return route.pattern() + " (" + route.owner() + ")";
  }

  /** Goes on with what waits, if nothing is under way. */
  private void next() {
    while (current == null && (state == State.JOINED || state == State.DRAINING)) {
      Queue<Waiting> queue = waiting;
      Waiting next = queue == null ? null : queue.poll();
      if (next == null) {
        waiting = null;
        if (state == State.DRAINING) {
          leave();
        }
        return;
      }
      Payload payload = next.payload();
      if (payload != null) {
        handle(payload, next.request());
      } else {
        Event event = Objects.requireNonNull(next.event());
        event.onProgress(); // it was made when it came
        dispatch(event);
      }
      session().onTaken(next.cost()); // may bring new messages, which come behind this one
    }
  }

  // ---- events and their answers

  private void dispatch(Bound bound, Kind kind) {
    dispatch(bound, kind, null, NO_REQUEST);
  }

  private void dispatch(Bound bound, Kind kind, @Nullable Payload payload, long request) {
    dispatch(
        kind == Kind.LEAVE
            ? leaveEvent(bound, leaveStatus)
            : new Event(this, bound, kind, payload, null, request));
  }

  private Event leaveEvent(Bound bound, @Nullable LeaveStatus status) {
    CloseException why = failure;
    return why == null
        ? new Event(this, bound, Kind.LEAVE, null, status, NO_REQUEST)
        : new FailedJoin(this, bound, status, why);
  }

  private void dispatch(Event event) {
    current = event;
    loop().dispatcher().send(event);
  }

  private void answered(Event event) {
    current = null;
    event.over();
    loop().flusher().onAnswered();
  }

  void onHandled(Event event) {
    if (current != event) {
      if (event.kind() == Kind.JOIN && state == State.LEFT && !accepted) {
        leaveBehind(event); // it took too long and was refused, but what it did must be undone
      }
      return;
    }
    answered(event);
    switch (event.kind()) {
      case JOIN -> {
        if (event.bound().route().takes(Kind.JOIN)) {
          admit();
        } else {
          onLookedAt(event.bound());
        }
      }
      case MESSAGE -> goOn();
      case REQUEST -> refuseRequest(event, CloseException.http(500, "no answer"));
      case LEAVE -> left();
    }
  }

  /** A question of the client was answered. */
  void onAnswered(Event event, Payload answer) {
    if (current == event) {
      answered(event);
      if (open) {
        carrier.answer(event.request(), answer);
      }
      goOn();
    }
  }

  private void refuseRequest(Event event, CloseException why) {
    if (open) {
      carrier.refuse(event.request(), why);
    }
    goOn();
  }

  private void goOn() {
    session().onHandled();
    next();
    leaveIfDue();
  }

  private void admit() {
    accept();
    next();
    leaveIfDue();
  }

  /** A route has looked at the client, and runs no join of its own: the next one is asked. */
  private void onLookedAt(Bound bound) {
    boolean joining = state == State.JOINING;
    Bound next = joining ? candidates.nextToJoin(bound) : null;
    if (next != null) {
      dispatch(next, Kind.JOIN);
    } else if (joining && candidates.takeWithoutJoin()) {
      admit();
    } else {
      onJoinFailed(candidates.declined());
    }
  }

  void onDeclined(Event event, CloseException why) {
    if (current != event) {
      return;
    }
    answered(event);
    event.bound().decline(why);
    chooseEncoding();
    onLookedAt(event.bound());
  }

  void onFailed(Event event, CloseException failure) {
    if (current != event) {
      return;
    }
    answered(event);
    switch (event.kind()) {
      case JOIN -> onJoinFailed(failure);
      case MESSAGE -> {
        audit(failure);
        session().onHandled();
        if (state == State.DRAINING) {
          next(); // the client is gone: nobody is left to be told
        } else {
          end(sendable(failure.status()));
          leaveIfDue();
        }
      }
      case REQUEST -> {
        audit(failure);
        refuseRequest(event, failure);
      }
      case LEAVE -> {
        if (closeStatus != null) {
          closeStatus = sendable(failure.status());
        }
        left();
      }
    }
  }

  private void onJoinFailed(CloseException failure) {
    if (state == State.JOINING) {
      refuse(failure);
    } else {
      leave();
    }
  }

  void onForwarded(Event event) {
    if (current != event) {
      return;
    }
    if (event.control() != null) {
      onHandled(event);
      return;
    }
    boolean goesOn = event.kind() != Kind.JOIN && event.stream() == null;
    Bound next = goesOn ? candidates.next(event.kind(), event.bound()) : null;
    if (next != null) {
      answered(event);
      dispatch(next, event.kind(), event.payload(), event.request());
      return;
    }
    switch (event.kind()) {
      case JOIN -> {
        answered(event);
        onLookedAt(event.bound());
      }
      case MESSAGE ->
          onFailed(
              event,
              new CloseException(CloseStatus.POLICY_VIOLATION.withReason("nobody takes this")));
      case REQUEST -> onFailed(event, CloseException.http(404, "nobody takes this"));
      case LEAVE -> onHandled(event);
    }
  }

  /** Ends an event that has been with its handler for too long. */
  void sweep(long nowNanos) {
    Event event = current;
    if (event == null || event.ageNanos(nowNanos) < loop().dispatcher().timeout(event).toNanos()) {
      return;
    }
    boolean handshake =
        event.kind() == Kind.JOIN
            && loop().dispatcher().timeout(event).equals(loop().limits().handshakeTimeout());
    loop()
        .counters()
        .count(handshake ? Counters.Limit.HANDSHAKE_TIMEOUT : Counters.Limit.HANDLER_TIMEOUT);
    LOG.warn(
        "{} handler timed out: route={}, milliseconds={}, channel={}",
        event.kind().wireName(),
        event.route(),
        loop().dispatcher().timeout(event).toMillis(),
        id());
    onFailed(event, CloseException.http(504, "handler timed out"));
  }

  // ---- end

  /** The client is gone, or has said that it goes. */
  void onPeerLeft(LeaveStatus status) {
    open = false;
    switch (state) {
      case JOINING, JOINED -> {
        leaveStatus = status;
        boolean joining = state == State.JOINING;
        state = State.DRAINING;
        closeStatus = null;
        loop().fanOut().leave(this);
        if (joining) {
          dropWaiting();
          notJoined(new CloseException(CloseStatus.GOING_AWAY));
        }
        next();
        leaveIfDue();
      }
      case DRAINING, LEAVING, LEFT -> {}
    }
  }

  /**
   * Runs {@code task} behind the messages ahead of it, as long as their handlers are done at once;
   * a handler that takes its time is not waited for.
   */
  void inTurn(Runnable task) {
    inTurn(task, session().handled() - 1, MOST_TURNS);
  }

  private void inTurn(Runnable task, int handledBefore, int turns) {
    int handled = session().handled();
    boolean idle = current == null && noneWait();
    if (idle || handled == handledBefore || turns == 0) {
      task.run();
    } else {
      loop().eventLoop().execute(() -> inTurn(task, handled, turns - 1));
    }
  }

  /** Handles what waits and takes nothing more, then ends with {@code status}. */
  void drain(CloseStatus status, LeaveStatus leave) {
    if (state == State.JOINED) {
      state = State.DRAINING;
      closeStatus = status;
      leaveStatus = leave;
      carrier.onEnding(status);
      next();
    } else {
      end(status, leave);
    }
  }

  /** Ends the channel from this side: no further message, then leave, then the client is told. */
  void end(CloseStatus status) {
    end(status, state == State.DRAINING ? leaveStatus : LeaveStatus.of(status));
  }

  private void end(CloseStatus status, LeaveStatus leave) {
    boolean peerLeft = state == State.DRAINING && closeStatus == null;
    if (peerLeft || state == State.LEAVING || state == State.LEFT) {
      return;
    }
    boolean joining = state == State.JOINING;
    if (joining && accepted) {
      // The handlers let the client in, so it is told behind the upgrade; the first word counts.
      closeStatus = closeStatus == null ? status : closeStatus;
      return;
    }
    state = State.LEAVING;
    open = false;
    closeStatus = status;
    leaveStatus = leave;
    if (current != null) {
      current.cut(new CloseException(status));
    }
    dropWaiting();
    loop().fanOut().leave(this);
    if (joining) {
      notJoined(new CloseException(status));
    }
    carrier.onEnding(status);
    leaveIfDue();
  }

  private void leaveIfDue() {
    if (current == null && (state == State.LEAVING || state == State.DRAINING) && noneWait()) {
      leave();
    }
  }

  private boolean noneWait() {
    Queue<Waiting> queue = waiting;
    return queue == null || queue.isEmpty();
  }

  private void leave() {
    open = false;
    loop().fanOut().leave(this);
    state = State.LEAVING;
    if (!accepted && hasToken()) {
      accepted = true;
      leaveStatus = LeaveStatus.NEVER_JOINED;
    }
    Bound first = accepted ? candidates.next(Kind.LEAVE, null) : null;
    if (first == null) {
      left();
    } else {
      dispatch(first, Kind.LEAVE);
    }
  }

  private void left() {
    state = State.LEFT;
    release(accepted ? candidates.next(Kind.LEAVE, null) : null);
    carrier.onLeft(closeStatus);
  }

  /** Instances that know the channel but did not get its leave may forget it. */
  private void release(@Nullable Bound told) {
    candidates.forEach(
        bound -> {
          Instance instance = bound.instance();
          if (bound != told && bound.isIntroduced() && instance != null && instance.everyLeave()) {
            loop().dispatcher().send(leaveEvent(bound, null));
          }
        });
  }

  private void leaveBehind(Event joined) {
    Bound first = candidates.next(Kind.LEAVE, null);
    if (first != null && joined.bound().isIntroduced()) {
      loop().dispatcher().send(leaveEvent(first, leaveStatus));
    }
  }

  private void dropWaiting() {
    Queue<Waiting> queue = waiting;
    waiting = null;
    if (queue != null) {
      queue.forEach(
          one -> {
            session().onHandled();
            session().onTaken(one.cost());
            if (one.event() != null) {
              one.event().over();
            }
          });
    }
  }

  boolean hasLeft() {
    return state == State.LEFT;
  }

  /** Whether one of its routes is bound to that instance. */
  boolean isServedBy(Instance instance) {
    return candidates.anyIsBoundTo(instance::equals);
  }

  /** Whether it depends on one of those instances, or on a route that has none any more. */
  boolean needs(Predicate<Instance> gone) {
    return candidates.areDeserted() || candidates.anyIsBoundTo(gone);
  }

  // ---- publications

  FanOut.@Nullable Members members() {
    return members;
  }

  int place() {
    return place;
  }

  /** Called by the fan-out, which keeps members without gaps. */
  void joined(FanOut.@Nullable Members in, int at) {
    members = in;
    if (in != null) {
      topic = in.topic(); // equal to the one before, and shared by all members
    }
    place = at;
  }

  /** How this client gets a value that was broadcast. */
  Payload inOwnEncoding(Payload payload) {
    return encoding == null ? payload : payload.in(encoding);
  }

  /** The encoding of its route; null where it takes what comes. */
  @Nullable Encoding encoding() {
    return encoding;
  }

  /** Whether the client has joined, and may still get something. */
  boolean isJoined() {
    return state == State.JOINED && open && carrier.isUp();
  }

  /** Takes the shared bytes of a publication. */
  void deliver(SharedFrames publication) {
    if (open && carrier.isUp() && carrier.deliver(publication) == Queued.NO) {
      onSlow();
    }
  }

  /** Says what becomes of a message for which there is no room, where older ones cannot go. */
  Queued onOverflow() {
    return settings().overflow() == Overflow.CLOSE ? Queued.NO : Queued.DROPPED;
  }

  private void onSlow() {
    LOG.debug(
        "slow consumer closed: topic={}, channel={}, max={} bytes",
        topic,
        id(),
        loop().limits().maxOutboundBytes());
    end(SLOW);
  }

  private static CloseException slow() {
    return new CloseException(SLOW);
  }
}
