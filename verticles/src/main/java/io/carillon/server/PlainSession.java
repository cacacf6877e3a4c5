package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.channel.ChunkQueue;
import io.carillon.channel.CloseException;
import io.carillon.channel.Frame;
import io.carillon.channel.Locals;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.route.RouteSettings;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection that is one channel: the URI is the topic, and payloads travel as they are. */
final class PlainSession extends Session implements Carrier {
  static final byte[] NO_PREFIX = new byte[0];

  private @Nullable SessionChannel channel;

  PlainSession(Loop loop, Handshake handshake) {
    super(loop, handshake);
  }

  @Override
  SessionChannel open(Topic topic, List<Bound> candidates) {
    SessionChannel only = new SessionChannel(this, topic, candidates);
    channel = only;
    return only;
  }

  @Override
  void forEachChannel(Consumer<SessionChannel> action) {
    action.accept(channel());
    further().of(this).forEach(one -> action.accept(one.channel()));
  }

  @Override
  @Nullable SessionChannel find(long number) {
    if (number == 0) {
      return channel;
    }
    FurtherTopic further = further().find(this, number);
    return further == null ? null : further.channel();
  }

  @Override
  boolean isEmpty() {
    return channel().hasLeft() && further().of(this).isEmpty();
  }

  @Override
  Future<Boolean> join(Topic topic, Access access) {
    return further().join(this, topic, access);
  }

  /** The topics that the server has the client join beside its own. */
  FurtherTopics further() {
    return loop().further();
  }

  @Override
  int maxMessageBytes() {
    return channel().maxMessageBytes();
  }

  @Override
  RouteSettings settings() {
    return channel().settings();
  }

  @Override
  @Nullable String subprotocol() {
    return channel().subprotocolAsOffered();
  }

  private SessionChannel channel() {
    return Objects.requireNonNull(channel);
  }

  @Override
  void onMessage(Payload payload) {
    onReceived(channel().onMessage(payload));
  }

  @Override
  boolean mayStream() {
    return channel().mayStream();
  }

  @Override
  long maxStreamBytes() {
    return channel().settings().maxStreamBytes();
  }

  @Override
  ChunkQueue onStream(boolean text) {
    ChunkQueue message = new ChunkQueue(text, this::onChunkTaken);
    onReceived(channel().onStream(message));
    return message;
  }

  private void onChunkTaken(int bytes) {
    loop()
        .run(
            () -> {
              channel().onProgress();
              onTaken(bytes + MESSAGE_OVERHEAD_BYTES);
            });
  }

  // ---- what the channel rides on

  @Override
  public Session session() {
    return this;
  }

  @Override
  public String channelId() {
    return id();
  }

  @Override
  public Locals connectionLocals() {
    return channel().locals();
  }

  @Override
  public Queued send(Payload payload) {
    return write(payload, channel(), NO_PREFIX);
  }

  @Override
  public boolean stream(OutStream message) {
    return write(message);
  }

  @Override
  public byte[] prefix() {
    return NO_PREFIX;
  }

  @Override
  public Queued deliver(SharedFrames publication) {
    return deliver(publication, channel());
  }

  /** Queues the shared bytes of a publication for one of its channels. */
  Queued deliver(SharedFrames publication, SessionChannel to) {
    boolean compressed = compresses(to, publication.payload());
    return write(publication.plain(compressed), to, publication.key());
  }

  @Override
  public Queued control(Frame frame) {
    return writeFrame(frame);
  }

  @Override
  public boolean hasControlFrames() {
    return true;
  }

  @Override
  void onControl(Frame frame) {
    if (channel().settings().controlFrames()) {
      onReceived(channel().onControl(frame));
    }
  }

  @Override
  public void onRefused(CloseException why) {
    close(why.status().sendable());
  }

  @Override
  public void onEnding(CloseStatus status) {
    ending(status);
    further().of(this).forEach(one -> one.channel().end(status));
  }

  @Override
  public void onLeft(@Nullable CloseStatus status) {
    if (status != null) {
      close(status);
    }
    onChannelLeft();
  }
}
