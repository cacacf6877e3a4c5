package io.carillon.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A command line of words and of {@code --key value} pairs; a key that nobody asks for is refused.
 */
final class Options {
  private final List<String> words = new ArrayList<>();
  private final Map<String, String> values = new LinkedHashMap<>();

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if a key has no value
   */
  Options(String[] args) {
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) {
        words.add(args[i]);
      } else if (i + 1 < args.length) {
        values.put(args[i].substring(2), args[++i]);
      } else {
        throw new IllegalArgumentException("option needs a value: " + args[i]);
      }
    }
  }

  List<String> words() {
    return words;
  }

  String text(String key, String otherwise) {
    String value = values.remove(key);
    return value == null ? otherwise : value;
  }

  String text(String key) {
    String value = values.remove(key);
    if (value == null) {
      throw new IllegalArgumentException("option is needed: --" + key);
    }
    return value;
  }

  int integer(String key, int otherwise, int min, int max) {
    return (int) number(key, otherwise, min, max);
  }

  double number(String key, double otherwise, double min, double max) {
    String value = values.remove(key);
    double number;
    try {
      number = value == null ? otherwise : Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("option must be a number: --" + key + " " + value, e);
    }
    if (!(number >= min && number <= max)) {
      throw new IllegalArgumentException(
          "option out of range: --" + key + " " + number + ", min=" + min + ", max=" + max);
    }
    return number;
  }

  List<Long> pids(String key) {
    List<Long> pids = new ArrayList<>();
    for (String pid : text(key, "").split(",", -1)) {
      if (!pid.isEmpty()) {
        pids.add(Long.parseLong(pid));
      }
    }
    return List.copyOf(pids);
  }

  /**
   * Says that all keys have been asked for.
   *
   * @throws IllegalArgumentException if one is left
   */
  void done() {
    if (!values.isEmpty()) {
      throw new IllegalArgumentException("unknown option: --" + values.keySet().iterator().next());
    }
  }
}
