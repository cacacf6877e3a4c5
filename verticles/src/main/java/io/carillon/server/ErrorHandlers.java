package io.carillon.server;

import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an application words its errors, by base path and status: those of its own routes, of event
 * routes, and of refused upgrades. The longest base that matches is asked, there the one for the
 * very status first. Without one, and where one fails, the answer is {@code {"status":404,
 * "error":"..."}}, or a small page for a client that prefers HTML.
 *
 * <pre>{@code
 * errors.on("/api", 404, (request, status, text) ->
 *     request.response().putHeader("content-type", "text/plain").end("no such thing"));
 * }</pre>
 */
public final class ErrorHandlers {
  private static final Logger LOG = LoggerFactory.getLogger(ErrorHandlers.class);
  private static final int ANY = 0;

  /** Writes the body of an error. */
  @FunctionalInterface
  public interface ErrorHandler {
    /**
     * Ends the response, whose status and necessary headers are set already.
     *
     * @param text what went wrong, for the client
     */
    void handle(HttpServerRequest request, int status, String text) throws Exception;
  }

  private record Entry(String base, int status, ErrorHandler handler) {
    boolean takes(String path, int wanted) {
      return (status == ANY || status == wanted)
          && (base.isEmpty() || path.equals(base) || path.startsWith(base + "/"));
    }
  }

  private static final Comparator<Entry> MOST_SPECIFIC =
      Comparator.<Entry>comparingInt(entry -> entry.base.length())
          .thenComparingInt(entry -> entry.status == ANY ? 0 : 1);

  private final List<Entry> entries = new ArrayList<>();

  ErrorHandlers() {}

  /**
   * Words errors of one status under a base path.
   *
   * @param base such as {@code /api}; {@code /} for all paths
   */
  public ErrorHandlers on(String base, int status, ErrorHandler handler) {
    entries.add(new Entry(base.equals("/") ? "" : base, status, handler));
    return this;
  }

  /** Words all errors under a base path. */
  public ErrorHandlers on(String base, ErrorHandler handler) {
    return on(base, ANY, handler);
  }

  /** Answers the request, which then is over. */
  void answer(HttpError error, HttpServerRequest request) {
    Entry entry = find(request.path(), error.status());
    if (entry == null) {
      error.answer(request);
      return;
    }
    error.prepare(request);
    try {
      entry.handler.handle(request, error.status(), error.text());
    } catch (Exception e) {
      LOG.error("error handler failed: base={}, status={}", entry.base, error.status(), e);
      HttpError failed = new HttpError(500, "Internal Server Error");
      if (error.status() == 500) {
        failed.answer(request);
      } else {
        answer(failed, request);
      }
    }
  }

  /** Answers the request and closes the connection behind the answer. */
  void answerAndClose(HttpError error, HttpServerRequest request) {
    HttpError.closeBehind(request);
    answer(error, request);
  }

  private @Nullable Entry find(String path, int status) {
    return entries.stream()
        .filter(entry -> entry.takes(path, status))
        .max(MOST_SPECIFIC)
        .orElse(null);
  }
}
