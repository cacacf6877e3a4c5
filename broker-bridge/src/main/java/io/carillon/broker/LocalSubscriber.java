package io.carillon.broker;

import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageProducer;

/** One bus address of this node that wants a topic, and the form in which it takes publications. */
public final class LocalSubscriber {
  private final Vertx vertx;
  private final String address;
  private final boolean byReference;
  private final MessageProducer<Object> producer;

  /** A subscriber; {@code byReference} if it takes {@link Publication}s as Java objects. */
  public LocalSubscriber(Vertx vertx, String address, boolean byReference) {
    this.vertx = vertx;
    this.address = address;
    this.byReference = byReference;
    this.producer = vertx.eventBus().sender(address, ByReference.options(vertx));
  }

  /** Where it listens. */
  public String address() {
    return address;
  }

  /** Hands it a publication; false when nobody listens there any more. */
  boolean deliver(Publication publication) {
    // A message that stays in this JVM is either with its consumer now or refused.
    return !(byReference ? producer.write(publication) : plain(publication)).failed();
  }

  /** Hands it an ask, if it takes objects; the others have no clients. */
  void ask(Ask ask, Tally tally) {
    if (!byReference) {
      return;
    }
    tally.expect();
    if (producer.write(new Asked(ask, tally)).failed()) {
      tally.add(Answer.NONE);
    }
  }

  /** Has the broker, which keeps the map, forget this subscriber. */
  void reportGone(Topic topic) {
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .addHeader(Addresses.ACTION, Addresses.ACTION_UNSUBSCRIBE)
            .addHeader(Addresses.TOPIC, topic.uri())
            .addHeader(Addresses.ADDRESS, address);
    vertx.eventBus().send(Addresses.BROKER, null, options);
  }

  private Future<Void> plain(Publication publication) {
    Payload payload = publication.payload();
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .addHeader(Addresses.TOPIC, publication.topic().uri());
    return vertx.eventBus().<Object>sender(address, options).write(payload.toBody());
  }
}
