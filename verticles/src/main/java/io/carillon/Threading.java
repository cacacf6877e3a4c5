package io.carillon;

import io.vertx.core.ThreadingModel;

/** Where the handlers of a verticle run. */
enum Threading {
  EVENT_LOOP(ThreadingModel.EVENT_LOOP),
  WORKER(ThreadingModel.WORKER),
  VIRTUAL(ThreadingModel.VIRTUAL_THREAD);

  private final ThreadingModel model;

  Threading(ThreadingModel model) {
    this.model = model;
  }

  ThreadingModel model() {
    return model;
  }
}
