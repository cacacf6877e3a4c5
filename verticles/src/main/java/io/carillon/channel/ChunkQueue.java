package io.carillon.channel;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a message between the connection that brings them and the handler that takes them.
 * It bounds nothing itself: whoever adds is told what was taken, and is to stop in time.
 *
 * <p>Safe to use from any thread. The handlers are called one at a time, on the context of whoever
 * set one last, or on the calling thread where there is none.
 */
public final class ChunkQueue implements IncomingMessage {
  private final boolean text;
  private final IntConsumer taken;
  private final Queue<Buffer> chunks = new ArrayDeque<>();
  private long demand = Long.MAX_VALUE;
  private boolean ended;
  private boolean over;
  private boolean delivering;
  private @Nullable Throwable failure;
  private @Nullable Context context;
  private @Nullable Handler<Buffer> chunkHandler;
  private @Nullable Handler<Void> endHandler;
  private @Nullable Handler<Throwable> failureHandler;

  /**
   * Creates an empty one.
   *
   * @param taken hears the size of each chunk that is not kept any more, from any thread
   */
  public ChunkQueue(boolean text, IntConsumer taken) {
    this.text = text;
    this.taken = taken;
  }

  @Override
  public boolean isText() {
    return text;
  }

  // ---- the connection

  /** Adds a chunk, and says whether it is kept; one of a message that is over is not. */
  public boolean add(Buffer chunk) {
    synchronized (this) {
      if (over || failure != null) {
        return false;
      }
      chunks.add(chunk);
    }
    deliver();
    return true;
  }

  /** The message is whole. */
  public void end() {
    synchronized (this) {
      ended = true;
    }
    deliver();
  }

  /** The message will not become whole; what is here of it is dropped. */
  public void fail(Throwable why) {
    synchronized (this) {
      if (over || ended || failure != null) {
        return;
      }
      failure = why;
    }
    drop();
    deliver();
  }

  /** Nobody wants the rest. */
  public void discard() {
    synchronized (this) {
      over = true;
    }
    drop();
  }

  private void drop() {
    for (Buffer chunk = poll(); chunk != null; chunk = poll()) {
      taken.accept(chunk.length());
    }
  }

  private synchronized @Nullable Buffer poll() {
    return chunks.poll();
  }

  /** Whether the client has to send more before its handler can go on. */
  public synchronized boolean isHungry() {
    return chunks.isEmpty() && !ended && failure == null;
  }

  // ---- the handler

  @Override
  public IncomingMessage handler(@Nullable Handler<Buffer> handler) {
    synchronized (this) {
      chunkHandler = handler;
      context = Vertx.currentContext();
    }
    deliver();
    return this;
  }

  @Override
  public IncomingMessage endHandler(@Nullable Handler<Void> handler) {
    synchronized (this) {
      endHandler = handler;
    }
    return this;
  }

  @Override
  public IncomingMessage exceptionHandler(@Nullable Handler<Throwable> handler) {
    synchronized (this) {
      failureHandler = handler;
      context = Vertx.currentContext();
    }
    deliver();
    return this;
  }

  @Override
  public synchronized IncomingMessage pause() {
    demand = 0;
    return this;
  }

  @Override
  public IncomingMessage resume() {
    return fetch(Long.MAX_VALUE);
  }

  @Override
  public IncomingMessage fetch(long amount) {
    if (amount < 0) {
      throw new IllegalArgumentException("amount must not be negative: amount=" + amount);
    }
    synchronized (this) {
      demand = demand > Long.MAX_VALUE - amount ? Long.MAX_VALUE : demand + amount;
    }
    deliver();
    return this;
  }

  // ---- from the one to the other

  private void deliver() {
    Context on;
    synchronized (this) {
      if (delivering || !hasNext()) {
        return;
      }
      delivering = true;
      on = context;
    }
    if (on == null) {
      run();
    } else {
      on.runOnContext(now -> run());
    }
  }

  private void run() {
    try {
      for (Runnable step = next(); step != null; step = next()) {
        step.run();
      }
    } finally {
      synchronized (this) {
        delivering = false;
      }
    }
    deliver(); // what came in between
  }

  private boolean hasNext() {
    if (over) {
      return false;
    }
    if (failure != null) {
      return failureHandler != null;
    }
    return chunkHandler != null && (chunks.isEmpty() ? ended : demand > 0);
  }

  private synchronized @Nullable Runnable next() {
    if (!hasNext()) {
      return null;
    }
    Throwable why = failure;
    Handler<Throwable> hearsWhy = failureHandler;
    if (why != null && hearsWhy != null) {
      over = true;
      return () -> hearsWhy.handle(why);
    }
    Buffer chunk = chunks.poll();
    Handler<Buffer> takes = chunkHandler;
    if (chunk != null && takes != null) {
      demand = demand == Long.MAX_VALUE ? demand : demand - 1;
      return () -> {
        taken.accept(chunk.length());
        takes.handle(chunk);
      };
    }
    over = true;
    Handler<Void> hears = endHandler;
    return () -> {
      if (hears != null) {
        hears.handle(null);
      }
    };
  }
}
