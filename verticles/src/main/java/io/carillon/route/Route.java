package io.carillon.route;

import io.carillon.auth.Guard;
import io.carillon.auth.Handshake;
import io.carillon.auth.Origins;
import io.carillon.broker.Topic;
import io.carillon.channel.Channel;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.ChannelGuard;
import io.carillon.channel.ChannelLocal;
import io.carillon.channel.CloseException;
import io.carillon.channel.IncomingMessage;
import io.carillon.codec.Codec;
import io.carillon.codec.DecodeException;
import io.carillon.codec.Encoding;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One URI pattern with its handlers and settings, declared in {@link ChannelVerticle#routes}.
 *
 * <p>Handlers are lambdas in braces that return nothing, or lambdas that return a {@code Future};
 * one that returns anything else does not compile, or is refused where only that can be seen.
 *
 * @param <I> the type of the messages received
 * @param <O> the type of the messages sent
 */
public final class Route<I, O> {
  private final UriPattern pattern;
  private final @Nullable Class<I> inType;
  private final @Nullable Class<O> outType;
  private final List<MessageKind<?, O>> kinds = new ArrayList<>();
  private Typed<I, O> typed;
  private int rank;
  private RouteSettings settings = RouteSettings.DEFAULT;
  private boolean leaveOnNodeLoss;
  private @Nullable JoinHandler<O> join;
  private @Nullable MessageHandler<I, O> message;
  private @Nullable RequestHandler<I, O> request;
  private MessageHandler.@Nullable Async<IncomingMessage, O> stream;
  private @Nullable LeaveHandler<O> leave;
  private @Nullable MessageHandler<DecodeException, O> decodeError;
  private final Map<String, String> headers = new HashMap<>();
  private final Map<String, Typed<I, O>> subprotocols = new HashMap<>();
  private final List<ChannelLocal<?>> needed = new ArrayList<>();
  private final List<ChannelGuard> guards = new ArrayList<>();
  private final List<ChannelGuard> messageGuards = new ArrayList<>();
  private @Nullable Class<?> params;
  private @Nullable Class<?> neededToken;
  private @Nullable SocketHandler<I, O> socket;
  private @Nullable BiConsumer<Channel<O>, CloseException> failedUpgrade;

  Route(UriPattern pattern, Class<I> inType, Class<O> outType) {
    this.pattern = pattern;
    this.inType = inType;
    this.outType = outType;
    this.typed = new Typed<>(Codec.of(inType), Codec.of(outType), Encodings.JSON, false);
    this.rank = pattern.rank();
    if (!Codec.isRaw(outType)) {
      settings = settings.withEncoding(Encodings.JSON.wireName());
    }
  }

  Route(UriPattern pattern, Codec<I> in, Codec<O> out) {
    this.pattern = pattern;
    this.inType = null;
    this.outType = null;
    this.typed = new Typed<>(in, out, Encodings.JSON, false);
    this.rank = pattern.rank();
  }

  /**
   * How messages become values and back; JSON unless told otherwise. An encoding that is named here
   * holds for {@code String}, {@code byte[]} and {@code Buffer} too: with {@link Encodings#JSON} a
   * text travels in quotes. A {@code Payload} stays as it is.
   *
   * @throws IllegalStateException if the route was declared with codecs
   */
  public Route<I, O> encoding(Encoding values) {
    typed = typed(values);
    settings = settings.withEncoding(wireName(values));
    return this;
  }

  /**
   * Speaks a subprotocol. The first one that the client offers and the route speaks is answered,
   * and {@code Channel.subprotocol()} is its name; a client that offers none of them joins without.
   */
  public Route<I, O> subprotocol(String name) {
    settings = settings.withSubprotocol(new Subprotocol(name, ""));
    return this;
  }

  /**
   * Speaks a subprotocol whose messages have an encoding of their own, so that each client of a
   * topic chooses; one of the server's own for broadcasts to be written in it.
   */
  public Route<I, O> subprotocol(String name, Encoding values) {
    subprotocols.put(name, typed(values));
    settings = settings.withSubprotocol(new Subprotocol(name, wireName(values)));
    return this;
  }

  private Typed<I, O> typed(Encoding values) {
    Class<I> received = inType;
    Class<O> sent = outType;
    if (received == null || sent == null) {
      throw new IllegalStateException("the route has codecs of its own: pattern=" + pattern);
    }
    return new Typed<>(
        received == Payload.class ? typed.in() : values.codec(received),
        sent == Payload.class ? typed.out() : values.codec(sent),
        values,
        true);
  }

  private String wireName(Encoding values) {
    return outType == Payload.class ? "" : values.wireName();
  }

  /**
   * Reads the parameters of each client into a record, which handlers get with {@link
   * io.carillon.channel.Channel#params(Class)}. A component takes the path or query parameter of
   * its name: text, numbers, boolean, UUID, enums, or a type with a constructor or a static {@code
   * fromString}, {@code parse}, {@code of} or {@code valueOf} that takes one text. An {@code
   * Optional} may be missing, a {@code List} has all values of a name or the segments of {@code
   * :name**}, a nested record those of {@code name.part}, a {@code Map} what the pattern does not
   * name.
   *
   * <p>A client with a value that is missing or not valid, or that the record's constructor
   * refuses, is left to the next route in rank; without one it is refused with 400, and the text
   * names the parameter.
   */
  public Route<I, O> params(Class<? extends Record> type) {
    params = type;
    settings = settings.withGuard();
    return this;
  }

  /** Says that a component of the {@link #params} is the value of a header. */
  public Route<I, O> header(String component, String name) {
    headers.put(component, name);
    return this;
  }

  /**
   * Takes messages of channels only that have this value; others go on to the next route in rank.
   * The routes that share a value belong into one verticle.
   */
  public Route<I, O> needs(ChannelLocal<?> local) {
    needed.add(local);
    return this;
  }

  /**
   * Takes clients only that have come by a one-time URI with data of this class; see {@link
   * io.carillon.auth.WebSocketTokens}. Others are left to the next route in rank; without one they
   * are refused with 401.
   */
  public Route<I, O> needsToken(Class<?> data) {
    neededToken = data;
    settings = settings.withGuard();
    return this;
  }

  /**
   * Has a guard asked about each client, before its join and behind those declared before: with a
   * status it refuses the client, with a forward it leaves it to the next route in rank, and
   * without one the client is refused with 404. A client that another route lets in is asked about
   * before its first message gets here.
   */
  public Route<I, O> guard(Guard guard) {
    return guard(ChannelGuard.of(guard));
  }

  /** As above. */
  public Route<I, O> guard(ChannelGuard guard) {
    guards.add(guard);
    settings = settings.withGuard();
    return this;
  }

  /**
   * Has a guard asked about each message and question, before it is decoded: with a status it
   * closes the client, 4401 for 401, 4403 for 403, 4429 for 429 and so on, and fails the question;
   * with a forward it leaves the message to the next route in rank.
   */
  public Route<I, O> guardMessages(Guard guard) {
    return guardMessages(ChannelGuard.of(guard));
  }

  /** As above. */
  public Route<I, O> guardMessages(ChannelGuard guard) {
    messageGuards.add(guard);
    return this;
  }

  /** Guards of the verticle come before those of the route. */
  void guardFirst(List<Guard> all) {
    if (!all.isEmpty()) {
      guards.addAll(0, all.stream().map(ChannelGuard::of).toList());
      settings = settings.withGuard();
    }
  }

  /**
   * The topic of this route that has these parameters; see {@link UriPattern#topic}.
   *
   * @throws IllegalArgumentException if one is missing or unknown; the text names it
   */
  public Topic topic(Map<String, ?> parameters) {
    return pattern.topic(parameters);
  }

  /** Runs once for each client that asks to join; see {@link JoinHandler}. */
  public Route<I, O> join(JoinHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.JOIN);
    join = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> join(JoinHandler.Async<O> handler) {
    join = handler;
    return this;
  }

  /** Runs for each message, one at a time and in order; see {@link MessageHandler}. */
  public Route<I, O> message(MessageHandler<I, O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.MESSAGE);
    message = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> message(MessageHandler.Async<I, O> handler) {
    message = handler;
    return this;
  }

  /**
   * Runs for each message that is a {@code kind}, such as one record of a sealed hierarchy. The
   * kinds are asked in the order of their declaration, the handler for all messages last; what none
   * of them takes goes on to the next route in rank, and without one closes the client with 1008.
   */
  public <S extends I> Route<I, O> message(Class<S> kind, MessageHandler<S, O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.MESSAGE);
    kinds.add(new MessageKind<>(kind, handler));
    return this;
  }

  /** As above, done when its future is. */
  public <S extends I> Route<I, O> message(Class<S> kind, MessageHandler.Async<S, O> handler) {
    kinds.add(new MessageKind<>(kind, handler));
    return this;
  }

  /**
   * Takes each message in chunks, while it arrives, instead of whole: one at a time and in order.
   * The next message comes when the future is complete, and what the handler has not taken of this
   * one then is dropped. Chunks are not decoded, and cannot be forwarded.
   *
   * <p>They do not cross nodes: the route is served on the node of the handler only. On a
   * connection with several topics a message comes as one chunk, within the message limit.
   *
   * @param maxBytes largest message, in bytes, in the place of the message limit; over it the
   *     client is closed with 1009
   */
  public Route<I, O> stream(long maxBytes, MessageHandler.Async<IncomingMessage, O> handler) {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be at least 1: maxBytes=" + maxBytes);
    }
    settings = settings.withMaxStreamBytes(maxBytes);
    stream = handler;
    return this;
  }

  /** Answers the questions of clients; see {@link RequestHandler}. */
  public Route<I, O> request(RequestHandler<I, O> handler) {
    request = handler;
    return this;
  }

  /**
   * Runs for a message that does not decode, instead of closing the client with 1007 or 1003; the
   * channel stays usable, and the handler may answer, or close it by itself.
   */
  public Route<I, O> decodeError(MessageHandler<DecodeException, O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.MESSAGE);
    decodeError = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> decodeError(MessageHandler.Async<DecodeException, O> handler) {
    decodeError = handler;
    return this;
  }

  /**
   * Serves each client as a loop, instead of a message handler; see {@link
   * io.carillon.channel.Socket}. A {@link #join} handler runs before the upgrade, a {@link #leave}
   * handler behind the end of the loop.
   */
  public Route<I, O> socket(SocketHandler<I, O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.JOIN);
    socket = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> socket(SocketHandler.Async<I, O> handler) {
    socket = handler;
    return this;
  }

  /**
   * Lets {@code recvRaw} of the {@link #socket} see the pings and pongs of the client, which count
   * as messages then. Pings are answered by the server all the same. They are seen on the node of
   * the client only, and not on topics of a connection that has others.
   */
  public Route<I, O> controlFrames() {
    settings = settings.withControlFrames();
    return this;
  }

  /**
   * Hears that a client which this route has taken, or whose parameters it has read, did not get in
   * after all, and why: its own join handler has refused it, or that of another route, join took
   * too long, the client was gone before, or nobody could be told of it. Where the join handler had
   * succeeded, {@link #leave} runs behind it. Called once at the most.
   */
  public Route<I, O> failedUpgrade(BiConsumer<Channel<O>, CloseException> handler) {
    failedUpgrade = handler;
    return this;
  }

  /** Runs once for each client that had joined, whatever ended it; see {@link LeaveHandler}. */
  public Route<I, O> leave(LeaveHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.LEAVE);
    leave = handler;
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> leave(LeaveHandler.Async<O> handler) {
    leave = handler;
    return this;
  }

  /** As above, for a handler that does not care how the client went. */
  public Route<I, O> leave(JoinHandler<O> handler) {
    HandlerResult.check(handler, pattern, ChannelEvent.Kind.LEAVE);
    leave =
        (channel, status) -> {
          handler.handle(channel);
        };
    return this;
  }

  /** As above, done when its future is. */
  public Route<I, O> leave(JoinHandler.Async<O> handler) {
    LeaveHandler.Async<O> async = (channel, status) -> handler.handleAsync(channel);
    leave = async;
    return this;
  }

  /** When join runs; before the upgrade unless told otherwise. */
  public Route<I, O> joinPhase(JoinPhase phase) {
    settings = settings.withJoinPhase(phase);
    return this;
  }

  /**
   * What happens to messages if this route has no message handler; a close unless told otherwise.
   */
  public Route<I, O> unexpected(Unexpected policy) {
    settings = settings.withUnexpected(policy);
    return this;
  }

  /** Largest message taken, in bytes; the server's own limit binds in any case. Over it: 1009. */
  public Route<I, O> maxMessageBytes(int bytes) {
    settings = settings.withMaxMessageBytes(bytes);
    return this;
  }

  /** What becomes of messages to a client that reads too slowly; a close unless told otherwise. */
  public Route<I, O> overflow(Overflow policy) {
    settings = settings.withOverflow(policy);
    return this;
  }

  /** How long one event may take; over it the channel ends with 1011. */
  public Route<I, O> handlerTimeout(Duration timeout) {
    settings = settings.withHandlerTimeoutMillis(timeout.toMillis());
    return this;
  }

  /**
   * Which messages are compressed for clients that can take it; as the server is configured unless
   * told otherwise. A server that has compression off never compresses.
   */
  public Route<I, O> compression(Compression which) {
    settings = settings.withCompression(which);
    return this;
  }

  /**
   * How much a client may send in a second, in place of what the server allows. On a connection
   * with several topics the server's rate holds for all of them together.
   */
  public Route<I, O> rate(Rate most) {
    settings = settings.withRate(most);
    return this;
  }

  /**
   * Lets pages of other origins join, beside those of the own one and what the server's
   * configuration allows. Where several routes match a topic, each has to allow it.
   *
   * @param entries such as {@code *.example.com} or {@code localhost:3000}; see {@link Origins}
   * @throws IllegalArgumentException if an entry breaks a rule; the text names both
   */
  public Route<I, O> allowedOrigins(String... entries) {
    settings = settings.withAllowedOrigins(Origins.of(List.of(entries)));
    return this;
  }

  /**
   * Runs leave also for a client whose connection was on another node that has died, when the
   * handler instance it was with survives. Without it nothing runs then.
   */
  public Route<I, O> leaveOnNodeLoss() {
    leaveOnNodeLoss = true;
    return this;
  }

  /** Order among overlapping routes, lower first; by how specific the pattern is unless set. */
  public Route<I, O> rank(int order) {
    rank = order;
    return this;
  }

  boolean isLeaveOnNodeLoss() {
    return leaveOnNodeLoss;
  }

  UriPattern pattern() {
    return pattern;
  }

  @Nullable JoinHandler<O> joinHandler() {
    return join;
  }

  /** Reads parameters; null if the route declares none. */
  @Nullable ParamRecord<?> paramRecord() {
    return params == null ? null : ParamRecord.of(params, pattern, headers);
  }

  /** How messages of a client are read and written. */
  Typed<I, O> typed(Handshake handshake) {
    if (subprotocols.isEmpty()) {
      return typed;
    }
    return settings
        .subprotocol(handshake)
        .map(spoken -> subprotocols.getOrDefault(spoken.name(), typed))
        .orElse(typed);
  }

  List<ChannelLocal<?>> needed() {
    return needed;
  }

  /** The class of the data that a client must have come with; null for any client. */
  @Nullable Class<?> neededToken() {
    return neededToken;
  }

  boolean isGuarded() {
    return !guards.isEmpty() || !messageGuards.isEmpty();
  }

  List<ChannelGuard> guards() {
    return guards;
  }

  List<ChannelGuard> messageGuards() {
    return messageGuards;
  }

  RouteSettings settings() {
    return settings;
  }

  @Nullable SocketHandler<I, O> socketHandler() {
    return socket;
  }

  void onFailedUpgrade(Channel<O> channel, CloseException why) {
    if (failedUpgrade != null) {
      failedUpgrade.accept(channel, why);
    }
  }

  boolean takesMessages() {
    return message != null || socket != null || stream != null || !kinds.isEmpty();
  }

  MessageHandler.@Nullable Async<IncomingMessage, O> streamHandler() {
    return stream;
  }

  /** The handler of the first kind that the value is, else the one for all; null for none. */
  @SuppressWarnings("unchecked") // the value is of the kind that the handler takes
  @Nullable MessageHandler<I, O> messageHandler(I value) {
    for (MessageKind<?, O> kind : kinds) {
      if (kind.type().isInstance(value)) {
        return (MessageHandler<I, O>) kind.handler();
      }
    }
    return message;
  }

  @Nullable RequestHandler<I, O> requestHandler() {
    return request;
  }

  @Nullable MessageHandler<DecodeException, O> decodeErrorHandler() {
    return decodeError;
  }

  @Nullable LeaveHandler<O> leaveHandler() {
    return leave;
  }

  Announcement.Declared declared() {
    Set<ChannelEvent.Kind> events = EnumSet.noneOf(ChannelEvent.Kind.class);
    if (join != null || socket != null) {
      events.add(ChannelEvent.Kind.JOIN);
    }
    if (takesMessages()) {
      events.add(ChannelEvent.Kind.MESSAGE);
    }
    if (request != null) {
      events.add(ChannelEvent.Kind.REQUEST);
    }
    if (leave != null || socket != null) {
      events.add(ChannelEvent.Kind.LEAVE);
    }
    if (socket != null && (message != null || !kinds.isEmpty())) {
      throw new IllegalArgumentException(
          "a route has a message handler or a socket, not both: pattern=" + pattern);
    }
    if (settings.controlFrames() && socket == null) {
      throw new IllegalArgumentException("only a socket sees control frames: pattern=" + pattern);
    }
    if (stream != null
        && (socket != null || message != null || !kinds.isEmpty() || !needed.isEmpty())) {
      throw new IllegalArgumentException(
          "a route that takes chunks has no other message handler, no socket and no needs: pattern="
              + pattern);
    }
    if (!events.contains(ChannelEvent.Kind.JOIN) && !events.contains(ChannelEvent.Kind.MESSAGE)) {
      throw new IllegalArgumentException(
          "a route needs a join or a message handler: pattern=" + pattern);
    }
    return new Announcement.Declared(pattern, rank, events, settings);
  }
}
