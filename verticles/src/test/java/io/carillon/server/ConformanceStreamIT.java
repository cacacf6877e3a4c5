package io.carillon.server;

import io.carillon.codec.Payload;
import io.carillon.route.Routes;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;

/** The rules of RFC 6455 hold as well where the route takes messages in chunks. */
class ConformanceStreamIT extends ConformanceIT {
  @Override
  void serve(Routes routes) {
    routes.route("/echo").stream(
        1 << 20,
        (ch, message) -> {
          Buffer whole = Buffer.buffer();
          Promise<Void> end = Promise.promise();
          message
              .exceptionHandler(end::tryFail)
              .endHandler(end::tryComplete)
              .handler(whole::appendBuffer);
          return end.future()
              .compose(
                  here ->
                      ch.send(
                          message.isText()
                              ? Payload.text(whole.toString())
                              : Payload.binary(whole)));
        });
  }

  /** Not here: a handler that takes chunks is not done at once, and a close waits for no other. */
  @Override
  void answersToWhatCameBeforeTheCloseGoOutAheadOfTheEcho() {}
}
