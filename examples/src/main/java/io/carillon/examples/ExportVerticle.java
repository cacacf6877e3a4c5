package io.carillon.examples;

import io.carillon.broker.Clients;
import io.carillon.codec.Payload;
import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.Future;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;

/**
 * Prepares exports in the background, on whatever node it runs, and tells the user on all devices
 * when one is ready. {@code /account/notes} is where they listen.
 */
public final class ExportVerticle extends ChannelVerticle {
  /** Takes orders: a user and the id of the export. Any instance in the cluster does. */
  static final String ADDRESS = "example.exports";

  private static final long WORK_MILLIS = 1_000;

  /** What the page is told. */
  record Note(String kind, String id, String text) {}

  @Override
  protected void routes(Routes routes) {
    routes
        .route("/account/notes", Payload.class, Note.class)
        .join(
            ch ->
                ch.send(
                    new Note("hello", "", ch.handshake().identity().user().orElse("nobody yet"))));
  }

  @Override
  public Future<?> start() throws Exception {
    vertx.eventBus().<JsonObject>consumer(ADDRESS, this::prepare);
    return super.start();
  }

  /** The timer stands for the work. */
  private void prepare(Message<JsonObject> order) {
    String user = order.body().getString("user", "");
    String id = order.body().getString("id", "");
    vertx.setTimer(
        WORK_MILLIS,
        done ->
            Clients.of(vertx)
                .user(user)
                .on("/account/notes")
                .send(new Note("export", id, "Your export is ready.")));
  }
}
