package io.carillon.benchmarks;

import io.carillon.bridge.BrokerVerticle;
import io.carillon.bridge.ClusterOptions;
import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.carillon.codec.Payload;
import io.carillon.config.Settings;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A node of a cluster that is nothing but a broker, a publisher and a subscriber, and does what it
 * is told on standard input; each command is answered by one line.
 *
 * <pre>
 * nodes                       how many there are
 * subscribe TOPIC             counts what comes there, by sender
 * flood TOPIC BYTES SECONDS   publishes as fast as the broker takes it
 * rate TOPIC BYTES RATE SECONDS
 * received                    what has come, and begins anew
 * topics N                    wants so many topics, as an HTTP verticle does
 * </pre>
 *
 * <p>A message is 16 hexadecimal digits of the time, 8 of its number, 2 of its sender, and filler.
 */
final class BrokerNode extends VerticleBase {
  private static final int STAMP_DIGITS = 16;
  private static final int NUMBER_DIGITS = 8;
  private static final int SENDER_DIGITS = 2;
  private static final int SENDER = STAMP_DIGITS + NUMBER_DIGITS;
  private static final int HEAD = SENDER + SENDER_DIGITS;
  private static final int BURST = 64;
  private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What has come from one sender. */
  private static final class Incoming {
    private Histogram times = new Histogram();
    private long next = -1;
    private long count;
    private long lost;
    private long disorder;
    private long firstNanos;
    private long lastNanos;
  }

  private final int number;
  private final Map<Integer, Incoming> incoming = new TreeMap<>();
  private JsonArray stalls = new JsonArray();
  private long sequence;

  private BrokerNode(int number) {
    this.number = number;
  }

  /** Joins the cluster of the name given first, as the number given second. */
  public static void main(String[] args) throws Exception {
    VertxOptions options = new VertxOptions().setPreferNativeTransport(true);
    JsonObject config =
        new JsonObject()
            .put("cluster", new JsonObject().put("name", args[0]).put("port", ClusterSet.PORT));
    ClusterOptions cluster = ClusterOptions.from(Settings.of(config));
    cluster.configure(options);
    Vertx vertx =
        Vertx.builder()
            .with(options)
            .withClusterManager(cluster.manager())
            .buildClustered()
            .await();
    BrokerNode node = new BrokerNode(Integer.parseInt(args[1]));
    vertx
        .deployVerticle(new BrokerVerticle())
        .compose(ready -> vertx.deployVerticle(node))
        .await(30, TimeUnit.SECONDS);
    System.out.println("listening");
    node.serve();
    System.exit(0);
  }

