package io.carillon.testing;

import io.carillon.auth.Handshake;
import io.carillon.auth.TokenData;
import io.carillon.broker.Topic;
import io.carillon.channel.Channel;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.channel.Locals;
import io.carillon.channel.MessageStream;
import io.carillon.channel.Params;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.Match;
import io.carillon.route.UriPattern;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A channel without a client and without a server, which records what a handler does with it.
 *
 * <pre>{@code
 * FakeChannel<Said> channel = FakeChannel.of("/rooms/:room", "/rooms/tea");
 * new Room().message(channel, new Say("hi"));
 * assertEquals(List.of(new Said("hi")), channel.broadcasts());
 * }</pre>
 *
 * <p>Everything sent is taken, until the handler closes the channel or the test ends it.
 *
 * @param <O> the type of the messages sent
 */
public final class FakeChannel<O> implements Channel<O> {
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** A broadcast to another topic than the channel's own. */
  public record Elsewhere(String topic, Object message) {}

  private final String id = "fake-" + NUMBERS.incrementAndGet();
  private final Topic topic;
  private final Params params;
  private final Locals locals = new Locals();
  private final List<Object> sent = new ArrayList<>();
  private final List<O> broadcasts = new ArrayList<>();
  private final List<O> asked = new ArrayList<>();
  private final Queue<Object> answers = new ArrayDeque<>();
  private final List<Elsewhere> elsewhere = new ArrayList<>();
  private Handshake handshake;
  private @Nullable Record parameters;
  private @Nullable String subprotocol;
  private @Nullable CloseStatus closed;
  private Object message = new Object();

  private FakeChannel(Topic topic, Params params) {
    this.topic = topic;
    this.params = params;
    this.handshake = Handshake.of("GET", topic.uri(), false, "127.0.0.1", List.of());
  }

  /**
   * A channel of a client that joined {@code uri}.
   *
   * @throws IllegalArgumentException if the pattern does not match it
   */
  public static <O> FakeChannel<O> of(String pattern, String uri) {
    Topic topic = Topic.of(uri);
    if (UriPattern.parse(pattern).match(topic) instanceof Match.Found found) {
      return new FakeChannel<>(topic, found.params());
    }
    throw new IllegalArgumentException("no match: pattern=" + pattern + ", uri=" + uri);
  }

  /** Gives it headers. */
  public FakeChannel<O> headers(Map<String, String> headers) {
    handshake = Handshake.of("GET", topic.uri(), false, "127.0.0.1", headers.entrySet());
    return this;
  }

  /** Has its client come by a one-time URI with this data. */
  public FakeChannel<O> token(Object data) {
    handshake = handshake.with(handshake.identity().withToken(TokenData.of(data)));
    return this;
  }

  /** Gives it the record that {@link #params(Class)} returns. */
  public FakeChannel<O> params(Record values) {
    parameters = values;
    return this;
  }

  /** Gives it a subprotocol. */
  public FakeChannel<O> subprotocol(String name) {
    subprotocol = name;
    return this;
  }

  /** Says that another message is handled from now on, which empties that cache. */
  public void nextMessage() {
    message = new Object();
  }

  /** What was sent to this client, in order. */
  public List<Object> sent() {
    return List.copyOf(sent);
  }

  /** What was broadcast to the own topic, in order. */
  public List<O> broadcasts() {
    return List.copyOf(broadcasts);
  }

  /** What was broadcast to other topics, in order. */
  public List<Elsewhere> elsewhere() {
    return List.copyOf(elsewhere);
  }

  /** What the handler closed it with first; nothing if it is open. */
  public Optional<CloseStatus> closed() {
    return Optional.ofNullable(closed);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String connectionId() {
    return id;
  }

  @Override
  public Topic topic() {
    return topic;
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

  @Override
  public <P extends Record> P params(Class<P> type) {
    if (!type.isInstance(parameters)) {
      throw new IllegalArgumentException(
          "not the parameters of this route: type=" + type.getName());
    }
    return type.cast(parameters);
  }

  @Override
  public Optional<String> subprotocol() {
    return Optional.ofNullable(subprotocol);
  }

  @Override
  public Handshake handshake() {
    return handshake;
  }

  @Override
  public <T> Optional<T> local(ChannelLocal<T> name) {
    return name.in(locals);
  }

  @Override
  public <T> boolean createLocal(ChannelLocal<T> name, T value) {
    return locals.create(name, value);
  }

  @Override
  public <T> T cached(Class<T> type, Supplier<T> maker) {
    return locals.cached(type, maker);
  }

  @Override
  public <T> T cachedForMessage(Class<T> type, Supplier<T> maker) {
    return locals.cachedForMessage(message, type, maker);
  }

  @Override
  public boolean isOpen() {
    return closed == null;
  }

  @Override
  public Future<Void> send(O sending) {
    return sendRaw(sending);
  }

  @Override
  public Future<Void> sendRaw(Object sending) {
    if (!isOpen()) {
      return Future.failedFuture(new CloseException(CloseStatus.GOING_AWAY.withReason("closed")));
    }
    sent.add(sending);
    return Future.succeededFuture();
  }

  /** Recorded as a text when it ends. */
  @Override
  public MessageStream streamText() {
    return new FakeMessage(whole -> sent.add(whole.toString()));
  }

  /** Recorded as a buffer when it ends. */
  @Override
  public MessageStream streamBinary() {
    return new FakeMessage(sent::add);
  }

  /** What the client will answer to the next question that it has no answer to yet. */
  public FakeChannel<O> willAnswer(Object answer) {
    answers.add(answer);
    return this;
  }

  /** What the client was asked, in order. */
  public List<O> asked() {
    return List.copyOf(asked);
  }

  /** Answers as {@link #willAnswer} says, and fails with 504 where nothing was said. */
  @Override
  public <A> Future<A> request(O question, Class<A> answer, Duration timeout) {
    asked.add(question);
    Object prepared = answers.poll();
    return prepared == null
        ? Future.failedFuture(CloseException.http(504, "no answer"))
        : Future.succeededFuture(answer.cast(prepared));
  }

  @Override
  public Future<Void> broadcast(O sending) {
    broadcasts.add(sending);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> broadcast(O sending, String key) {
    return broadcast(sending);
  }

  @Override
  public Future<Void> broadcastTo(String to, Object sending) {
    elsewhere.add(new Elsewhere(to, sending));
    return Future.succeededFuture();
  }

  @Override
  public void close() {
    close(CloseStatus.OK);
  }

  @Override
  public void close(CloseStatus status) {
    if (closed == null) {
      closed = status;
    }
  }
}
