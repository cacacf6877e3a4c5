package io.carillon.auth;

import static java.util.stream.Collectors.joining;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the request that opened a connection said, or any other one. Readable for as long as the
 * connection lives; read-only, because nothing set now could reach the browser any more. Immutable.
 *
 * <p>There is one for each open connection, so the headers are kept as one string and searched when
 * asked for, which takes a fraction of a map's memory.
 */
public final class Handshake {
  private static final String KEY = "carillon.handshake";
  private static final String SUBPROTOCOL = "sec-websocket-protocol";
  private static final String AUTHORIZATION = "authorization";

  private final String method;
  private final String uri;
  private final boolean secure;
  private final String remoteAddress;
  private final String headers;
  private final Identity identity;

  private Handshake(
      String method,
      String uri,
      boolean secure,
      String remoteAddress,
      String headers,
      Identity identity) {
    this.method = method;
    this.uri = uri;
    this.secure = secure;
    this.remoteAddress = remoteAddress;
    this.headers = headers;
    this.identity = identity;
  }

  /**
   * Creates a handshake.
   *
   * @param method such as {@code GET}
   * @param uri path and query as the client sent them
   * @param secure whether it came over TLS
   * @param remoteAddress the client's address without port
   * @param headers in the order received; names may repeat
   */
  public static Handshake of(
      String method,
      String uri,
      boolean secure,
      String remoteAddress,
      Iterable<Map.Entry<String, String>> headers) {
    StringBuilder lines = new StringBuilder(256);
    for (Map.Entry<String, String> header : headers) {
      // A parsed header has no line break in it; what did not come from a parser loses it here.
      lines
          .append('\n')
          .append(header.getKey().replace('\n', ' '))
          .append(':')
          .append(header.getValue().replace('\n', ' '));
    }
    return new Handshake(
        method, uri, secure, remoteAddress, lines.append('\n').toString(), Identity.ANONYMOUS);
  }

  /**
   * What the request of an application's own HTTP route said, and who sent it.
   *
   * @throws IllegalStateException on a router that is not the server's
   */
  public static Handshake of(RoutingContext context) {
    Handshake known = context.get(KEY);
    if (known == null) {
      throw new IllegalStateException("not a route of the server");
    }
    return known;
  }

  /** Makes it known to {@link #of(RoutingContext)}. */
  public void attachTo(RoutingContext context) {
    context.put(KEY, this);
  }

  /** The same request, once it is known who sent it. */
  public Handshake with(Identity known) {
    return new Handshake(method, uri, secure, remoteAddress, headers, known);
  }

  /**
   * The same request as if it had been made for a topic that was joined on its connection: another
   * path and query, other subprotocols offered, and nothing of a one-time URI for another topic.
   *
   * @param subprotocols a comma list; empty for none
   */
  public Handshake forTopic(String uri, String subprotocols) {
    String offers =
        offers(Stream.of(subprotocols)).filter(Handshake::isSeen).collect(joining(", "));
    return with(uri, without(line -> nameOf(line).equalsIgnoreCase(SUBPROTOCOL)), offers)
        .with(identity.withoutToken());
  }

  /** The same request without the token that it brought, which only its verifier may see. */
  public Handshake withoutBearer() {
    String offers = subprotocols().stream().filter(Handshake::isSeen).collect(joining(", "));
    return with(
        uri,
        without(
            line -> {
              String name = nameOf(line);
              return name.equalsIgnoreCase(SUBPROTOCOL)
                  || (name.equalsIgnoreCase(AUTHORIZATION)
                      && Bearer.isAuthorization(line.substring(name.length() + 1)));
            }),
        offers);
  }

  private static boolean isSeen(String offer) {
    return !Bearer.isSubprotocol(offer);
  }

  private String without(Predicate<String> dropped) {
    StringBuilder lines = new StringBuilder(headers.length());
    for (String line : headers.split("\n", -1)) {
      if (!line.isEmpty() && !dropped.test(line)) {
        lines.append('\n').append(line);
      }
    }
    return lines.toString();
  }

  private Handshake with(String topic, String lines, String offers) {
    String offering = offers.isEmpty() ? "" : "\n" + SUBPROTOCOL + ":" + offers.replace('\n', ' ');
    return new Handshake(method, topic, secure, remoteAddress, lines + offering + "\n", identity);
  }

  /** The method, such as {@code GET}. */
  public String method() {
    return method;
  }

