package io.carillon.bridge;

import io.carillon.broker.Addresses;
import io.carillon.broker.Publication;
import io.carillon.codec.Payload;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageProducer;

/** One local bus address that wants a topic, and the form in which it takes publications. */
final class Subscriber {
  private final EventBus bus;
  private final String address;
  private final boolean byReference;
  private final MessageProducer<Object> producer;

  Subscriber(EventBus bus, String address, boolean byReference, DeliveryOptions options) {
    this.bus = bus;
    this.address = address;
    this.byReference = byReference;
    this.producer = bus.sender(address, options);
  }

  String address() {
    return address;
  }

  /** Fails when nobody listens at the address any more. */
  Future<Void> deliver(Publication publication) {
    return byReference ? producer.write(publication) : deliverPlain(publication);
  }

  private Future<Void> deliverPlain(Publication publication) {
    DeliveryOptions options =
        new DeliveryOptions()
            .setLocalOnly(true)
            .addHeader(Addresses.TOPIC, publication.topic().uri());
    Payload payload = publication.payload();
    return bus.<Object>sender(address, options)
        .write(payload.isText() ? payload.text() : Buffer.buffer(payload.bytes()));
  }
}
