package io.carillon.config;

import io.carillon.codec.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a server was told: typed values by dotted key.
 *
 * <p>A key such as {@code limits.maxMessageBytes} is looked for in four places, and the first that
 * has it decides: the environment ({@code CARILLON_LIMITS_MAX_MESSAGE_BYTES}), the system
 * properties ({@code carillon.limits.maxMessageBytes}), the file ({@code {"limits":
 * {"maxMessageBytes": ..}}}), the default given by the reader. {@code PORT} stands for {@code
 * http.port}, behind {@code CARILLON_HTTP_PORT} and ahead of the system property. An empty
 * environment variable and a {@code null} in the file count as absent.
 *
 * <p>Every reader throws {@link IllegalArgumentException} for a value that breaks its rule, with
 * key, rule, value and place in one line:
 *
 * <pre>{@code http.port must be 0 to 65535: http.port=99999 (environment CARILLON_HTTP_PORT)}</pre>
 *
 * <p>Reading makes a key known. When all has been read, {@link #unknownWarnings()} lists what was
 * given and never read, most likely a slip of the pen. Example:
 *
 * <pre>{@code
 * Settings settings = Settings.of(config());
 * int port = settings.integer("http.port", 8080, 0, 65535);
 * Duration timeout = settings.duration("shutdown.timeout", ofSeconds(10), ofMillis(1), ofHours(1));
 * settings.unknownWarnings().forEach(log::warn);
 * }</pre>
 *
 * <p>Not thread-safe: made and read by whoever starts the server, before others see what came of
 * it.
 */
public final class Settings {
  private final Sources sources;
  private final Known known = new Known();
  private final String prefix;
  private final List<Settings> sections = new ArrayList<>();

  /**
   * Settings from the three places given, and nothing else; for tests and for whoever has places of
   * his own.
   */
  public Settings(JsonObject file, Map<String, String> environment, Map<String, String> system) {
    this(new Sources(file, environment, system), "");
  }

  private Settings(Sources sources, String prefix) {
    this.sources = sources;
    this.prefix = prefix;
  }

  /** Settings from the environment and the system properties of this process, and {@code file}. */
  public static Settings of(JsonObject file) {
    Map<String, String> system = new TreeMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      system.put(name, System.getProperty(name, ""));
    }
    return new Settings(file, System.getenv(), system);
  }

  /** Whether anybody has given {@code key} a value. */
  public boolean has(String key) {
    return find(key) != null;
  }

  /** The text at {@code key}, which may be given as number or boolean too. */
  public String string(String key, String defaultValue) {
    return string(key).orElse(defaultValue);
  }

  /** The text at {@code key}, if there is one. */
  public Optional<String> string(String key) {
    return Optional.ofNullable(read(key, "text", text -> text));
  }

  /** Like {@link #string(String)}, for what must never be seen: no message repeats the value. */
  public Optional<String> secret(String key) {
    known.addSecret(key);
    return string(key);
  }

  /** The whole number at {@code key}, from {@code min} to {@code max}. */
  public int integer(String key, int defaultValue, int min, int max) {
    return Math.toIntExact(longInteger(key, defaultValue, min, max));
  }

  /** The whole number at {@code key}, from {@code min} to {@code max}. */
  public long longInteger(String key, long defaultValue, long min, long max) {
    String rule = min + " to " + max;
    Long value = read(key, rule, Long::valueOf);
    return value == null ? defaultValue : within(key, rule, value, min, max);
  }

  /** The {@code true} or {@code false} at {@code key}. */
  public boolean bool(String key, boolean defaultValue) {
    Boolean value = read(key, "true or false", Units::parseBoolean);
    return value == null ? defaultValue : value;
  }

  /**
   * The time at {@code key}, from {@code min} to {@code max}: a whole number of milliseconds, or
   * text with one of the units ms, s, m, h and d, such as {@code "30s"}.
   */
  public Duration duration(String key, Duration defaultValue, Duration min, Duration max) {
    Long millis = read(key, "a time such as 500ms, 30s or 10m", Units::parseTime);
    if (millis == null) {
      return defaultValue;
    }
    String rule = Units.time(min.toMillis()) + " to " + Units.time(max.toMillis());
    return Duration.ofMillis(within(key, rule, millis, min.toMillis(), max.toMillis()));
  }

  /**
   * The size in bytes at {@code key}, from {@code min} to {@code max}: a whole number, or text with
   * one of the units B, KiB, MiB and GiB, such as {@code "64KiB"}.
   */
  public long bytes(String key, long defaultValue, long min, long max) {
    Long value = read(key, "a size such as 512, 64KiB or 1MiB", Units::parseSize);
    String rule = Units.size(min) + " to " + Units.size(max);
    return value == null ? defaultValue : within(key, rule, value, min, max);
  }

  /** The file or folder named at {@code key}, which need not exist. */
  public Optional<Path> path(String key) {
    return Optional.ofNullable(read(key, "a path", text -> Path.of(text)));
  }

  /**
   * The constant named at {@code key}; {@code EVENT_LOOP} is written {@code eventLoop}, and small
   * and capital letters are alike.
   */
  public <E extends Enum<E>> E oneOf(String key, E defaultValue, Class<E> type) {
    Map<String, E> constants = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      constants.put(Names.camel(constant), constant);
    }
    String text = string(key).orElse(null);
    if (text == null) {
      return defaultValue;
    }
    for (Map.Entry<String, E> entry : constants.entrySet()) {
      if (entry.getKey().equalsIgnoreCase(text)) {
        return entry.getValue();
      }
    }
    throw refuse(key, "one of " + String.join(", ", constants.keySet()));
  }

  /**
   * The texts at {@code key}: an array in the file, elsewhere separated by commas. Empty if there
   * are none.
   */
  public List<String> strings(String key) {
    known.addOpaque(key);
    List<String> texts = new ArrayList<>();
    for (Object element : elements(key, "an array of texts")) {
      if (!(element instanceof String text)) {
        throw refuse(key, "an array of texts");
      }
      texts.add(text);
    }
    return List.copyOf(texts);
  }

  /**
   * The object at {@code key}, in a form of the reader's own: nothing in it is ever an unknown key.
   * Outside the file it is JSON in text. Empty if there is none.
   */
  public JsonObject object(String key) {
    known.addOpaque(key);
    Sources.Given given = find(key);
    if (given == null) {
      return new JsonObject();
    }
    if (given.value() instanceof JsonObject object) {
      return object.copy();
    }
    try {
      return Json.parseCommented(given.value().toString());
    } catch (IllegalArgumentException e) {
      throw refuse(key, "a JSON object");
    }
  }

  /**
   * The array of objects at {@code key}, each read like settings of its own, of which the file is
   * the only place. An element that is only a text is short for an object with that text at {@code
   * shortKey}; outside the file such texts are separated by commas. Empty if there are none.
   *
   * <p>Messages call the elements {@code key[0]}, {@code key[1]} and so on.
   */
  public List<Settings> objects(String key, String shortKey) {
    known.addOpaque(key);
    List<Settings> result = new ArrayList<>();
    for (Object element : elements(key, "an array of texts and objects")) {
      JsonObject object;
      if (element instanceof JsonObject given) {
        object = given;
      } else if (element instanceof String) {
        object = new JsonObject().put(shortKey, element);
      } else {
        throw refuse(key, "an array of texts and objects");
      }
      String name = prefix + key + "[" + result.size() + "].";
      result.add(new Settings(new Sources(object, Map.of(), Map.of()), name));
    }
    sections.addAll(result);
    return List.copyOf(result);
  }

  /**
   * What to throw when the value at {@code key} breaks a rule that only the caller knows, such as a
   * file that is not there: {@code http.tls.key must be readable: http.tls.key=/nowhere (file)}.
   *
   * @param rule what stands behind "must be"
   */
  public IllegalArgumentException refuse(String key, String rule) {
    Sources.Given given = find(key);
    String name = prefix + key;
    if (given == null) {
      return new IllegalArgumentException(name + " must be " + rule + ": it is not set");
    }
    Object value = known.isSecret(key) ? "***" : given.value();
    return new IllegalArgumentException(
        name + " must be " + rule + ": " + name + "=" + value + " (" + given.place() + ")");
  }

  /**
   * One warning for each value that was given and that nobody has read, in the file, in {@code
   * CARILLON_} variables of the environment and in {@code carillon.} system properties, with the
   * nearest key that was: {@code unknown key: htpp.port (file); did you mean http.port?}. Values
   * are not repeated.
   */
  public List<String> unknownWarnings() {
    List<String> warnings = new ArrayList<>();
    for (String name : known.unknownIn(sources.file())) {
      warnings.add(known.warning(name, "file", key -> key, prefix));
    }
    for (String name : known.unknownIn(sources.variables(), Names::variable)) {
      warnings.add(known.warning(name, "environment", Names::variable, ""));
    }
    for (String name : known.unknownIn(sources.properties(), Names::property)) {
      warnings.add(known.warning(name, "system property", Names::property, ""));
    }
    for (Settings section : sections) {
      warnings.addAll(section.unknownWarnings());
    }
    return List.copyOf(warnings);
  }

  /** The keys that were asked for, and no value. */
  @Override
  public String toString() {
    return "Settings" + known;
  }

  private Sources.@Nullable Given find(String key) {
    known.add(key);
    return sources.find(key);
  }

  private <T> @Nullable T read(String key, String rule, Function<String, T> parser) {
    Sources.Given given = find(key);
    if (given == null) {
      return null;
    }
    if (given.value() instanceof JsonObject || given.value() instanceof JsonArray) {
      throw refuse(key, rule);
    }
    try {
      return parser.apply(given.value().toString());
    } catch (IllegalArgumentException e) {
      throw refuse(key, rule);
    }
  }

  private long within(String key, String rule, long value, long min, long max) {
    if (value < min || value > max) {
      throw refuse(key, rule);
    }
    return value;
  }

  private Iterable<?> elements(String key, String rule) {
    Sources.Given given = find(key);
    if (given == null) {
      return List.of();
    }
    if (given.value() instanceof JsonArray array) {
      return array;
    }
    if (!(given.value() instanceof String)) {
      throw refuse(key, rule);
    }
    return Arrays.stream(given.value().toString().split(",", -1))
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .toList();
  }
}
