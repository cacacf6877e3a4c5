package io.carillon.bridge;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.carillon.broker.Addresses;
import io.carillon.broker.Publication;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Another node's broker as a test plays it, message by message. */
final class PlayedNode {
  /** What came, and was answered with these buckets if it was a greeting, or with nothing. */
  final BlockingQueue<Message<Object>> received = new LinkedBlockingQueue<>();

  private final Vertx vertx;
  private final String name;
  private final String to;
  private volatile boolean answers = true;
  private volatile Buffer wants = Buffer.buffer();
  private volatile long epoch = 1;

  private PlayedNode(Vertx vertx, String name, String to) {
    this.vertx = vertx;
    this.name = name;
    this.to = to;
  }

  /** Joins as a node of that name; whatever it says goes to the node {@code to}. */
  static PlayedNode join(Vertx vertx, String name, String to) throws Exception {
    PlayedNode node = new PlayedNode(vertx, name, to);
    vertx
        .eventBus()
        .<Object>consumer(Addresses.nodeAddress(name), node::onMessage)
        .completion()
        .await(10, SECONDS);
    return node;
  }

  PlayedNode wants(int... buckets) {
    Buffer encoded = Buffer.buffer();
    for (int bucket : buckets) {
      encoded.appendUnsignedShort(bucket);
    }
    wants = encoded;
    return this;
  }

  /** From now on its messages are those of another link, as after it has lost the other side. */
  PlayedNode epoch(long of) {
    epoch = of;
    return this;
  }

  /** From now on it says nothing to whatever it is asked. */
  void freeze() {
    answers = false;
  }

  void thaw() {
    answers = true;
  }

  private void onMessage(Message<Object> message) {
    received.add(message);
    if (!answers) {
      return;
    }
    if (Addresses.ACTION_HELLO.equals(action(message))) {
      message.reply(wants, options("hello", "1.0", Map.of()));
    } else if (message.replyAddress() != null) {
      message.reply(null);
    }
  }

  static @Nullable String action(Message<?> message) {
    return message.headers().get(Addresses.ACTION);
  }

  /** The next message with that action, within 10 s; others before it are passed over. */
  Message<Object> next(String action) throws Exception {
    while (true) {
      Message<Object> message =
          Objects.requireNonNull(received.poll(10, SECONDS), "did not come: " + action);
      if (action.equals(action(message))) {
        return message;
      }
    }
  }

  /** Greets, and returns the answer. */
  Message<Buffer> greet() throws Exception {
    return ask("hello", wants).await(10, SECONDS);
  }

  Future<Message<Buffer>> ask(String action, @Nullable Object body) {
    return ask(action, "1.0", Map.of(), body);
  }

  /** Says something as a node of some version, with further headers. */
  Future<Message<Buffer>> ask(
      String action, String version, Map<String, String> headers, @Nullable Object body) {
    return vertx
        .eventBus()
        .request(Addresses.nodeAddress(to), body, options(action, version, headers));
  }

  /** Sends publications, numbered. */
  void send(long sequence, Publication... publications) {
    Buffer batch = Buffer.buffer();
    for (Publication publication : publications) {
      Batch.append(batch, publication);
    }
    sendBatch("1.0", Map.of(Addresses.SEQUENCE, Long.toString(sequence)), batch);
  }

  void sendBatch(String version, Map<String, String> headers, Buffer batch) {
    vertx
        .eventBus()
        .send(Addresses.nodeAddress(to), batch, options(Addresses.ACTION_BATCH, version, headers));
  }

  private DeliveryOptions options(String action, String version, Map<String, String> headers) {
    DeliveryOptions options =
        new DeliveryOptions()
            .addHeader(Addresses.VERSION, version)
            .addHeader(Addresses.ACTION, action)
            .addHeader(Addresses.NODE, name)
            .addHeader(Addresses.EPOCH, Long.toString(epoch));
    headers.forEach(options::addHeader);
    return options;
  }
}
