package io.carillon.route;

import io.carillon.channel.Channel;
import io.carillon.channel.ChannelEvent;
import io.carillon.channel.CloseException;
import io.carillon.channel.DroppedException;
import io.carillon.channel.Frame;
import io.carillon.channel.Socket;
import io.carillon.codec.Codec;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.carillon.protocol.LeaveStatus;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The events of one channel as a loop takes them. A message event stays unanswered until the loop
 * asks for it, which is the back-pressure: the next one waits at the connection. Owned by the
 * context of the handler.
 */
final class LoopSocket<I, O> implements Socket<I, O> {
  private final RouteChannel<O> channel;
  private final Codec<I> in;
  private final Promise<Void> ended = Promise.promise();
  private @Nullable ChannelEvent waiting;
  private @Nullable Promise<ChannelEvent> taker;
  private boolean takesAll;
  private @Nullable CloseStatus closed;
  private boolean closeUnheard;
  private boolean over;

  LoopSocket(RouteChannel<O> channel, Codec<I> in) {
    this.channel = channel;
    this.in = in;
  }

  // ---- from the route

  /** Runs the loop; {@code failed} hears what ended it while the client was there. */
  void start(SocketHandler<I, O> handler, Consumer<Throwable> failed) {
    Future<?> result;
    try {
      result = handler.run(this);
    } catch (Throwable e) {
      result = Future.failedFuture(e);
    }
    if (result == null) {
      finish();
    } else {
      result.onComplete(
          done -> finish(),
          e -> {
            if (closed == null) {
              failed.accept(e);
            }
            finish();
          });
    }
  }

  private void finish() {
    over = true;
    ChannelEvent left = waiting;
    waiting = null;
    if (left != null) {
      left.succeed();
    }
    channel.close();
    ended.complete();
  }

  /** A message has come. */
  void offer(ChannelEvent message) {
    Promise<ChannelEvent> asking = taker;
    if (over) {
      message.succeed();
    } else if (asking == null) {
      waiting = message;
    } else {
      message.succeed();
      if (takesAll || message.control() == null) {
        taker = null;
        asking.complete(message);
      }
    }
  }

  /** The channel is over; completes when the loop has ended. */
  Future<Void> close(LeaveStatus status) {
    closed = status.closeStatus();
    closeUnheard = status.kind() == LeaveStatus.Kind.CLOSED;
    Promise<ChannelEvent> asking = taker;
    taker = null;
    if (asking != null) {
      asking.fail(new CloseException(status.closeStatus()));
    }
    return ended.future();
  }

  // ---- for the loop

  @Override
  public Channel<O> channel() {
    return channel;
  }

  @Override
  public Future<I> recv() {
    return next(false).map(message -> in.decode(payload(message)));
  }

  private static Payload payload(ChannelEvent message) {
    return Objects.requireNonNull(message.payload());
  }

  @Override
  public Future<Frame> recvRaw() {
    return next(true).map(LoopSocket::frame).recover(this::close);
  }

  private static Frame frame(ChannelEvent message) {
    Frame control = message.control();
    if (control != null) {
      return control;
    }
    Payload payload = payload(message);
    return payload.isText() ? new Frame.Text(payload.text()) : new Frame.Binary(payload.bytes());
  }

  /** The close with which the channel has ended is the last frame. */
  private Future<Frame> close(Throwable failure) {
    if (closed == null || !closeUnheard) {
      return Future.failedFuture(failure);
    }
    closeUnheard = false;
    return Future.succeededFuture(new Frame.Close(closed));
  }

  private Future<ChannelEvent> next(boolean all) {
    if (taker != null) {
      return Future.failedFuture(new IllegalStateException("the recv before is still waiting"));
    }
    ChannelEvent message = waiting;
    if (message != null) {
      waiting = null;
      message.succeed();
      if (all || message.control() == null) {
        return Future.succeededFuture(message);
      }
    }
    CloseStatus status = closed;
    if (status != null) {
      return Future.failedFuture(new CloseException(status));
    }
    Promise<ChannelEvent> asking = Promise.promise();
    taker = asking;
    takesAll = all;
    return asking.future();
  }

  @Override
  public Future<Void> send(O message) {
    return channel.send(message);
  }

  @Override
  public Future<Void> sendRaw(Frame frame) {
    if (frame instanceof Frame.Text text) {
      return channel.sendRaw(Payload.text(text.text()));
    }
    return frame instanceof Frame.Binary binary
        ? channel.sendRaw(Payload.binary(binary.bytes()))
        : channel.control(frame);
  }

  @Override
  public Future<Void> forEach(Function<I, Future<?>> handler) {
    Promise<Void> done = Promise.promise();
    next(handler, done);
    return done.future();
  }

  /** Goes on for as long as everything is done at once, so that the stack does not grow. */
  private void next(Function<I, Future<?>> handler, Promise<Void> done) {
    Future<?> one;
    do {
      one =
          recv().compose(message -> handler.apply(message).mapEmpty()).recover(LoopSocket::dropped);
    } while (one.succeeded());
    one.onComplete(handled -> next(handler, done), e -> stop(e, done));
  }

  /** What the route lets happen to slow clients is no failure. */
  private static Future<Object> dropped(Throwable e) {
    return e instanceof DroppedException ? Future.succeededFuture() : Future.failedFuture(e);
  }

  /** That the client is gone is how a loop ends; everything else is a failure. */
  private void stop(Throwable e, Promise<Void> done) {
    if (closed != null && e instanceof CloseException) {
      done.complete();
    } else {
      done.fail(e);
    }
  }
}
