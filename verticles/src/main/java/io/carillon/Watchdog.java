package io.carillon;

import java.time.Duration;

/**
 * Halts a process that was told to end and has not, for a verticle's {@code stop()} or anybody's
 * shutdown hook may hang for ever.
 *
 * <p>The time is taken by a daemon thread, which goes on while shutdown hooks run and does not hold
 * up a process that ends by itself.
 */
final class Watchdog {
  /** What a process ends with that was ended by SIGTERM. */
  private static final int TERMINATED = 128 + 15;

  private final Duration timeout;
  private volatile int exitCode = TERMINATED;

  Watchdog(Duration timeout) {
    this.timeout = timeout;
  }

  /** The code to end with, where the end was not SIGTERM. */
  void exitCode(int code) {
    exitCode = code;
  }

  /** From now on the end of the process has a deadline. */
  void arm() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::watch, "carillon-shutdown"));
  }

  private void watch() {
    Thread thread = new Thread(this::haltLater, "carillon-watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  private void haltLater() {
    try {
      Thread.sleep(timeout.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.err.println(
        "Carillon was halted, for it did not stop in time: shutdown.timeout="
            + timeout.toMillis()
            + "ms");
    Runtime.getRuntime().halt(exitCode);
  }
}
