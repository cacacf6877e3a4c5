package io.carillon.config;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The three places a value can be in, and which of them comes first. */
final class Sources {
  /** Names that others have given our keys. */
  private static final Map<String, String> ALIASES = Map.of("http.port", "PORT");

  private final JsonObject file;
  private final Map<String, String> environment;
  private final Map<String, String> system;

  Sources(JsonObject file, Map<String, String> environment, Map<String, String> system) {
    this.file = file.copy();
    this.environment = Map.copyOf(environment);
    this.system = Map.copyOf(system);
  }

  /** A value, and the place it was found in. */
  record Given(Object value, String place) {}

  @Nullable Given find(String key) {
    String variable = Names.variable(key);
    for (String name : List.of(variable, ALIASES.getOrDefault(key, variable))) {
      String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return new Given(value, "environment " + name);
      }
    }
    String value = system.get(Names.property(key));
    if (value != null) {
      return new Given(value, "system property " + Names.property(key));
    }
    Object inFile = inFile(key);
    return inFile == null ? null : new Given(inFile, "file");
  }

  JsonObject file() {
    return file;
  }

  /** The names of the variables that are ours. */
  Set<String> variables() {
    return startingWith("CARILLON_", environment);
  }

  /** The names of the system properties that are ours. */
  Set<String> properties() {
    return startingWith("carillon.", system);
  }

  private @Nullable Object inFile(String key) {
    String[] names = key.split("\\.", -1);
    JsonObject object = file;
    for (int i = 0; i < names.length - 1; i++) {
      Object next = object.getValue(names[i]);
      if (next == null) {
        return null;
      }
      if (!(next instanceof JsonObject inner)) {
        String parent = String.join(".", Arrays.copyOf(names, i + 1));
        throw new IllegalArgumentException(
            parent + " must be an object, for " + key + " is in it (file)");
      }
      object = inner;
    }
    return object.getValue(names[names.length - 1]);
  }

  private static Set<String> startingWith(String prefix, Map<String, String> values) {
    Set<String> names = new TreeSet<>(values.keySet());
    names.removeIf(name -> !name.startsWith(prefix));
    return names;
  }
}
