package io.carillon.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.net.URLEncoder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ready-made guards, and the way to use any guard on an HTTP route. */
public final class Guards {
  /** How long a guard of an HTTP route may take, over which it is refused with 504. */
  public static final Duration HTTP_TIMEOUT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Guards.class);
  private static final int MAX_CREDENTIALS_CHARS = 1024;
  private static final Set<HttpMethod> SAFE =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

  private Guards() {}

  // ---- who

  /** Needs a user who has signed in or sends a verified token; others get 401. */
  public static Guard user() {
    return Guard.of(
        "user",
        request ->
            request.identity().user().isPresent()
                ? Verdict.pass()
                : Verdict.refuse(401, "sign in first"));
  }

  /**
   * As above, but that HTTP requests are sent to the page where one signs in, with 303. A GET comes
   * back: its own path and query is in the parameter {@code return}; read that with {@link
   * #returnPath}.
   *
   * @param page path of the page
   */
  public static Guard userOrRedirect(String page) {
    return Guard.of(
        "user",
        request ->
            request.identity().user().isPresent()
                ? Verdict.pass()
                : Verdict.refuse(401, "sign in first").orRedirect(page + way(request)));
  }

  private static String way(GuardRequest request) {
    return request.handshake().method().equals("GET")
        ? "?return=" + URLEncoder.encode(request.topic().uri(), UTF_8)
        : "";
  }

  /**
   * Where to send a client that has signed in: {@code asked} if it is a path of this server, {@code
   * /} else, so that nobody can send a user from here to another site.
   */
  public static String returnPath(String asked) {
    boolean local =
        asked.startsWith("/")
            && !asked.startsWith("//")
            && asked.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '\\');
    return local ? asked : "/";
  }

  /**
   * Needs a claim with a value: a text, number or boolean that is the same, or a list that has it;
   * {@code scope} is a list of words. A name with dots also finds members of members, as {@code
   * realm_access.roles}, and {@code sub} is the user where no token says it. 401 where nothing is
   * known of the client, 403 where it is another one.
   */
  public static Guard claim(String name, String value) {
    return Guard.of(
        name + "=" + value,
        request -> claimed(request, Claims.has(request.identity(), name, value)));
  }

  /**
   * Needs a claim that has the value of the path parameter of the same name, as with {@code sub} on
   * {@code /users/:sub/**}. 401 and 403 as {@link #claim}.
   */
  public static Guard bind(String parameter) {
    return Guard.of(
        ":" + parameter,
        request ->
            claimed(request, Claims.has(request.identity(), parameter, request.path(parameter))));
  }

  private static Verdict claimed(GuardRequest request, boolean fits) {
    if (fits) {
      return Verdict.pass();
    }
    return Claims.isKnown(request.identity())
        ? Verdict.refuse(403, "not allowed")
        : Verdict.refuse(401, "sign in first");
  }

  // ---- shared secrets

  /**
   * Needs basic authentication (RFC 7617) with one of these names and passwords; others get 401.
   * Compared in constant time.
   */
  public static Guard basic(String realm, Map<String, String> passwords) {
    Map<String, String> known = Map.copyOf(passwords);
    return basic(
        realm,
        (name, password) -> {
          // An unknown name takes as long as a wrong password.
          boolean same = same(known.getOrDefault(name, ""), password);
          return Future.succeededFuture(same && known.containsKey(name));
        });
  }

  /** As above, with a function that says whether a name and a password are right. */
  public static Guard basic(String realm, BiFunction<String, String, Future<Boolean>> check) {
    String challenge =
        "Basic realm=\"" + realm.replaceAll("[\"\\\\]", "") + "\", charset=\"UTF-8\"";
    Verdict refused =
        Verdict.refuse(401, "name and password are needed").header("WWW-Authenticate", challenge);
    Guard guard =
        request -> {
          String[] given = credentials(request.handshake().header("authorization").orElse(""));
          return given.length < 2
              ? Future.succeededFuture(refused)
              : check
                  .apply(given[0], given[1])
                  .map(right -> Boolean.TRUE.equals(right) ? Verdict.pass() : refused);
        };
    return guard.named("basic");
  }

  /** Name and password, or nothing. */
  private static String[] credentials(String header) {
    if (!header.regionMatches(true, 0, "Basic ", 0, 6) || header.length() > MAX_CREDENTIALS_CHARS) {
      return new String[0];
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(header.substring(6).trim());
      return new String(decoded, UTF_8).split(":", 2);
    } catch (IllegalArgumentException notBase64) {
      return new String[0];
    }
  }

  /**
   * Needs a header with one of these values, such as an API key; others get 401. Compared in
   * constant time.
   *
   * @throws IllegalArgumentException if a value is empty, or there is none
   */
  public static Guard header(String name, String... values) {
    List<String> known = List.copyOf(Arrays.asList(values));
    if (known.isEmpty() || known.contains("")) {
      throw new IllegalArgumentException("a header guard needs values that are not empty: " + name);
    }
    return Guard.of(
        "header " + name,
        request -> {
          String given = request.handshake().header(name).orElse("");
          boolean right = false;
          for (String one : known) {
            right |= same(one, given);
          }
          return right ? Verdict.pass() : Verdict.refuse(401, "header needed: " + name);
        });
  }

  /** Takes as long for any two texts. */
  private static boolean same(String one, String other) {
    return MessageDigest.isEqual(digest(one), digest(other));
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  // ---- how often, from where

  /**
   * Lets an address pass so many times in each window of time, and refuses it with 429 until the
   * window is over. An IPv6 address counts as its network of 64 bits. Takes 512 KiB, whatever
   * comes. All who share the object share the count: keep it in a constant, since each instance of
   * a verticle declares its routes anew. Each node counts for itself.
   *
   * @throws IllegalArgumentException if {@code most} is not 1 to 16 million, or the window is empty
   */
  public static Guard rate(int most, Duration window) {
    return rate(most, window, System::nanoTime);
  }

  static Guard rate(int most, Duration window, LongSupplier nanos) {
    AddressRate rate = new AddressRate(most, window, nanos);
    return Guard.of(
        "rate",
        request -> {
          long seconds = rate.countOrWaitSeconds(request.handshake().remoteAddress());
          return seconds == 0
              ? Verdict.pass()
              : Verdict.refuse(429, "too many requests")
                  .header("Retry-After", Long.toString(seconds));
        });
  }

  /**
   * Refuses HTTP requests that change something (not GET, HEAD, OPTIONS) and come from a page of
   * another origin, with 403, by {@code Sec-Fetch-Site} and {@code Origin}: a protection against
   * cross-site request forgery without tokens in forms. A route that is to take such requests does
   * without it. Upgrades pass, since the server has looked at their origin.
   *
   * @param others pages of which other origins may; see {@link Origins}
   * @throws IllegalArgumentException if an entry breaks a rule
   */
  public static Guard sameOrigin(String... others) {
    Origins allowed = Origins.of(List.of(others));
    return Guard.of(
        "same origin",
        request ->
            request.kind() != GuardRequest.Kind.HTTP
                    || SAFE.contains(HttpMethod.valueOf(request.handshake().method()))
                    || isFromHere(request.handshake())
                    || allowed.contain(request.handshake())
                ? Verdict.pass()
                : Verdict.refuse(403, "origin not allowed"));
  }

  private static boolean isFromHere(Handshake handshake) {
    return handshake
        .header("sec-fetch-site")
        .map(site -> site.equals("same-origin") || site.equals("none"))
        .orElseGet(() -> Origins.isOwn(handshake));
  }

  // ---- HTTP

  /**
   * Asks a guard ahead of a route of the application's own: {@code
   * router.get("/club").handler(Guards.handler(guard)).handler(...)}. A refusal is answered with
   * its status, worded as all errors of the server are; a forward with 404.
   */
  public static Handler<RoutingContext> handler(Guard guard) {
    return context -> {
      GuardRequest request;
      try {
        request = HttpGuardRequest.of(context);
      } catch (IllegalArgumentException notATopic) {
        context.fail(new HttpException(400, "Bad Request"));
        return;
      }
      Future<Verdict> asked = guard.ask(request, HTTP_TIMEOUT.toMillis());
      if (asked.isComplete()) {
        onAnswer(context, guard, asked);
      } else {
        Context own = context.vertx().getOrCreateContext();
        asked.onComplete(done -> own.runOnContext(later -> onAnswer(context, guard, asked)));
      }
    };
  }

  private static void onAnswer(RoutingContext context, Guard guard, Future<Verdict> asked) {
    if (asked.failed()) {
      boolean late = asked.cause() instanceof TimeoutException;
      LOG.error(
          "guard {}: guard={}, path={}",
          late ? "timed out" : "failed",
          guard.name(),
          context.request().path(),
          asked.cause());
      context.fail(
          late ? new HttpException(504, "guard timed out") : new HttpException(500, (String) null));
    } else if (asked.result() instanceof Verdict.Pass) {
      context.next();
    } else if (asked.result() instanceof Verdict.Refused refused) {
      refuse(context, refused);
    } else {
      context.fail(new HttpException(404, (String) null));
    }
  }

  private static void refuse(RoutingContext context, Verdict.Refused refused) {
    refused.headers().forEach(context.response()::putHeader);
    if (refused.location().isEmpty()) {
      context.fail(new HttpException(refused.status(), refused.reason()));
    } else {
      context
          .response()
          .putHeader("Cache-Control", "no-store")
          .putHeader("Location", refused.location())
          .setStatusCode(303)
          .end();
    }
  }
}
