package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.auth.Handshake;
import io.carillon.auth.Revocations;
import io.carillon.auth.TestTokens;
import io.carillon.codec.Payload;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Tokens that are taken back: clients at two nodes, said from either and from a third that does not
 * even listen; that one has the handlers too.
 */
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RevocationsIT {
  private static final TestTokens ISSUER = TestTokens.shared();
  private static final JsonObject JWT =
      new JsonObject().put("secret", TestTokens.SECRET).put("maxRevocations", 6);

  private ClusterNode one;
  private ClusterNode two;
  private ClusterNode elsewhere;

  @BeforeAll
  void start() throws Exception {
    String cluster = ClusterNode.newCluster();
    one = ClusterNode.join(cluster).broker().http(new JsonObject().put("jwt", JWT));
    two = ClusterNode.join(cluster).broker().http(new JsonObject().put("jwt", JWT));
    elsewhere = ClusterNode.join(cluster).broker();
    elsewhere.serve(RevocationsIT::routes);
  }

  @AfterAll
  void stop() throws Exception {
    one.close();
    two.close();
    elsewhere.close();
  }

  private static void routes(Routes routes) {
    routes.route("/who").message((ch, said) -> ch.send(Payload.text(who(ch.handshake()))));
  }

  private static String who(Handshake handshake) {
    return handshake.identity().user().orElse("nobody")
        + " "
        + handshake.identity().claims().getString("role", "none");
  }

  private static Client connect(ClusterNode node, JsonObject claims, String... more)
      throws Exception {
    String token = ISSUER.sign(claims);
    return more.length == 0
        ? node.connect("/who", "Authorization", "Bearer " + token)
        : node.connect("/who", "Authorization", "Bearer " + token, more[0], more[1]);
  }

  private static int status(ClusterNode node, JsonObject claims) throws Exception {
    return Client.status(node.port(), "/who", "Authorization", "Bearer " + ISSUER.sign(claims));
  }

  private static void await(Future<?> future) throws Exception {
    future.await(10, SECONDS);
  }

  private static void answers(Client client, String who) throws Exception {
    client.send("?");
    assertThat(client.text()).isEqualTo(who);
  }

  /** Each is told within a second or so; the time that a slow machine takes is not ours. */
  private static void areRevoked(Client... clients) throws Exception {
    long begun = System.nanoTime();
    for (Client client : clients) {
      assertThat(client.closed()).isEqualTo(new Client.Closed(4401, "token revoked"));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void aTokenIsRevokedByItsIdOnAllNodes() throws Exception {
    JsonObject revoked = TestTokens.claims("ann");
    JsonObject other = TestTokens.claims("ann");
    Client atOne = connect(one, revoked);
    Client atTwo = connect(two, revoked, "Sec-WebSocket-Protocol", "carillon.v1");
    Client stays = connect(two, other);

    await(
        Revocations.of(elsewhere.vertx)
            .revokeToken(revoked.getString("jti"), Instant.ofEpochSecond(revoked.getLong("exp"))));

    areRevoked(atOne, atTwo);
    answers(stays, "ann none");
    assertThat(status(one, revoked)).isEqualTo(401);
    assertThat(status(two, revoked)).isEqualTo(401);
    assertThat(status(two, other)).isEqualTo(101);
  }

  @Test
  void aSubjectIsSignedOutEverywhereAndMayComeBackWithANewToken() throws Exception {
    JsonObject before = TestTokens.claims("bob");
    before.put("iat", before.getLong("iat") - 5);
    Client atOne = connect(one, before);
    Client atTwo = connect(two, before);
    Client stays = connect(one, TestTokens.claims("carol"));

    await(Revocations.of(one.vertx).revokeSubject("bob"));

    areRevoked(atOne, atTwo);
    answers(stays, "carol none");
    assertThat(status(two, before)).isEqualTo(401);
    JsonObject later = TestTokens.claims("bob").put("iat", Instant.now().getEpochSecond() + 2);
    answers(connect(two, later), "bob none");
  }

  @Test
  void tokensIssuedBeforeATimeAreRevokedOfOneOrOfAll() throws Exception {
    long now = Instant.now().getEpochSecond();
    Client old = connect(one, TestTokens.claims("dora").put("iat", now - 3600));
    Client recent = connect(two, TestTokens.claims("dora").put("iat", now - 1800));
    Client others = connect(two, TestTokens.claims("eve").put("iat", now - 7200));

    await(Revocations.of(two.vertx).revokeIssuedBefore("dora", Instant.ofEpochSecond(now - 2700)));
    areRevoked(old);
    answers(recent, "dora none");

    await(Revocations.of(one.vertx).revokeIssuedBefore(Instant.ofEpochSecond(now - 5400)));
    areRevoked(others);
    answers(recent, "dora none");
  }

  @Test
  void aNodeThatStartsLaterKnowsWhatWasRevoked() throws Exception {
    JsonObject revoked = TestTokens.claims("fay");
    await(
        elsewhere
            .vertx
            .eventBus()
            .request(
                "carillon.revocations",
                new JsonObject()
                    .put("token", revoked.getString("jti"))
                    .put("expires", revoked.getLong("exp"))));
    try (ClusterNode late =
        ClusterNode.join(one.cluster()).broker().http(new JsonObject().put("jwt", JWT))) {
      late.serve(RevocationsIT::routes);

      assertThat(status(late, revoked)).isEqualTo(401);
      assertThat(status(late, TestTokens.claims("fay"))).isEqualTo(101);
    }
  }

  @Test
  void whatIsNoRevocationOrOneTooManyIsRefused() throws Exception {
    for (JsonObject bad :
        List.of(
            new JsonObject(),
            new JsonObject().put("subject", ""),
            new JsonObject().put("subject", 7),
            new JsonObject().put("subject", "x".repeat(1025)),
            new JsonObject().put("token", "x").put("expires", "soon"))) {
      assertThatThrownBy(() -> await(one.vertx.eventBus().request("carillon.revocations", bad)))
          .isInstanceOfSatisfying(
              ReplyException.class, e -> assertThat(e.failureCode()).isEqualTo(400));
    }
    Revocations revocations = Revocations.of(elsewhere.vertx);
    String cluster = ClusterNode.newCluster();
    try (ClusterNode small =
        ClusterNode.join(cluster).broker().http(new JsonObject().put("jwt", JWT))) {
      revocations = Revocations.of(small.vertx);
      for (int i = 0; i < 6; i++) {
        await(revocations.revokeSubject("user " + i));
      }
      Revocations full = revocations;
      assertThatThrownBy(() -> await(full.revokeSubject("one more")))
          .isInstanceOfSatisfying(
              ReplyException.class,
              e -> {
                assertThat(e.failureCode()).isEqualTo(507);
                assertThat(e.getMessage()).isEqualTo("too many revocations: max=6");
              });
      await(full.revokeSubject("user 0")); // it takes no more room
    }
  }

  @Test
  void handlersOnAnotherNodeHearOfNewClaimsWithTheNextEvent() throws Exception {
    Client client =
        connect(
            one,
            TestTokens.claims("gil").put("role", "guest"),
            "Sec-WebSocket-Protocol",
            "carillon.v1");
    client.send("/who·?");
    assertThat(client.text()).isEqualTo("/who·gil guest");
    String token = ISSUER.sign(TestTokens.claims("gil").put("role", "admin"));
    client.send("·REFRESH·" + token + "·");
    assertThat(client.text()).isEqualTo("·OK·REFRESH·" + token + "·");
    client.send("/who·?");
    assertThat(client.text()).isEqualTo("/who·gil admin");
  }

  @Test
  void aConnectionOfAnotherNodeIsRefreshedByItsId() throws Exception {
    elsewhere.serve(
        routes -> routes.route("/id").message((ch, x) -> ch.send(Payload.text(ch.connectionId()))));
    long soon = System.currentTimeMillis() / 1000 + 3;
    String shortly = ISSUER.sign(TestTokens.claims("hal").put("exp", soon));
    Client lost = one.connect("/who", "Authorization", "Bearer " + shortly);
    Client kept = one.connect("/id", "Authorization", "Bearer " + shortly);
    kept.send("?");
    String id = kept.text();

    String url = "/.carillon/refresh?connection=" + id;
    assertThat(
            Client.post(two.port(), url, Map.of("Authorization", "Bearer " + ISSUER.sign("hal"))))
        .isEqualTo(200);
    assertThat(
            Client.post(two.port(), url, Map.of("Authorization", "Bearer " + ISSUER.sign("ian"))))
        .isEqualTo(403);

    assertThat(lost.closed()).isEqualTo(new Client.Closed(4401, "token expired"));
    kept.send("?");
    assertThat(kept.text()).isEqualTo(id);
  }
}
