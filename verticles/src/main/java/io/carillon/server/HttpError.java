package io.carillon.server;

import io.carillon.channel.CloseException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is not a success: {@code {"status":404,"error":"..."}}, or a small page for a
 * client that prefers HTML.
 *
 * @param status the HTTP status
 * @param text what the client gets to read
 */
record HttpError(int status, String text) {
  static final HttpError UPGRADE_REQUIRED = new HttpError(426, "Upgrade Required");
  static final HttpError NOT_FOUND = new HttpError(404, "Not Found");
  static final HttpError METHOD_NOT_ALLOWED = new HttpError(405, "Method Not Allowed");
  static final HttpError FOREIGN_ORIGIN = new HttpError(403, "origin not allowed");
  static final HttpError URI_TOO_LONG = new HttpError(414, "URI Too Long");
  static final HttpError HEADERS_TOO_LARGE = new HttpError(431, "Request Header Fields Too Large");
  static final HttpError STOPPING = new HttpError(503, "stopping");

  /** What stands for a refusal. */
  static HttpError of(CloseException why) {
    return new HttpError(why.httpStatus(), why.reason());
  }

  /** Answers the request, which then is over. */
  void answer(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    prepare(request);
    boolean html = prefersHtml(request.getHeader("accept"));
    response
        .putHeader("content-type", html ? "text/html;charset=utf-8" : "application/json")
        .end(html ? page() : json());
  }

  /** Sets the status, and the headers that belong to it. */
  void prepare(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    response.setStatusCode(status);
    switch (status) {
      case 405 -> response.putHeader("allow", "GET");
      case 426 -> {
        response.putHeader("sec-websocket-version", "13");
        if (request.version() != HttpVersion.HTTP_2) {
          response.putHeader("upgrade", "websocket"); // forbidden on HTTP/2: RFC 9113, 8.2.2
        }
      }
      case 429, 503 -> {
        if (!response.headers().contains("retry-after")) {
          response.putHeader("retry-after", "1");
        }
      }
      default -> {}
    }
    response.putHeader("cache-control", "no-store").putHeader("x-content-type-options", "nosniff");
  }

  /** Has the connection closed behind the answer. */
  static void closeBehind(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (request.version() != HttpVersion.HTTP_2) {
      response.putHeader("connection", "close");
    }
    response.endHandler(sent -> request.connection().close());
  }

  private String json() {
    return new JsonObject().put("status", status).put("error", text).encode();
  }

  private String page() {
    String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    return "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>"
        + status
        + "</title><h1>"
        + status
        + "</h1><p>"
        + escaped
        + "</p></html>";
  }

  /** JSON unless the client weighs HTML higher, or as high and names it first. */
  private static boolean prefersHtml(@Nullable String accept) {
    if (accept == null) {
      return false;
    }
    double html = 0;
    double json = 0;
    boolean htmlFirst = false;
    for (String entry : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
      String type = entry.split(";", -1)[0].trim();
      if (type.equals("text/html")) {
        html = quality(entry);
        htmlFirst = json == 0;
      } else if (type.equals("application/json")) {
        json = quality(entry);
      }
    }
    return html > json || (html > 0 && html == json && htmlFirst);
  }

  /** The weight of an entry of an Accept header (RFC 9110, section 12.4.2). */
  private static double quality(String entry) {
    for (String parameter : entry.split(";", -1)) {
      if (parameter.trim().startsWith("q=")) {
        try {
          return Double.parseDouble(parameter.trim().substring(2));
        } catch (NumberFormatException notAWeight) {
          return 0;
        }
      }
    }
    return 1;
  }
}
