package io.carillon.bridge;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.broker.Addresses;
import io.carillon.broker.Answer;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The other nodes are played on the event bus of one Vert.x, which knows of no cluster. */
@Timeout(20)
class LinksTest {
  private static final Topic TOPIC = new Topic("/t");
  private static final int BUCKET = Buckets.of(TOPIC);

  private final BlockingQueue<Publication> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> nodes = new LinkedBlockingQueue<>();
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
  private final Context context = vertx.getOrCreateContext();
  private final Links links =
      new Links(vertx, "here", 1 << 20, heard::add, ask -> Future.succeededFuture(Answer.NONE));
  private PlayedNode there;

  @BeforeEach
  void start() throws Exception {
    there = PlayedNode.join(vertx, "there", "here");
    vertx
        .eventBus()
        .<Object>localConsumer(
            Addresses.NODES,
            message ->
                nodes.add(
                    PlayedNode.action(message) + " " + message.headers().get(Addresses.NODE)));
    await(links::start);
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, SECONDS);
  }

  // ---- greeting

  @Test
  void aGreetingIsAnsweredWithWhatIsWantedHere() throws Exception {
    await(() -> links.want(5));
    await(() -> links.want(700));
    Message<Buffer> answer = there.greet();
    assertThat(Buckets.list(answer.body())).containsExactly(5, 700);
    assertThat(answer.headers().get(Addresses.NODE)).isEqualTo("here");
    assertThat(answer.headers().get(Addresses.VERSION)).isEqualTo("1.0");
  }

  @Test
  void everybodyOnThisNodeHearsOfTheOtherOnce() throws Exception {
    there.greet();
    there.greet();
    PlayedNode third = PlayedNode.join(vertx, "third", "here");
    third.greet();
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted there");
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted third");
  }

  @Test
  void aNodeThatGreetsAnewHasLostUsSoItIsLostHereToo() throws Exception {
    there.greet();
    there.epoch(2).greet();
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted there");
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("lost there");
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted there");
  }

  @Test
  void aNodeThatHasLostUsWhileItWasSilentIsLostHereToo() throws Exception {
    there.greet();
    there.freeze();
    await(() -> links.want(5)); // after a second without an answer
    there.thaw();
    there.epoch(2).greet();
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted there");
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("lost there");
    assertThat(nodes.poll(10, SECONDS)).isEqualTo("greeted there");
  }

  // ---- joined means reachable

  @Test
  void aJoinCompletesWhenTheOtherNodeKnows() throws Exception {
    there.greet();
    there.freeze();
    Future<Void> joined = run(() -> links.want(BUCKET));
    Message<Object> told = there.next("want");
    assertThat(Buckets.list((Buffer) told.body())).containsExactly(BUCKET);
    assertThat(joined.isComplete()).isFalse();
    told.reply(null);
    joined.await(10, SECONDS);
  }

  @Test
  void joinsOfTheSameMomentShareAMessage() throws Exception {
    there.greet();
    await(
        () -> {
          links.want(1);
          links.want(2);
          links.want(1);
          return links.want(3);
        });
    assertThat(Buckets.list((Buffer) there.next("want").body())).containsExactly(1, 2, 3);
    assertThat(there.received).isEmpty();
  }

  @Test
  void aSecondJoinDoesNotOvertakeTheFirst() throws Exception {
    there.greet();
    there.freeze();
    Future<Void> first = run(() -> links.want(BUCKET));
    Message<Object> told = there.next("want");
    Future<Void> second = run(() -> links.want(BUCKET));
    assertThat(second.isComplete()).isFalse();
    told.reply(null);
    first.await(10, SECONDS);
    second.await(10, SECONDS);
    assertThat(there.received).isEmpty();
  }

  @Test
  void aNodeThatDoesNotAnswerHoldsUpOneJoinForASecondAndNoOther() throws Exception {
    there.greet();
    there.freeze();
    long began = System.nanoTime();
    await(() -> links.want(1));
    assertThat(System.nanoTime() - began).isBetween(900_000_000L, 2_500_000_000L);
    there.next("want");

    await(() -> links.want(2));

    assertThat(there.received).isEmpty();
  }

  @Test
  void aNodeThatAnswersAgainHearsWhatIsWantedNow() throws Exception {
    there.greet();
    there.freeze();
    await(() -> links.want(1));
    await(() -> links.want(2));
    there.thaw();
    assertThat(Buckets.list(there.greet().body())).containsExactly(1, 2);
    await(() -> links.want(3));
    Message<Object> last = there.next("want");
    while (!Buckets.list((Buffer) last.body()).contains(3)) {
      last = there.next("want");
    }
  }

  @Test
  void whatIsNotWantedAnyMoreIsToldWithoutAnAnswer() throws Exception {
    there.greet();
    await(() -> links.want(1));
    await(() -> links.want(2));
    run(
        () -> {
          links.unwant(Set.of(1));
          return Future.succeededFuture();
        });
    Message<Object> told = there.next("unwant");
    assertThat(Buckets.list((Buffer) told.body())).containsExactly(1);
    assertThat(told.replyAddress()).isNull();
    assertThat(Buckets.list(there.greet().body())).containsExactly(2);
  }

  // ---- to the other nodes

  @Test
  void aPublicationGoesToTheNodesThatWantItAndToNoOther() throws Exception {
    PlayedNode third = PlayedNode.join(vertx, "third", "here");
    there.wants(BUCKET).greet();
    third.wants(BUCKET + 1).greet();
    await(() -> links.publish(text("1")));
    await(() -> links.publish(new Publication(topicOf(BUCKET + 1), Payload.text("2"), null)));
    assertThat(read(there.next("batch"))).containsExactly(text("1"));
    assertThat(read(third.next("batch")))
        .extracting(one -> one.payload().text())
        .containsExactly("2");
    assertThat(there.received).isEmpty();
    assertThat(third.received).isEmpty();
  }

  @Test
  void whatANodeWantsFollowsWhatItSays() throws Exception {
    there.greet();
    await(() -> links.publish(text("too early")));
    there.ask("want", Buckets.encode(List.of(BUCKET))).await(10, SECONDS);
    await(() -> links.publish(text("wanted")));
    there.ask("unwant", Buckets.encode(List.of(BUCKET)));
    there
        .ask("want", Buckets.encode(List.of(9)))
        .await(10, SECONDS); // so the one before is through
    await(() -> links.publish(text("too late")));
    there.ask("want", Buckets.encode(List.of(BUCKET))).await(10, SECONDS);
    await(() -> links.publish(text("wanted again")));
    assertThat(read(there.next("batch"))).containsExactly(text("wanted"));
    assertThat(read(there.next("batch"))).containsExactly(text("wanted again"));
  }

  @Test
  void aNodeThatHasNotSaidWhatItWantsGetsEverything() throws Exception {
    there.ask("want", Buckets.encode(List.of(9))).await(10, SECONDS);
    await(() -> links.publish(text("for all")));
    assertThat(read(there.next("batch"))).containsExactly(text("for all"));
  }

  @Test
  void whatIsPublishedInOneTurnIsOneMessage() throws Exception {
    there.wants(BUCKET).greet();
    await(
        () -> {
          for (int i = 0; i < 1_000; i++) {
            links.publish(text("message " + i));
          }
          return Future.succeededFuture();
        });
    Message<Object> batch = there.next("batch");
    assertThat(read(batch)).hasSize(1_000);
    assertThat(batch.headers().get(Addresses.SEQUENCE)).isEqualTo("1");
  }

  @Test
  void whatWasPublishedIsWrittenBeforeItStops() throws Exception {
    there.wants(BUCKET).greet();
    await(
        () -> {
          links.publish(text("last words"));
          return links.stop();
        });
    assertThat(read(there.next("batch"))).containsExactly(text("last words"));
  }

  // ---- from the other nodes

  @Test
  void publicationsOfAnotherNodeArriveInTheirOrder() throws Exception {
    there.send(1, text("1"), text("2"));
    there.send(2, text("3"));
    assertHeard("1", "2", "3");
  }

  @Test
  void doubledAndLateMessagesAreDropped() throws Exception {
    there.send(1, text("1"));
    there.send(2, text("2"));
    there.send(2, text("2"));
    there.send(1, text("1"));
    there.send(3, text("3"));
    assertHeard("1", "2", "3");
  }

  @Test
  void aHoleIsLoggedAndCounted() throws Exception {
    try (LogLines log = LogLines.of(Links.class)) {
      there.send(1, text("1"));
      there.send(4, text("4"));
      there.send(6, text("6"));
      assertHeard("1", "4", "6");
      assertThat(log.next("missing"))
          .isEqualTo("WARN messages of a node are missing: node=there, total=2");
      assertThat(log.next("missing"))
          .isEqualTo("WARN messages of a node are missing: node=there, total=3");
    }
  }

  @Test
  void whatAnOldConnectionDeliversBehindANewOneIsDropped() throws Exception {
    there.send(1, text("old 1"));
    there.epoch(2).send(1, text("new 1"));
    there.epoch(1).send(2, text("old 2"));
    there.epoch(2).send(2, text("new 2"));
    assertHeard("old 1", "new 1", "new 2");
  }

  @Test
  void eachNodeIsNumberedForItself() throws Exception {
    PlayedNode third = PlayedNode.join(vertx, "third", "here");
    there.send(1, text("there 1"));
    third.send(1, text("third 1"));
    there.send(2, text("there 2"));
    third.send(2, text("third 2"));
    assertHeard("there 1", "third 1", "there 2", "third 2");
  }

  @Test
  void aBatchThatIsCutShortIsRefusedAndTheNextOneIsNot() throws Exception {
    try (LogLines log = LogLines.of(Links.class)) {
      Buffer batch = Buffer.buffer();
      Batch.append(batch, text("whole"));
      Batch.append(batch, text("cut"));
      there.sendBatch(
          "1.0", Map.of(Addresses.SEQUENCE, "1"), batch.getBuffer(0, batch.length() - 1));
      there.send(2, text("next"));
      assertHeard("whole", "next");
      assertThat(log.next("refused"))
          .isEqualTo(
              "WARN batch refused: node=there, batch is cut short: bytes=" + (batch.length() - 1));
    }
  }

  // ---- versions

  @Test
  void theNextMinorVersionIsUnderstoodAsFarAsItIsKnown() throws Exception {
    Map<String, String> later = Map.of("mood", "bright", Addresses.SEQUENCE, "1");
    there.ask("hello", "1.1", later, Buckets.encode(List.of(BUCKET))).await(10, SECONDS);
    there.ask("want", "1.9", later, Buckets.encode(List.of(9))).await(10, SECONDS);
    await(() -> links.publish(text("to there")));
    assertThat(read(there.next("batch"))).containsExactly(text("to there"));

    Buffer batch = Buffer.buffer().appendInt(4).appendByte((byte) 9).appendString("new");
    Batch.append(batch, text("known"));
    there.sendBatch("1.1", later, batch);
    assertHeard("known");
  }

  @Test
  void anActionOfALaterVersionIsRefusedAndHarmsNothing() throws Exception {
    assertRefused(
        there.ask("dance", "1.1", Map.of(), Buffer.buffer()), "unknown action: action=dance");
    there.send(1, text("next"));
    assertHeard("next");
  }

  @Test
  void anotherMajorVersionIsRefusedAndLogged() throws Exception {
    try (LogLines log = LogLines.of(Links.class)) {
      String refusal = "contract version not spoken here: version=";
      assertRefused(there.ask("hello", "2.0", Map.of(), Buffer.buffer()), refusal + "2.0");
      assertRefused(there.ask("want", "10.0", Map.of(), Buffer.buffer()), refusal + "10.0");
      assertRefused(there.ask("want", "", Map.of(), Buffer.buffer()), refusal);
      there.sendBatch("2.0", Map.of(Addresses.SEQUENCE, "1"), Buffer.buffer());
      for (String version : List.of("2.0", "10.0", "", "2.0")) {
        assertThat(log.next("version"))
            .isEqualTo("WARN message of another contract version refused: version=" + version);
      }
      assertThat(nodes).isEmpty();
    }
  }

  @Test
  void whatHasNoBodyOrAnotherIsRefused() throws Exception {
    for (String action : List.of("hello", "want")) {
      for (Object body : new Object[] {null, "text", 7}) {
        assertRefused(there.ask(action, body), "a body is needed: action=" + action);
      }
    }
    there.send(1, text("next"));
    assertHeard("next");
  }

  @Test
  void anAnnouncementOfAnotherNodeIsTakenIn() throws Exception {
    JsonObject announcement = new JsonObject().put("address", "a").put("node", "there");
    there.ask("announce", announcement).await(10, SECONDS);
    assertThat(announced()).containsEntry("a", announcement);
    there.ask("withdraw", announcement).await(10, SECONDS);
    assertThat(announced()).isEmpty();
  }

  @Test
  void aGreetingSaysWhichInstancesThereAre() throws Exception {
    JsonObject ours = new JsonObject().put("address", "a").put("node", "here");
    JsonObject theirs = new JsonObject().put("address", "b").put("node", "there");
    announced().put("a", ours);
    Message<Buffer> answer =
        there
            .ask("hello", "1.0", Map.of("announced", "[" + theirs.encode() + "]"), Buffer.buffer())
            .await(10, SECONDS);
    assertThat(answer.headers().get("announced")).isEqualTo("[" + ours.encode() + "]");
    assertThat(announced()).containsOnlyKeys("a", "b");
  }

  @Test
  void aGreetingIsTheWholeTruthAboutInstances() throws Exception {
    announced().put("a", new JsonObject().put("address", "a").put("node", "here"));
    announced().put("b", new JsonObject().put("address", "b").put("node", "there"));
    there.ask("hello", "1.0", Map.of("announced", "[]"), Buffer.buffer()).await(10, SECONDS);
    assertThat(announced()).containsOnlyKeys("a");
  }

  private Map<String, JsonObject> announced() {
    return io.carillon.broker.Announced.in(vertx);
  }

  private static void assertRefused(Future<?> asked, String text) {
    assertThatThrownBy(() -> asked.await(10, SECONDS))
        .isInstanceOf(ReplyException.class)
        .hasMessage(text)
        .extracting(e -> ((ReplyException) e).failureCode())
        .isEqualTo(400);
  }

  private void assertHeard(String... texts) throws Exception {
    for (String text : texts) {
      assertThat(Objects.requireNonNull(heard.poll(10, SECONDS)).payload().text()).isEqualTo(text);
    }
    assertThat(heard).isEmpty();
  }

  private void await(Supplier<Future<Void>> task) throws Exception {
    run(task).await(10, SECONDS);
  }

  /** Runs on the event loop that owns the links. */
  private Future<Void> run(Supplier<Future<Void>> task) {
    Promise<Void> result = Promise.promise();
    context.runOnContext(owner -> task.get().onComplete(result));
    return result.future();
  }

  private static List<Publication> read(Message<Object> batch) {
    List<Publication> all = new java.util.ArrayList<>();
    Batch.read((Buffer) batch.body(), all::add);
    return all;
  }

  private static Publication text(String text) {
    return new Publication(TOPIC, Payload.text(text), null);
  }

  private static Topic topicOf(int bucket) {
    for (int i = 0; ; i++) {
      Topic topic = new Topic("/t/" + i);
      if (Buckets.of(topic) == bucket) {
        return topic;
      }
    }
  }
}
