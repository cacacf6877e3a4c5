package io.carillon.broker;

import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageProducer;
import java.util.List;
import java.util.function.Consumer;

/** One bus address of this node that wants a topic, and the form in which it takes publications. */
public final class LocalSubscriber implements Consumer<List<Publication>> {
  private final Vertx vertx;
  private final String address;
  private final boolean byReference;
  private final long thread;
  private final MessageProducer<Object> producer;

  /**
   * A subscriber.
   *
   * @param byReference whether it takes {@link Publication} and {@link Publications} as Java
   *     objects
   * @param thread the id of the thread where it listens; 0 if that is not known
   */
  public LocalSubscriber(Vertx vertx, String address, boolean byReference, long thread) {
    this.vertx = vertx;
    this.address = address;
    this.byReference = byReference;
    this.thread = thread;
    this.producer = vertx.eventBus().sender(address, ByReference.options(vertx));
  }

  /** Where it listens. */
  public String address() {
    return address;
  }

  /**
   * Whether publications may wait for others of the same turn, because another thread gets them.
   */
  boolean takesTogether(long publisherThread) {
    return byReference && thread != publisherThread;
  }

  /** Hands it a publication. */
  void deliver(Publication publication) {
    if ((byReference ? producer.write(publication) : plain(publication)).failed()) {
      reportGone(publication.topic());
    }
  }

  /** Hands it publications in their order. */
  @Override
  public void accept(List<Publication> publications) {
    if (publications.size() == 1) {
      deliver(publications.get(0));
    } else if (producer.write(new Publications(publications)).failed()) {
      publications.stream().map(Publication::topic).distinct().forEach(this::reportGone);
    }
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

  /**
   * Has the broker, which keeps the map, forget this subscriber: a message that stays in this JVM
   * is either with its consumer now or refused.
   */
  private void reportGone(Topic topic) {
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
