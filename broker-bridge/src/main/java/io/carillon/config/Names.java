package io.carillon.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** How one key is written in the environment, as a system property, and by mistake. */
final class Names {
  private Names() {}

  /** {@code limits.maxMessageBytes} is {@code CARILLON_LIMITS_MAX_MESSAGE_BYTES}. */
  static String variable(String key) {
    String snake = key.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('.', '_');
    return "CARILLON_" + snake.toUpperCase(Locale.ROOT);
  }

  static String property(String key) {
    return "carillon." + key;
  }

  /** {@code EVENT_LOOP} is {@code eventLoop}. */
  static String camel(Enum<?> constant) {
    StringBuilder camel = new StringBuilder();
    for (String word : constant.name().toLowerCase(Locale.ROOT).split("_", -1)) {
      camel.append(camel.isEmpty() ? word : capital(word));
    }
    return camel.toString();
  }

  /**
   * That of {@code candidates} which {@code name} was probably meant to be: one with the same last
   * part, else the one the fewest edits away, if those are at most half its length.
   */
  static Optional<String> nearest(String name, Collection<String> candidates) {
    String best = null;
    int fewest = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int edits = lastPart(candidate).equals(lastPart(name)) ? 1 : distance(name, candidate);
      if (edits < fewest && edits <= Math.max(1, candidate.length() / 2)) {
        best = candidate;
        fewest = edits;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Letters to insert, delete, replace, or swap with their neighbour. */
  static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : cheapest(edits, a, b, i, j);
      }
    }
    return edits[a.length()][b.length()];
  }

  private static int cheapest(int[][] edits, String a, String b, int i, int j) {
    int replaced = edits[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
    int cheapest = Math.min(replaced, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(cheapest, 1 + edits[i - 2][j - 2]) : cheapest;
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static String capital(String word) {
    return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
  }
}
