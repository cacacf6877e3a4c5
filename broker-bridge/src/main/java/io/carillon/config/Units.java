package io.carillon.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and sizes as people write them. */
final class Units {
  private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,12}) ?([A-Za-z]*)");

  /** Milliseconds of each unit, smallest first. */
  private static final Map<String, Long> TIMES = new LinkedHashMap<>();

  /** Bytes of each unit, smallest first. */
  private static final Map<String, Long> SIZES = new LinkedHashMap<>();

  static {
    TIMES.put("ms", 1L);
    TIMES.put("s", 1_000L);
    TIMES.put("m", 60_000L);
    TIMES.put("h", 3_600_000L);
    TIMES.put("d", 86_400_000L);
    SIZES.put("B", 1L);
    SIZES.put("KiB", 1L << 10);
    SIZES.put("MiB", 1L << 20);
    SIZES.put("GiB", 1L << 30);
  }

  private Units() {}

  /**
   * Returns milliseconds.
   *
   * @throws IllegalArgumentException if {@code text} is no time
   */
  static long parseTime(String text) {
    return parse(text, TIMES, "ms");
  }

  /**
   * Returns bytes.
   *
   * @throws IllegalArgumentException if {@code text} is no size
   */
  static long parseSize(String text) {
    return parse(text, SIZES, "B");
  }

  /**
   * Reads {@code true} and {@code false}, and nothing else.
   *
   * @throws IllegalArgumentException for anything else
   */
  static boolean parseBoolean(String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException("neither true nor false");
    }
    return text.equals("true");
  }

  /** {@code 90000} milliseconds are {@code 90s}. */
  static String time(long millis) {
    return show(millis, TIMES, "ms");
  }

  /** {@code 65536} bytes are {@code 64KiB}, {@code 100} are {@code 100}. */
  static String size(long bytes) {
    return show(bytes, SIZES, "");
  }

  private static long parse(String text, Map<String, Long> units, String smallest) {
    Matcher matcher = NUMBER_AND_UNIT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no number with a unit");
    }
    Long factor = units.get(matcher.group(2).isEmpty() ? smallest : matcher.group(2));
    if (factor == null) {
      throw new IllegalArgumentException("no such unit");
    }
    long number = Long.parseLong(matcher.group(1));
    if (number > Long.MAX_VALUE / factor) {
      throw new IllegalArgumentException("too many");
    }
    return number * factor;
  }

  private static String show(long value, Map<String, Long> units, String smallest) {
    String shown = value + smallest;
    for (Map.Entry<String, Long> unit : units.entrySet()) {
      boolean whole = value != 0 && value % unit.getValue() == 0;
      if (whole && unit.getValue() > 1) {
        shown = value / unit.getValue() + unit.getKey();
      }
    }
    return shown;
  }
}
