package io.carillon.auth;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a server, read again when their files change. Until then, and as long as what is
 * there is no good, the old ones stay. May be used from any thread.
 */
final class KeyRing {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRing.class);

  private final JwtOptions options;
  private final AtomicLong nextLookNanos = new AtomicLong(System.nanoTime());
  private volatile JwtKeys keys;
  private volatile List<FileTime> loaded;
  private volatile List<FileTime> refused = List.of();

  /**
   * Reads the keys. Blocks.
   *
   * @throws IllegalArgumentException if there are none that go together
   */
  KeyRing(JwtOptions options) throws IOException {
    this.options = options;
    this.loaded = times();
    this.keys = options.load();
  }

  JwtKeys keys() {
    return keys;
  }

  /** Looks at the files, unless another event loop has just done so. */
  void reloadIfChanged(Vertx vertx) {
    long now = System.nanoTime();
    long due = nextLookNanos.get();
    long half = options.reloadInterval().toNanos() / 2;
    if (now - due >= 0 && nextLookNanos.compareAndSet(due, now + half)) {
      look(vertx);
    }
  }

  /** Completes when the keys are those of the files, or those have been found to be no good. */
  Future<Void> look(Vertx vertx) {
    List<FileTime> times = times();
    if (times.isEmpty() || times.equals(loaded)) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(options::load)
        .onComplete(fresh -> take(times, fresh), e -> warnOnce(times, e))
        .otherwiseEmpty()
        .mapEmpty();
  }

  private void take(List<FileTime> times, JwtKeys fresh) {
    loaded = times;
    keys = fresh;
    LOG.info("keys for tokens read again: files={}", options.files());
  }

  private void warnOnce(List<FileTime> times, Throwable e) {
    if (!times.equals(refused)) {
      refused = times;
      LOG.warn(
          "keys for tokens not read again, the old ones stay: files={}, {}",
          options.files(),
          e.getMessage());
    }
  }

  private List<FileTime> times() {
    try {
      List<FileTime> times = new ArrayList<>();
      for (Path file : options.files()) {
        times.add(Files.getLastModifiedTime(file));
      }
      return times;
    } catch (IOException gone) {
      return List.of(); // being replaced; the next look finds it
    }
  }
}
