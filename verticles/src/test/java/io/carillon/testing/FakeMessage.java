package io.carillon.testing;

import io.carillon.channel.MessageStream;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A message that is written bit by bit to a fake channel: never full, and heard when it ends. */
final class FakeMessage implements MessageStream {
  private final Buffer written = Buffer.buffer();
  private final Consumer<Buffer> ended;
  private boolean over;

  FakeMessage(Consumer<Buffer> ended) {
    this.ended = ended;
  }

  @Override
  public Future<Void> write(Buffer chunk) {
    if (over) {
      return Future.failedFuture(new IllegalStateException("the message has ended"));
    }
    written.appendBuffer(chunk);
    return Future.succeededFuture();
  }

  @Override
  public Future<Void> end() {
    if (over) {
      return Future.failedFuture(new IllegalStateException("the message has ended"));
    }
    over = true;
    ended.accept(written);
    return Future.succeededFuture();
  }

  @Override
  public void abort() {
    over = true;
  }

  @Override
  public MessageStream setWriteQueueMaxSize(int bytes) {
    return this;
  }

  @Override
  public boolean writeQueueFull() {
    return false;
  }

  @Override
  public MessageStream drainHandler(@Nullable Handler<Void> handler) {
    return this;
  }

  @Override
  public MessageStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    return this;
  }
}
