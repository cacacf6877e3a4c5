package io.carillon.server;

import io.carillon.auth.Guard;
import io.carillon.auth.Guards;
import io.carillon.config.Settings;
import io.carillon.route.UriPattern;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A guard that the configuration names for a path. All HTTP verticles of a node share it.
 *
 * @param path what it guards
 * @param guard what is asked
 */
record PathGuard(UriPattern path, Guard guard) {
  private static final int MOST_PER_MINUTE = 1_000_000;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if a value is not one; the text names the key
   */
  static PathGuard from(Settings settings) {
    UriPattern path = path(settings);
    List<Guard> all = new ArrayList<>();
    int perMinute = settings.integer("perMinute", 0, 0, MOST_PER_MINUTE);
    if (perMinute > 0) {
      all.add(Guards.rate(perMinute, Duration.ofMinutes(1)));
    }
    if (settings.bool("user", false)) {
      all.add(Guards.user());
    }
    JsonObject basic = settings.object("basic");
    if (!basic.isEmpty()) {
      all.add(Guards.basic("server", passwords(basic)));
    }
    settings.strings("requires").forEach(claim -> all.add(claim(settings, claim)));
    boolean own = settings.has("guard");
    if (own) {
      all.add(instance(settings));
    } else {
      // A guard of one's own reads the parameters itself.
      path.names().forEach(parameter -> all.add(Guards.bind(parameter)));
    }
    return new PathGuard(
        path,
        all.stream()
            .reduce(Guard::and)
            .orElseThrow(
                () ->
                    settings.refuse(
                        "path", "guarded by user, requires, basic, perMinute, guard or :claim")));
  }

  private static UriPattern path(Settings settings) {
    String text = settings.string("path", "");
    try {
      UriPattern path = UriPattern.parse(text);
      if (text.indexOf('?') < 0) {
        return path;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw settings.refuse("path", "a pattern such as /admin/** without a query");
  }

  private static Guard claim(Settings settings, String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      throw settings.refuse("requires", "claim=value");
    }
    return Guards.claim(text.substring(0, equals), text.substring(equals + 1));
  }

  private static Map<String, String> passwords(JsonObject names) {
    Map<String, String> passwords = new HashMap<>();
    for (String name : names.fieldNames()) {
      if (!(names.getValue(name) instanceof String password) || password.isEmpty()) {
        throw new IllegalArgumentException(
            "http.guards[].basic must have a password for each name: name=" + name);
      }
      passwords.put(name, password);
    }
    return passwords;
  }

  private static Guard instance(Settings settings) {
    String name = settings.string("guard", "");
    try {
      return ClassNames.instance(name, Guard.class);
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw settings.refuse(
          "guard", "a Guard on the class path with a constructor without parameters");
    }
  }
}