  private void serve() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      Promise<Object> answer = Promise.promise();
      context.runOnContext(turn -> handle(words).<Object>map(value -> value).onComplete(answer));
      answer
          .future()
          .onSuccess(value -> System.out.println("answer " + value))
          .onFailure(failure -> System.out.println("answer failed " + failure));
    }
  }

  private Future<?> handle(List<String> words) {
    return switch (words.get(0)) {
      case "nodes" ->
          Future.succeededFuture(((VertxInternal) vertx).clusterManager().getNodes().size());
      case "subscribe" -> Broker.of(vertx).subscribe(words.get(1), this::receive).map(ok -> "ok");
      case "flood" ->
          flood(Topic.of(words.get(1)), integer(words, 2), Double.parseDouble(words.get(3)));
      case "rate" ->
          rate(
              Topic.of(words.get(1)),
              integer(words, 2),
              integer(words, 3),
              Double.parseDouble(words.get(4)));
      case "received" -> Future.succeededFuture(received());
      case "topics" -> topics(integer(words, 1));
      default -> Future.failedFuture("unknown command");
    };
  }

  private static int integer(List<String> words, int at) {
    return Integer.parseInt(words.get(at));
  }

  // ---- out

  private Payload message(byte[] message, long stamp) {
    Hex.put(message, 0, STAMP_DIGITS, stamp);
    Hex.put(message, STAMP_DIGITS, NUMBER_DIGITS, sequence++);
    Hex.put(message, SENDER, SENDER_DIGITS, number);
    return Payload.textOf(message.clone());
  }

  private static byte[] filled(int bytes) {
    byte[] message = new byte[bytes];
    Arrays.fill(message, (byte) 'x');
    return message;
  }

  private Future<String> flood(Topic topic, int bytes, double seconds) {
    Promise<String> done = Promise.promise();
    long begin = System.nanoTime();
    long before = sequence;
    burst(
        Broker.of(vertx),
        topic,
        filled(bytes),
        begin + (long) (seconds * 1e9),
        done,
        begin,
        before);
    return done.future();
  }

  /** One burst after the other, the next when the broker has taken the last of this one. */
  private void burst(
      Broker broker,
      Topic topic,
      byte[] message,
      long end,
      Promise<String> done,
      long begin,
      long before) {
    long now = System.nanoTime();
    if (now > end) {
      done.complete((sequence - before) + " " + (now - begin) / 1e9);
      return;
    }
    Future<Void> last = Future.succeededFuture();
    for (int i = 0; i < BURST; i++) {
      last = broker.publish(new Publication(topic, message(message, System.nanoTime()), null));
    }
    last.onComplete(
        taken ->
            context.runOnContext(turn -> burst(broker, topic, message, end, done, begin, before)));
  }

  private Future<String> rate(Topic topic, int bytes, int perSecond, double seconds) {
    Promise<String> done = Promise.promise();
    Broker broker = Broker.of(vertx);
    byte[] message = filled(bytes);
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    long before = sequence;
    long step = TimeUnit.SECONDS.toNanos(1) / perSecond;
    long[] due = {begin};
    vertx.setPeriodic(
        1,
        timer -> {
          for (long now = System.nanoTime(); due[0] <= now && due[0] < end; due[0] += step) {
            long intended = due[0];
            broker
                .publish(new Publication(topic, message(message, System.nanoTime()), null))
                .onComplete(taken -> noteStall("publisher", intended));
          }
          if (due[0] >= end) {
            vertx.cancelTimer(timer);
            done.complete(Long.toString(sequence - before));
          }
        });
    return done.future();
  }

  private void noteStall(String who, long sinceNanos) {
    long now = System.nanoTime();
    if (now - sinceNanos > STALL_NANOS) {
      stalls.add(new JsonObject().put("who", who).put("since", sinceNanos).put("until", now));
    }
  }

  // ---- in

  private void receive(Publication publication) {
    var bytes = Unpooled.wrappedBuffer(publication.payload().bytes());
    long now = System.nanoTime();
    Incoming from =
        incoming.computeIfAbsent(
            (int) Hex.get(bytes, SENDER, SENDER_DIGITS), first -> new Incoming());
    long stamp = Hex.get(bytes, 0, STAMP_DIGITS);
    long at = Hex.get(bytes, STAMP_DIGITS, NUMBER_DIGITS);
    if (from.next >= 0 && at > from.next) {
      from.lost += at - from.next;
    } else if (from.next >= 0 && at < from.next) {
      from.disorder++;
    }
    from.next = Math.max(from.next, at + 1);
    from.times.add(now - stamp);
    if (from.count++ == 0) {
      from.firstNanos = now;
    }
    from.lastNanos = now;
    if (publication.payload().size() >= HEAD) {
      noteStall("subscriber of " + Hex.get(bytes, SENDER, SENDER_DIGITS), stamp);
    }
  }

  private JsonObject received() {
    JsonObject report = new JsonObject();
    incoming.forEach(
        (sender, from) ->
            report.put(
                Integer.toString(sender),
                new JsonObject()
                    .put("count", from.count)
                    .put("lost", from.lost)
                    .put("disorder", from.disorder)
                    .put("secs", (from.lastNanos - from.firstNanos) / 1e9)
                    .put("p50_us", from.times.quantile(0.5) / 1e3)
                    .put("p99_us", from.times.quantile(0.99) / 1e3)
                    .put("max_us", from.times.max() / 1e3)));
    report.put("stalls", stalls);
    stalls = new JsonArray();
    incoming
        .values()
        .forEach(
            from -> {
              from.count = 0;
              from.times = new Histogram();
            });
    return report;
  }

  // ---- topics

  /** Wants topics as an HTTP verticle does: one address, however many there are. */
  private Future<String> topics(int count) {
    Broker broker = Broker.of(vertx);
    String address = "bench.topics:" + number;
    vertx.eventBus().localConsumer(address, message -> {});
    return topics(broker, address, 0, count);
  }

  private Future<String> topics(Broker broker, String address, int from, int count) {
    if (from >= count) {
      return Future.succeededFuture("ok");
    }
    int to = Math.min(count, from + 1000);
    List<Future<Void>> asked = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Topic topic = Topic.of("/rooms/" + number + "-" + i);
      asked.add(broker.ask(Addresses.ACTION_SUBSCRIBE, topic, address));
    }
    return Future.all(asked).compose(done -> topics(broker, address, to, count));
  }
}