  /** Path and query as the client sent them. */
  public String uri() {
    return uri;
  }

  /** Whether it came over TLS. */
  public boolean secure() {
    return secure;
  }

  /** The client's address, without the port. */
  public String remoteAddress() {
    return remoteAddress;
  }

  /** Who sent it, as far as that is known. */
  public Identity identity() {
    return identity;
  }

  /** The host the client asked for, with the port where it gave one; empty if it gave none. */
  public String host() {
    return header("host").orElse("");
  }

  /** The first value of a header; names compare without case. */
  public Optional<String> header(String name) {
    int at = find(name, 0);
    return at < 0 ? Optional.empty() : Optional.of(valueAt(at));
  }

  /** All values of a header, in the order received. */
  public List<String> headers(String name) {
    List<String> values = new ArrayList<>();
    for (int at = find(name, 0); at >= 0; at = find(name, at)) {
      values.add(valueAt(at));
    }
    return values;
  }

  /** The names of all headers as received, repeated ones repeatedly. */
  public List<String> headerNames() {
    return headers.lines().filter(line -> !line.isEmpty()).map(Handshake::nameOf).toList();
  }

  /** The subprotocols that the client offers, in its order (RFC 6455, section 4.1). */
  public List<String> subprotocols() {
    return offers(headers(SUBPROTOCOL).stream()).toList();
  }

  private static Stream<String> offers(Stream<String> lists) {
    return lists
        .flatMap(value -> Arrays.stream(value.split(",", -1)))
        .map(String::trim)
        .filter(name -> !name.isEmpty());
  }

  /** The value of a cookie, if the client sent one of that name. */
  public Optional<String> cookie(String name) {
    for (String line : headers("cookie")) {
      for (String pair : line.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).trim().equals(name)) {
          return Optional.of(decodeCookie(pair.substring(equals + 1).trim()));
        }
      }
    }
    return Optional.empty();
  }

  /** The form that travels over the bus; {@link #fromJson} reads it. */
  public JsonObject toJson() {
    JsonArray lines = new JsonArray();
    headers
        .lines()
        .filter(line -> !line.isEmpty())
        .forEach(
            line -> {
              String name = nameOf(line);
              lines.add(new JsonArray().add(name).add(line.substring(name.length() + 1)));
            });
    JsonObject json =
        new JsonObject()
            .put("method", method)
            .put("uri", uri)
            .put("secure", secure)
            .put("remoteAddress", remoteAddress)
            .put("headers", lines);
    return identity == Identity.ANONYMOUS ? json : json.put("identity", identity.toJson());
  }

  /** Reads the form of {@link #toJson}; members that are missing are empty. */
  public static Handshake fromJson(JsonObject json) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (Object line : json.getJsonArray("headers", new JsonArray())) {
      if (line instanceof JsonArray pair && pair.size() == 2) {
        headers.add(Map.entry(pair.getString(0), pair.getString(1)));
      }
    }
    return of(
            json.getString("method", "GET"),
            json.getString("uri", ""),
            json.getBoolean("secure", false),
            json.getString("remoteAddress", ""),
            headers)
        .with(Identity.fromJson(json.getJsonObject("identity", new JsonObject())));
  }

  /** Method and path; neither query nor headers, which may hold secrets. */
  @Override
  public String toString() {
    int query = uri.indexOf('?');
    return "Handshake[" + method + " " + (query < 0 ? uri : uri.substring(0, query)) + "]";
  }

  /** Returns where the value of the next header of that name begins behind {@code from}, or -1. */
  private int find(String name, int from) {
    int length = name.length();
    for (int line = headers.indexOf('\n', from);
        line >= 0;
        line = headers.indexOf('\n', line + 1)) {
      int colon = line + 1 + length;
      if (headers.regionMatches(true, line + 1, name, 0, length)
          && colon < headers.length()
          && headers.charAt(colon) == ':') {
        return colon + 1;
      }
    }
    return -1;
  }

  private String valueAt(int begin) {
    return headers.substring(begin, headers.indexOf('\n', begin));
  }

  private static String nameOf(String line) {
    return line.substring(0, line.indexOf(':'));
  }

  private static String decodeCookie(String value) {
    String bare =
        value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
            ? value.substring(1, value.length() - 1)
            : value;
    if (bare.indexOf('%') < 0) {
      return bare;
    }
    try {
      return URLDecoder.decode(bare.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      return bare;
    }
  }
}
