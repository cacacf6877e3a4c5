package io.carillon;

import io.carillon.bridge.ClusterOptions;
import io.carillon.config.Settings;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.launcher.application.ExitCodes;
import io.vertx.launcher.application.HookContext;
import io.vertx.launcher.application.VertxApplication;
import io.vertx.launcher.application.VertxApplicationHooks;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line: the Vert.x launcher with {@link MainVerticle} to deploy.
 *
 * <pre>
 * java -jar carillon.jar -conf server.json
 * java -cp 'carillon.jar:app.jar' io.carillon.Main -conf app.json
 * </pre>
 *
 * <p>{@code -conf} names a JSON file, in which comments are allowed, or is JSON itself. Without it
 * the class path is asked for {@code carillon/server.json}; the one in {@code carillon.jar} runs
 * the examples. All else are options of the launcher, see {@code -help}; {@code -instances} must be
 * 1.
 *
 * <p>A start that fails says in one line on standard error what to mend, and ends the process: with
 * 2 for a wrong command line or an unreadable configuration, 11 if Vert.x or its cluster does not
 * start, 15 for everything behind that. The stack trace is logged at debug level.
 *
 * <p>At SIGTERM the verticles are stopped, and the process ends after {@code shutdown.timeout} (10
 * s by default) at the latest, whatever hangs.
 */
public final class Main extends VertxApplication implements VertxApplicationHooks {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  private final Arguments arguments;
  private Watchdog watchdog = new Watchdog(Shutdown.DEFAULT_TIMEOUT);

  /** A start with the arguments of a command line; nothing happens before {@link #launch()}. */
  public Main(String[] args) {
    this(Arguments.of(args));
  }

  private Main(Arguments arguments) {
    super(arguments.forLauncher(), null, false, false);
    this.arguments = arguments;
  }

  /** Starts a server, and returns when it stands. */
  public static void main(String[] args) {
    new Main(args).launch();
  }

  @Override
  public int launch() {
    try {
      arguments.check();
      watchdog = new Watchdog(Shutdown.timeout(Settings.of(arguments.conf())));
    } catch (IllegalArgumentException e) {
      exit(ExitCodes.USAGE, e);
    }
    int code = super.launch();
    if (code == ExitCodes.USAGE) {
      System.exit(code); // the launcher has said what it did not understand
    } else if (code != 0) {
      exit(code, new IllegalArgumentException("options that the launcher refuses, see -help"));
    }
    return code;
  }

  @Override
  public JsonObject afterVertxOptionsParsed(@Nullable JsonObject ignored) {
    return arguments.vertxOptions();
  }

  @Override
  public JsonObject afterDeploymentOptionsParsed(@Nullable JsonObject ignored) {
    return arguments.deploymentOptions();
  }

  @Override
  public JsonObject afterConfigParsed(@Nullable JsonObject ignored) {
    return arguments.conf();
  }

  @Override
  public VertxBuilder createVertxBuilder(VertxOptions options) {
    VertxBuilder builder = Vertx.builder().with(options);
    if (arguments.isClustered()) {
      try {
        if (System.getProperty("hazelcast.logging.type") == null) {
          System.setProperty("hazelcast.logging.type", "slf4j"); // from its very first line
        }
        ClusterOptions cluster = ClusterOptions.from(Settings.of(arguments.conf()));
        cluster.configure(options);
        builder.withClusterManager(cluster.manager());
      } catch (IllegalArgumentException e) {
        exit(ExitCodes.USAGE, e);
      }
    }
    return builder;
  }

  @Override
  public Supplier<? extends Deployable> verticleSupplier() {
    return MainVerticle::new;
  }

  @Override
  public void afterFailureToStartVertx(HookContext context, @Nullable Throwable failure) {
    exit(
        ExitCodes.VERTX_INITIALIZATION,
        failure == null || !arguments.isClustered()
            ? failure
            : StartFailure.of(context.vertxOptions().getEventBusOptions(), failure));
  }

  @Override
  public void afterVertxStarted(HookContext context) {
    watchdog.arm();
  }

  @Override
  public void beforeDeployingVerticle(HookContext context) {
    DeploymentOptions options = context.deploymentOptions();
    if (options.getInstances() != 1) {
      exit(
          ExitCodes.USAGE,
          new IllegalArgumentException(
              "-instances must be 1, for one server deploys its own, see http.instances and"
                  + " verticles[].instances: -instances="
                  + options.getInstances()));
    }
    if (options.getThreadingModel() != ThreadingModel.EVENT_LOOP) {
      exit(
          ExitCodes.USAGE,
          new IllegalArgumentException(
              "-worker and -virtual-thread are for handlers, see verticles[].threading"));
    }
  }

  @Override
  public void afterFailureToDeployVerticle(HookContext context, @Nullable Throwable failure) {
    exit(ExitCodes.VERTX_DEPLOYMENT, failure);
  }

  @Override
  public void afterVertxStopped(HookContext context) {
    LOG.info("Carillon has stopped");
  }

  @Override
  public void afterFailureToStopVertx(HookContext context, @Nullable Throwable failure) {
    LOG.warn("Carillon has not stopped cleanly: {}", StartFailure.text(failure), failure);
  }

  /** Ends the process here, before the launcher logs the failure with its stack trace. */
  private void exit(int code, @Nullable Throwable failure) {
    System.err.println("Carillon did not start: " + StartFailure.text(failure));
    LOG.debug("start failed", failure);
    watchdog.exitCode(code);
    System.exit(code);
  }
}
