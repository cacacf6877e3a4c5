package io.carillon;

import io.carillon.server.HttpOptions;
import io.vertx.core.eventbus.EventBusOptions;
import org.jspecify.annotations.Nullable;

/** Failures of a start, in one line for whoever mends them. */
final class StartFailure {
  private StartFailure() {}

  /**
   * Returns one line. A text of ours stands as it is; of other failures the kind is told too, for
   * their texts often say little without it.
   *
   * @param failure null if it is only known that it took too long
   */
  static String text(@Nullable Throwable failure) {
    if (failure == null) {
      return "it took longer than 2 minutes";
    }
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getName();
    }
    boolean speaksForItself =
        failure instanceof IllegalArgumentException || failure instanceof IllegalStateException;
    String line = message.strip().replaceAll("\\s*\\R\\s*", "; ");
    return speaksForItself ? line : failure.getClass().getName() + ": " + line;
  }

  /** A handler verticle, or another of the application's, that did not start. */
  static IllegalStateException of(Class<?> verticle, Throwable failure) {
    return new IllegalStateException(
        "verticle did not start: name=" + verticle.getName() + ", " + text(failure), failure);
  }

  /** A cluster that could not be joined; what did not listen then is the event bus. */
  static IllegalStateException of(EventBusOptions bus, Throwable failure) {
    if (failure instanceof IllegalStateException explained) {
      return explained;
    }
    String address = "cluster.host=" + bus.getHost() + ", cluster.busPort=" + bus.getPort();
    return new IllegalStateException(
        isTaken(failure)
            ? "the port of the event bus is taken: " + address
            : "the event bus cannot listen: " + address + ", " + text(failure),
        failure);
  }

  /** An address that could not be opened. */
  static IllegalStateException of(HttpOptions http, Throwable failure) {
    String address = "http.host=" + http.host() + ", http.port=" + http.port();
    return new IllegalStateException(
        isTaken(failure)
            ? "the port is taken, stop who has it or choose another: " + address
            : "cannot listen: " + address + ", " + text(failure),
        failure);
  }

  private static boolean isTaken(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).contains("Address already in use")) {
        return true;
      }
    }
    return false;
  }
}
