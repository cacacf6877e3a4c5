package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.channel.CloseException;
import io.carillon.channel.Locals;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A topic that the server has a plain client join beside the one it connected to. What is published
 * there arrives as it is, among the rest; what the client says goes to its own topic only.
 */
final class FurtherTopic implements Carrier {
  private final PlainSession session;
  private final long number;
  private final Topic topic;
  private final SessionChannel channel;

  FurtherTopic(PlainSession session, long number, Topic topic, List<Bound> candidates) {
    this.session = session;
    this.number = number;
    this.topic = topic; // asked for while the channel is made
    this.channel = new SessionChannel(this, topic, candidates);
  }

  SessionChannel channel() {
    return channel;
  }

  long number() {
    return number;
  }

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
    return session.handshake().forTopic(topic.uri(), "");
  }

  @Override
  public Locals connectionLocals() {
    return session.connectionLocals();
  }

  @Override
  public boolean isUp() {
    return session.isUp();
  }

  @Override
  public Queued send(Payload payload) {
    return session.write(payload, channel, prefix());
  }

  @Override
  public boolean stream(OutStream message) {
    return session.write(message);
  }

  @Override
  public byte[] prefix() {
    return PlainSession.NO_PREFIX;
  }

  @Override
  public Queued deliver(SharedFrames publication) {
    return session.deliver(publication, channel);
  }

  @Override
  public void onRefused(CloseException why) {
    session.further().remove(this);
  }

  @Override
  public void onEnding(CloseStatus status) {} // the client is not told of one topic

  @Override
  public void onLeft(@Nullable CloseStatus status) {
    session.further().remove(this);
    session.onChannelLeft();
  }
}
