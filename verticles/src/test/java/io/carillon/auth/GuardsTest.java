package io.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Topic;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuardsTest {
  private static final Guard PASS = Guard.of("pass", request -> Verdict.pass());
  private static final Guard FORWARD = Guard.of("forward", request -> Verdict.forward());
  private static final Guard REFUSE = Guard.of("refuse", request -> Verdict.refuse(403, "no"));

  /** What a guard is asked in these tests. */
  private record Asked(Kind kind, Handshake handshake, Topic topic, Map<String, String> params)
      implements GuardRequest {
    @Override
    public String path(String name) {
      return params.get(name);
    }

    @Override
    public String query(String name) {
      return "";
    }
  }

  private static GuardRequest by(Identity identity, Map.Entry<?, ?>... headers) {
    return by(GuardRequest.Kind.HTTP, "GET", "192.0.2.1", identity, headers);
  }

  @SuppressWarnings("unchecked") // entries of texts
  private static GuardRequest by(
      GuardRequest.Kind kind,
      String method,
      String address,
      Identity identity,
      Map.Entry<?, ?>... headers) {
    Handshake handshake =
        Handshake.of(
                method,
                "/users/ann/x?a=1",
                false,
                address,
                (List<Map.Entry<String, String>>) (List<?>) List.of(headers))
            .with(identity);
    return new Asked(kind, handshake, Topic.of("/users/ann/x?a=1"), Map.of("sub", "ann"));
  }

  private static final GuardRequest NOBODY = by(Identity.ANONYMOUS);

  private static String said(Guard guard, GuardRequest request) {
    Future<Verdict> answer = guard.ask(request);
    assertThat(answer.isComplete()).isTrue();
    return answer.result() instanceof Verdict.Refused refused
        ? refused.status() + " " + refused.reason()
        : answer.result().getClass().getSimpleName();
  }

  private static Identity claiming(JsonObject claims) {
    return Identity.ANONYMOUS.withClaims(claims);
  }

  // ---- and, or

  @Test
  void bothHaveToPassAndTheSecondIsAskedOnlyThen() {
    assertThat(said(PASS.and(PASS), NOBODY)).isEqualTo("Pass");
    assertThat(said(PASS.and(REFUSE), NOBODY)).isEqualTo("403 no");
    assertThat(said(FORWARD.and(REFUSE), NOBODY)).isEqualTo("Forward");
    AtomicInteger asked = new AtomicInteger();
    Guard counted =
        request -> {
          asked.incrementAndGet();
          return Future.succeededFuture(Verdict.pass());
        };
    assertThat(said(REFUSE.and(counted), NOBODY)).isEqualTo("403 no");
    assertThat(asked).hasValue(0);
  }

  @Test
  void oneHasToPassAndTheSecondSaysWhatHappensElse() {
    assertThat(said(REFUSE.or(PASS), NOBODY)).isEqualTo("Pass");
    assertThat(said(PASS.or(REFUSE), NOBODY)).isEqualTo("Pass");
    assertThat(said(FORWARD.or(REFUSE), NOBODY)).isEqualTo("403 no");
    assertThat(said(REFUSE.or(FORWARD), NOBODY)).isEqualTo("Forward");
  }

  @Test
  void theyWaitForAnswersThatComeLater() {
    Promise<Verdict> later = Promise.promise();
    Guard slow = request -> later.future();
    Future<Verdict> both = slow.and(PASS).ask(NOBODY);
    Future<Verdict> either = slow.or(REFUSE).ask(NOBODY);
    assertThat(both.isComplete() || either.isComplete()).isFalse();
    later.complete(Verdict.pass());
    assertThat(both.result()).isEqualTo(Verdict.pass());
    assertThat(either.result()).isEqualTo(Verdict.pass());
  }

  @Test
  void oneThatThrowsFailsTheWhole() {
    Guard broken =
        request -> {
          throw new IllegalStateException("broken");
        };
    assertThat(broken.or(PASS).ask(NOBODY).cause()).hasMessage("broken");
    assertThat(PASS.and(broken).ask(NOBODY).cause()).hasMessage("broken");
  }

  @Test
  void namesTellWhatTheyAreMadeOf() {
    assertThat(PASS.and(REFUSE).or(Guards.claim("role", "admin")).name())
        .isEqualTo("pass and refuse or role=admin");
  }

  @Test
  void refusalIsAFailure() {
    assertThatThrownBy(() -> Verdict.refuse(302, "moved"))
        .hasMessage("a refusal must be 400 to 599: status=302");
  }

  // ---- who

  @Test
  void userIsNeeded() {
    assertThat(said(Guards.user(), NOBODY)).isEqualTo("401 sign in first");
    assertThat(said(Guards.user(), by(Identity.ANONYMOUS.withUser("ann")))).isEqualTo("Pass");
  }

  @Test
  void guestIsSentToTheSignInAndBack() {
    Verdict.Refused refused =
        (Verdict.Refused) Guards.userOrRedirect("/login").ask(NOBODY).result();
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.location()).isEqualTo("/login?return=%2Fusers%2Fann%2Fx%3Fa%3D1");
    Verdict.Refused posted =
        (Verdict.Refused)
            Guards.userOrRedirect("/login")
                .ask(by(GuardRequest.Kind.HTTP, "POST", "192.0.2.1", Identity.ANONYMOUS))
                .result();
    assertThat(posted.location()).isEqualTo("/login");
  }

  @ParameterizedTest
  @CsvSource({
    "/rooms?a=1#top, /rooms?a=1#top",
    "/, /",
    "//evil.net, /",
    "/\\evil.net, /",
    "https://evil.net, /",
    "javascript:alert(1), /",
    "'', /",
    "rooms, /",
    "'/\t/evil.net', /",
    "'/ /evil.net', /",
  })
  void wayBackIsAPathOfThisServer(String asked, String taken) {
    assertThat(Guards.returnPath(asked)).isEqualTo(taken);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "role=admin | Pass",
        "role=guest | 403 not allowed",
        "roles=b | Pass",
        "roles=c | 403 not allowed",
        "level=3 | Pass",
        "paid=true | Pass",
        "scope=write | Pass",
        "scope=read write | 403 not allowed",
        "realm.roles=x | Pass",
        "https://acme/tier=gold | Pass",
        "realm={\"roles\":[\"x\"]} | 403 not allowed",
        "none=null | 403 not allowed",
        "absent=null | 403 not allowed",
      })
  void claimHasAValue(String required, String outcome) {
    JsonObject claims =
        new JsonObject()
            .put("role", "admin")
            .put("roles", new JsonArray().add("a").add("b"))
            .put("level", 3)
            .put("paid", true)
            .put("scope", "read write")
            .put("realm", new JsonObject().put("roles", new JsonArray().add("x")))
            .put("https://acme/tier", "gold")
            .putNull("none");
    String[] parts = required.split("=", 2);
    assertThat(said(Guards.claim(parts[0], parts[1]), by(claiming(claims)))).isEqualTo(outcome);
  }

  @Test
  void whoIsNotKnownMaySignInAndWhoIsMayNot() {
    Guard admin = Guards.claim("role", "admin");
    assertThat(said(admin, NOBODY)).isEqualTo("401 sign in first");
    assertThat(said(admin, by(Identity.ANONYMOUS.withUser("ann")))).isEqualTo("403 not allowed");
  }

  @Test
  void parameterIsBoundToTheClaimOfItsName() {
    Guard own = Guards.bind("sub");
    assertThat(said(own, NOBODY)).isEqualTo("401 sign in first");
    assertThat(said(own, by(claiming(new JsonObject().put("sub", "ann"))))).isEqualTo("Pass");
    assertThat(said(own, by(claiming(new JsonObject().put("sub", "bob")))))
        .isEqualTo("403 not allowed");
    assertThat(said(own, by(Identity.ANONYMOUS.withUser("ann")))).isEqualTo("Pass");
    assertThat(said(own, by(claiming(new JsonObject().put("sub", "bob")).withUser("ann"))))
        .isEqualTo("403 not allowed");
  }

  // ---- shared secrets

  private static GuardRequest basic(String credentials) {
    String encoded =
        Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    return by(Identity.ANONYMOUS, Map.entry("Authorization", "basic " + encoded));
  }

  @Test
  void nameAndPasswordAreNeeded() {
    Guard guard = Guards.basic("staff", Map.of("ann", "pass:wörd", "nobody", ""));
    assertThat(said(guard, basic("ann:pass:wörd"))).isEqualTo("Pass");
    for (GuardRequest wrong :
        List.of(
            NOBODY,
            basic("ann:"),
            basic("ann:pass"),
            basic("ann"),
            basic("bob:pass:wörd"),
            basic(":"),
            basic("bob:"),
            by(Identity.ANONYMOUS, Map.entry("Authorization", "Basic ***")),
            by(Identity.ANONYMOUS, Map.entry("Authorization", "Bearer x")),
            basic("ann:" + "x".repeat(2000)))) {
      assertThat(said(guard, wrong)).isEqualTo("401 name and password are needed");
    }
    Verdict.Refused refused = (Verdict.Refused) guard.ask(NOBODY).result();
    assertThat(refused.headers())
        .containsEntry("WWW-Authenticate", "Basic realm=\"staff\", charset=\"UTF-8\"");
  }

  @Test
  void functionMaySayWhichPasswordIsRight() {
    Guard guard =
        Guards.basic("staff", (name, given) -> Future.succeededFuture(name.equals(given)));
    assertThat(said(guard, basic("ann:ann"))).isEqualTo("Pass");
    assertThat(said(guard, basic("ann:bob"))).isEqualTo("401 name and password are needed");
  }

  @Test
  void headerHasOneOfTheValues() {
    Guard guard = Guards.header("X-Api-Key", "old", "new");
    assertThat(said(guard, by(Identity.ANONYMOUS, Map.entry("x-api-key", "new"))))
        .isEqualTo("Pass");
    assertThat(said(guard, by(Identity.ANONYMOUS, Map.entry("x-api-key", "old"))))
        .isEqualTo("Pass");
    assertThat(said(guard, by(Identity.ANONYMOUS, Map.entry("x-api-key", "newer"))))
        .isEqualTo("401 header needed: X-Api-Key");
    assertThat(said(guard, NOBODY)).isEqualTo("401 header needed: X-Api-Key");
    assertThatThrownBy(() -> Guards.header("X-Api-Key", "")).hasMessageContaining("not empty");
  }

  // ---- how often, from where

  private static GuardRequest from(String address) {
    return by(GuardRequest.Kind.JOIN, "GET", address, Identity.ANONYMOUS);
  }

  @Test
  void addressMayAskSoOftenInAWindow() {
    AtomicLong clock = new AtomicLong(-5);
    Guard guard = Guards.rate(3, Duration.ofSeconds(10), clock::get);
    for (int i = 0; i < 3; i++) {
      assertThat(said(guard, from("192.0.2.1"))).isEqualTo("Pass");
    }
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(2_500));
    Verdict.Refused refused = (Verdict.Refused) guard.ask(from("192.0.2.1")).result();
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.headers()).containsEntry("Retry-After", "8");
    assertThat(said(guard, from("192.0.2.2"))).isEqualTo("Pass");
    clock.addAndGet(TimeUnit.SECONDS.toNanos(8));
    assertThat(said(guard, from("192.0.2.1"))).isEqualTo("Pass");
  }

  @Test
  void networkOfIpv6IsOneAddress() {
    Guard guard = Guards.rate(2, Duration.ofSeconds(10), () -> 0);
    assertThat(said(guard, from("2001:db8::1"))).isEqualTo("Pass");
    assertThat(said(guard, from("2001:db8:0:0:7::2"))).isEqualTo("Pass");
    assertThat(said(guard, from("2001:db8:0:0:0:0:0:3"))).isEqualTo("429 too many requests");
    assertThat(said(guard, from("2001:db8:0:1::1"))).isEqualTo("Pass");
  }

  @Test
  void manyAddressesDoNotShutOutAnother() {
    Guard guard = Guards.rate(5, Duration.ofSeconds(10), () -> 0);
    for (int i = 0; i < 2_000; i++) {
      guard.ask(from("10.1." + i / 250 + "." + i % 250));
    }
    int refused = 0;
    for (int i = 0; i < 100; i++) {
      refused += said(guard, from("192.0.2." + i)).equals("Pass") ? 0 : 1;
    }
    assertThat(refused).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, cross-site, http://evil.net, Pass",
    "POST, same-origin, , Pass",
    "POST, none, , Pass",
    "POST, cross-site, http://evil.net, 403 origin not allowed",
    "POST, same-site, http://evil.net, 403 origin not allowed",
    "POST, cross-site, http://partner.net, Pass",
    "DELETE, , http://evil.net, 403 origin not allowed",
    "POST, , null, 403 origin not allowed",
    "POST, , http://here, Pass",
    "POST, , , Pass",
  })
  void requestThatChangesSomethingComesFromHere(
      String method, String site, String origin, String outcome) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    headers.add(Map.entry("Host", "here"));
    if (site != null) {
      headers.add(Map.entry("Sec-Fetch-Site", site));
    }
    if (origin != null) {
      headers.add(Map.entry("Origin", origin));
    }
    GuardRequest request =
        by(
            GuardRequest.Kind.HTTP,
            method,
            "192.0.2.1",
            Identity.ANONYMOUS,
            headers.toArray(new Map.Entry<?, ?>[0]));
    assertThat(said(Guards.sameOrigin("partner.net"), request)).isEqualTo(outcome);
  }
}
