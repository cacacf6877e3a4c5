package io.carillon.benchmarks;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The Markdown page that is being written. */
final class Report {
  private final LocalDate date = LocalDate.now(ZoneOffset.UTC);
  private final int feature;
  private final List<String> settings;
  private final StringBuilder body = new StringBuilder();

  /** A page that says what JDK the servers ran on, and all else that was set. */
  Report(int feature, List<String> settings) {
    this.feature = feature;
    this.settings = settings;
  }

  /** One table under a heading, with a sentence before it. */
  void table(String heading, String sentence, List<String> columns, List<List<String>> rows) {
    body.append("\n## ").append(heading).append("\n\n").append(sentence).append("\n\n");
    row(columns);
    row(columns.stream().map(column -> "---").toList());
    rows.forEach(this::row);
  }

  private void row(List<String> cells) {
    body.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  String fileName(List<String> sets) {
    return date
        + "-"
        + (sets.size() > 4 ? "all" : String.join("-", sets))
        + "-jdk"
        + feature
        + ".md";
  }

  String markdown() {
    List<String> lines = new ArrayList<>();
    lines.add("# Measured on " + date);
    lines.add("");
    settings.forEach(line -> lines.add("- " + line));
    return String.join("\n", lines) + "\n" + body;
  }

  static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** A ratio with its limit, and whether it is met. */
  static String ratio(double value, double limit) {
    String text = number(value, 2) + " (at most " + number(limit, 2) + ")";
    return value <= limit ? text : "**" + text + "**";
  }
}
