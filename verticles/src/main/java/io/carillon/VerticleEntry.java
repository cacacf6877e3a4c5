package io.carillon;

import io.carillon.config.Settings;
import io.carillon.route.ChannelVerticle;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.util.Arrays;

/**
 * One entry of {@code verticles}: a class of the application's, and how it is deployed.
 *
 * @param type has a public constructor without parameters
 */
record VerticleEntry(Class<? extends Deployable> type, DeploymentOptions options) {
  private static final int FIRST_JAVA_WITH_VIRTUAL_THREADS = 21;

  /**
   * Reads an entry and finds its class.
   *
   * @throws IllegalArgumentException if there is no such verticle, or it cannot be deployed so
   */
  static VerticleEntry from(Settings entry, int eventLoops) {
    Class<? extends Deployable> type = type(entry);
    Threading threading = entry.oneOf("threading", Threading.EVENT_LOOP, Threading.class);
    if (threading == Threading.VIRTUAL
        && Runtime.version().feature() < FIRST_JAVA_WITH_VIRTUAL_THREADS) {
      throw entry.refuse(
          "threading",
          "eventLoop or worker on Java " + Runtime.version().feature() + ", virtual needs 21");
    }
    boolean perEventLoop =
        threading == Threading.EVENT_LOOP && ChannelVerticle.class.isAssignableFrom(type);
    return new VerticleEntry(
        type,
        new DeploymentOptions()
            .setThreadingModel(threading.model())
            .setInstances(
                Instances.of(entry, "instances", perEventLoop ? eventLoops : 1, eventLoops))
            .setConfig(entry.object("config")));
  }

  /**
   * Returns a new instance.
   *
   * @throws IllegalStateException if its constructor throws
   */
  Deployable create() {
    try {
      return type.getConstructor().newInstance();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(StartFailure.text(e.getCause()), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(StartFailure.text(e), e);
    }
  }

  private static Class<? extends Deployable> type(Settings entry) {
    String name =
        entry
            .string("name")
            .orElseThrow(() -> entry.refuse("name", "the name of a verticle's class"));
    Class<?> type;
    try {
      type = Class.forName(name, true, classLoader());
    } catch (ClassNotFoundException e) {
      throw entry.refuse("name", "a class on the class path");
    } catch (LinkageError e) {
      throw entry.refuse("name", "a class that can be loaded, " + StartFailure.text(e));
    }
    if (!Deployable.class.isAssignableFrom(type)) {
      throw entry.refuse("name", "a verticle, such as a ChannelVerticle");
    }
    if (!isCreatable(type)) {
      throw entry.refuse("name", "a public class with a public constructor without parameters");
    }
    return type.asSubclass(Deployable.class);
  }

  private static boolean isCreatable(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && !Modifier.isAbstract(type.getModifiers())
        && Arrays.stream(type.getConstructors()).anyMatch(one -> one.getParameterCount() == 0);
  }

  /** The application's, where it is not the one that loaded Carillon. */
  private static ClassLoader classLoader() {
    ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
    return ofThread == null ? VerticleEntry.class.getClassLoader() : ofThread;
  }
}
