package io.carillon;

import io.carillon.codec.Json;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The command line, of which we read those options ourselves that are JSON: the launcher only warns
 * about a file that it cannot read, and starts with nothing.
 */
final class Arguments {
  /** Where the configuration is on the class path when the command line has none. */
  static final String DEFAULT_CONF = "carillon/server.json";

  private static final Set<String> CLUSTER = Set.of("c", "cluster");
  private static final Set<String> CONF = Set.of("conf");
  private static final Set<String> VERTX_OPTIONS = Set.of("options", "vertx-options");
  private static final Set<String> DEPLOYMENT_OPTIONS = Set.of("deployment-options");

  /** The options of the launcher that have a value and stay with it. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "instances",
          "cluster-port",
          "cluster-host",
          "cluster-public-port",
          "cluster-public-host");

  private static final Set<String> WITHOUT_VALUE =
      Set.of("c", "cluster", "w", "worker", "vt", "virtual-thread", "h", "help");

  private final List<String> rest;
  private final List<String> operands;
  private final @Nullable String conf;
  private final @Nullable String vertxOptions;
  private final @Nullable String deploymentOptions;
  private @Nullable JsonObject readConf;

  private Arguments(String[] args) {
    rest = new ArrayList<>(List.of(args));
    conf = take(CONF);
    vertxOptions = take(VERTX_OPTIONS);
    deploymentOptions = take(DEPLOYMENT_OPTIONS);
    operands = operands();
  }

  static Arguments of(String[] args) {
    return new Arguments(args);
  }

  /** What is left for the launcher. */
  String[] forLauncher() {
    return rest.toArray(String[]::new);
  }

  /**
   * Reads everything.
   *
   * @throws IllegalArgumentException if something cannot be read or is not allowed; the text is for
   *     whoever typed it
   */
  void check() {
    if (!operands.isEmpty()) {
      throw new IllegalArgumentException(
          "verticles are named in the configuration (verticles), not on the command line: "
              + operands.get(0));
    }
    check("-options", vertxOptions(), options -> new VertxOptions(options).getEventLoopPoolSize());
    check(
        "-deployment-options",
        deploymentOptions(),
        options -> new DeploymentOptions(options).getInstances());
    conf();
  }

  /**
   * The configuration; that of the class path, or an empty one, where the command line has none.
   */
  JsonObject conf() {
    JsonObject read = readConf;
    if (read == null) {
      read = conf == null ? fromClassPath() : parse("-conf", conf);
      readConf = read;
    }
    return read;
  }

  /** Whether the node is to join a cluster. */
  boolean isClustered() {
    return rest.stream().map(Arguments::name).anyMatch(CLUSTER::contains);
  }

  /** The options of Vert.x, which prefer its native transport unless they say otherwise. */
  JsonObject vertxOptions() {
    JsonObject options = vertxOptions == null ? new JsonObject() : parse("-options", vertxOptions);
    if (!options.containsKey("preferNativeTransport")) {
      options.put("preferNativeTransport", true);
    }
    return options;
  }

  JsonObject deploymentOptions() {
    return deploymentOptions == null
        ? new JsonObject()
        : parse("-deployment-options", deploymentOptions);
  }

  private static void check(String option, JsonObject value, Consumer<JsonObject> reader) {
    try {
      reader.accept(value);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(option + ": " + StartFailure.text(e), e);
    }
  }

  /** Takes the last value of an option out of the command line. */
  private @Nullable String take(Set<String> names) {
    String value = null;
    for (int i = 0; i < rest.size(); i++) {
      String name = name(rest.get(i));
      int equals = rest.get(i).indexOf('=');
      if (!names.contains(name)) {
        i += WITH_VALUE.contains(name) && equals < 0 ? 1 : 0;
      } else if (equals >= 0) {
        value = rest.remove(i--).substring(equals + 1);
      } else if (i + 1 < rest.size()) {
        rest.remove(i);
        value = rest.remove(i--);
      }
    }
    return value;
  }

  /** What belongs to no option; nothing where an option is unknown, of which the launcher tells. */
  private List<String> operands() {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < rest.size(); i++) {
      String argument = rest.get(i);
      String name = name(argument);
      if (name.isEmpty()) {
        found.add(argument);
      } else if (WITH_VALUE.contains(name)) {
        i += argument.indexOf('=') < 0 ? 1 : 0;
      } else if (!WITHOUT_VALUE.contains(name)) {
        return List.of();
      }
    }
    return found;
  }

  /** The name of an option in small letters; empty for what is none. */
  private static String name(String argument) {
    if (!argument.startsWith("-")) {
      return "";
    }
    int start = argument.startsWith("--") ? 2 : 1;
    int equals = argument.indexOf('=');
    String name = argument.substring(start, equals < 0 ? argument.length() : equals);
    return name.toLowerCase(Locale.ROOT);
  }

  private static JsonObject parse(String option, String value) {
    if (value.stripLeading().startsWith("{")) {
      return parse(option, value, "");
    }
    try {
      return parse(option, Files.readString(Path.of(value)), ", file=" + value);
    } catch (NoSuchFileException | InvalidPathException e) {
      throw new IllegalArgumentException(option + " must be a file or JSON: no such file=" + value);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          option + " cannot be read: file=" + value + ", " + e.getClass().getSimpleName(), e);
    }
  }

  private static JsonObject parse(String option, String json, String from) {
    try {
      return Json.parseCommented(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(option + ": " + e.getMessage() + from, e);
    }
  }

  private static JsonObject fromClassPath() {
    try (InputStream in = Main.class.getClassLoader().getResourceAsStream(DEFAULT_CONF)) {
      if (in == null) {
        return new JsonObject();
      }
      String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return parse("configuration on the class path", json, ", file=" + DEFAULT_CONF);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be read: file=" + DEFAULT_CONF, e);
    }
  }
}
