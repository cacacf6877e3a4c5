package io.carillon;

import io.carillon.route.ChannelVerticle;
import io.carillon.route.Routes;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.file.OpenOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Verticles for the tests of the start; what happens to them is written to a log. */
final class Probe {
  /** What happened, in order. Tests that read it run one behind the other. */
  static final List<String> LOG = new CopyOnWriteArrayList<>();

  private Probe() {}

  /** Serves {@code /echo}. */
  public static class Echo extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      LOG.add("echo started: " + config().encode());
      routes
          .route("/echo")
          .message((ch, payload) -> ch.send(payload))
          .leave(
              (ch, status) -> {
                LOG.add("left: " + status);
                System.out.println("left: " + status);
              });
    }

    @Override
    public Future<?> stop() throws Exception {
      LOG.add("echo stopped");
      return super.stop();
    }
  }

  /** Says that it broadcasts to topics of {@link Echo}, and to some that nobody serves. */
  public static final class Broadcasting extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes.broadcastsTo("/echo");
      routes.broadcastsTo("/updates/:what");
    }
  }

  /** Serves {@code /echo} as well, in another way. */
  public static final class Overlapping extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes.route("/echo").maxMessageBytes(5).message((ch, payload) -> ch.broadcast(payload));
    }
  }

  /** Serves {@code /thread}, on which it tells where it runs. */
  public static final class Where extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      routes
          .route("/thread", String.class, String.class)
          .message(
              (ch, text) ->
                  ch.send(
                      Context.isOnEventLoopThread()
                          ? "eventLoop"
                          : Context.isOnWorkerThread() ? "worker" : "other"));
    }
  }

  /** Sends one file of its configuration at {@code /download}, takes one at {@code /upload}. */
  public static final class Files extends ChannelVerticle {
    @Override
    protected void routes(Routes routes) {
      OpenOptions reading = new OpenOptions().setWrite(false);
      routes
          .route("/download")
          .join(
              ch -> {
                vertx
                    .fileSystem()
                    .open(config().getString("source"), reading)
                    .compose(file -> ch.streamBinary().from(file).eventually(file::close))
                    .onSuccess(sent -> ch.close());
              });
      routes.route("/upload", String.class, String.class).stream(
          200L << 20,
          (ch, message) ->
              vertx
                  .fileSystem()
                  .open(config().getString("target"), new OpenOptions())
                  .compose(file -> message.pipeTo(file).eventually(file::close))
                  .compose(written -> ch.send("written")));
    }
  }

  /** A verticle that knows nothing of Carillon. */
  public static final class Plain extends AbstractVerticle {
    @Override
    public void start() {
      LOG.add("plain started: " + config().encode());
    }

    @Override
    public void stop() {
      LOG.add("plain stopped");
    }
  }

  /** Never starts. */
  public static final class Failing extends VerticleBase {
    @Override
    public Future<?> start() {
      return Future.failedFuture(new java.io.IOException("no database"));
    }
  }

  /** Never stops. */
  public static final class Hanging extends VerticleBase {
    @Override
    public Future<?> stop() {
      System.out.println("hangs");
      return Promise.promise().future();
    }
  }

  /** Cannot be made. */
  public static final class Throwing extends VerticleBase {
    /** Throws. */
    public Throwing() {
      throw new UnsupportedOperationException("not today");
    }
  }

  /** Cannot be made by others. */
  public static final class Hidden extends VerticleBase {
    private Hidden() {}
  }
}
