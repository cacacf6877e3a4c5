package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.broker.Broker;
import io.carillon.broker.BrokerException;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.channel.Channel;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.channel.MessageStream;
import io.carillon.channel.Params;
import io.carillon.channel.Peer;
import io.carillon.codec.Codec;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The channel that handlers of one route are given; attached to the peer from event to event. */
final class RouteChannel<O> implements Channel<O> {
  private final Peer peer;
  private final Params params;
  private final Route<?, O> route;
  private final Broker broker;
  private final Typed<?, O> typed;
  private final @Nullable ParamRecord<?> reader;
  private @Nullable LoopSocket<?, O> socket;
  private @Nullable Object values;
  private Object event = this;
  private volatile boolean joining;
  private boolean known;
  private boolean passed;
  private boolean failed;

  RouteChannel(
      Peer peer, Params params, Route<?, O> route, @Nullable ParamRecord<?> reader, Broker broker) {
    this.peer = peer;
    this.params = params;
    this.route = route;
    this.typed = route.typed(peer.handshake());
    this.reader = reader;
    this.broker = broker;
  }

  /** Whether the instance counts this channel among those it knows; returns what was before. */
  boolean known(boolean now) {
    boolean before = known;
    known = now;
    return before;
  }

  /** Whether the guards of the route have let the client pass. */
  boolean hasPassed() {
    return passed;
  }

  void passed() {
    passed = true;
  }

  /** The client does not get in; says whether that was known. */
  boolean failed() {
    boolean before = failed;
    failed = true;
    return before;
  }

  /** Where the channel is served as a loop. */
  @Nullable LoopSocket<?, O> socket() {
    return socket;
  }

  void socket(LoopSocket<?, O> made) {
    socket = made;
  }

  Typed<?, O> typed() {
    return typed;
  }

  /** Until this is taken back, broadcasts to the own topic pass the joiner by. */
  void joining(boolean now) {
    joining = now;
  }

  @Override
  public String id() {
    return peer.id();
  }

  @Override
  public String connectionId() {
    return peer.connectionId();
  }

  @Override
  public Topic topic() {
    return peer.topic();
  }

  @Override
  public String path(String name) {
    return params.path(name);
  }

  @Override
  public String query(String name) {
    return params.query(name);
  }

  @Override
  public Params params() {
    return params;
  }

  /**
   * Reads the parameters that the route declares.
   *
   * @throws IllegalArgumentException if one is missing or not valid
   */
  void readParams() {
    if (reader != null && values == null) {
      values = reader.read(peer.topic(), params, peer.handshake());
    }
  }

  @Override
  public <P extends Record> P params(Class<P> type) {
    if (reader == null || reader.type() != type) {
      throw new IllegalArgumentException(
          "not the parameters of this route: type="
              + type.getName()
              + ", pattern="
              + route.pattern());
    }
    readParams();
    return type.cast(Objects.requireNonNull(values));
  }

  @Override
  public Optional<String> subprotocol() {
    return route.settings().subprotocol(peer.handshake()).map(Subprotocol::name);
  }

  @Override
  public Handshake handshake() {
    return peer.handshake();
  }

  @Override
  public <T> Optional<T> local(ChannelLocal<T> name) {
    return name.in(peer.locals());
  }

  @Override
  public <T> boolean createLocal(ChannelLocal<T> name, T value) {
    return peer.locals().create(name, value);
  }

  @Override
  public <T> T cached(Class<T> type, Supplier<T> maker) {
    Optional<T> inherited = inherited(type);
    return inherited.isPresent()
        ? peer.locals().cached(type, inherited::get)
        : peer.connectionLocals().cached(type, maker);
  }

  private <T> Optional<T> inherited(Class<T> type) {
    return peer.handshake().identity().token().flatMap(token -> token.cached(type));
  }

  @Override
  public <T> T cachedForMessage(Class<T> type, Supplier<T> maker) {
    return peer.locals().cachedForMessage(event, type, maker);
  }

  /** What is handled now: the payload, which is one for all routes, or the event itself. */
  void handling(ChannelEvent now) {
    event = Objects.requireNonNullElse(now.payload(), now);
  }

  @Override
  public boolean isOpen() {
    return peer.isOpen();
  }

  @Override
  public Future<Void> send(O message) {
    return peer.send(typed.out().encode(message));
  }

  @Override
  public Future<Void> sendRaw(Object message) {
    return peer.send(Codec.payloadOf(message, typed.values()));
  }

  /** Sends a control frame; see {@link Peer#control}. */
  Future<Void> control(Frame frame) {
    return peer.control(frame);
  }

  @Override
  public MessageStream streamText() {
    return peer.stream(true);
  }

  @Override
  public MessageStream streamBinary() {
    return peer.stream(false);
  }

  @Override
  public <A> Future<A> request(O message, Class<A> answer, Duration timeout) {
    if (timeout.toMillis() < 1) {
      throw new IllegalArgumentException("timeout must be at least 1 ms: timeout=" + timeout);
    }
    return peer.request(typed.out().encode(message), timeout.toMillis())
        .map(payload -> read(payload, answer));
  }

  private <A> A read(Payload payload, Class<A> type) {
    try {
      return typed.codec(type).decode(payload);
    } catch (DecodeException e) {
      throw CloseException.http(422, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Future<Void> broadcast(O message) {
    return publish(peer.topic(), typed.out().encode(message), null);
  }

  @Override
  public Future<Void> broadcast(O message, String key) {
    return publish(peer.topic(), typed.out().encode(message), key);
  }

  private Future<Void> publish(Topic topic, Payload payload, @Nullable String key) {
    String except = joining && topic.equals(peer.topic()) ? peer.id() : null;
    try {
      return broker.publish(new Publication(topic, payload, except, key));
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e));
    }
  }

  private static BrokerException invalid(IllegalArgumentException e) {
    return new BrokerException(BrokerException.Code.INVALID, String.valueOf(e.getMessage()));
  }

  @Override
  public Future<Void> broadcastTo(String topic, Object message) {
    Topic normal;
    try {
      normal = Topic.of(topic);
    } catch (IllegalArgumentException e) {
      return Future.failedFuture(invalid(e));
    }
    return publish(normal, Codec.payloadOf(message), null);
  }

  @Override
  public void close() {
    peer.close(CloseStatus.OK);
  }

  @Override
  public void close(CloseStatus status) {
    peer.close(status);
  }

  /** Ids only. */
  @Override
  public String toString() {
    return "Channel[" + peer.id() + "]";
  }
}
