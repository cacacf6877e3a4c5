package io.carillon.benchmarks;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;

/**
 * Contestants that take turns. A round in which something else kept the machine busy is disturbed;
 * others are made in its place, as many again as were asked for, and the disturbed ones are used
 * only where there are not enough others.
 */
final class Rounds {
  /** More than this of a core taken by other processes disturbs a round. */
  private static final double DISTURBED_CORES = 0.2;

  /** How long a run waits for others to leave the machine alone. */
  private static final double PATIENCE_SECONDS =
      Double.parseDouble(System.getProperty("patience", "10"));

  private final int wanted;
  private final Map<String, Callable<JsonObject>> contestants = new LinkedHashMap<>();
  private final List<Map<String, JsonObject>> calm = new ArrayList<>();
  private final List<Map<String, JsonObject>> disturbed = new ArrayList<>();

  Rounds(int wanted) {
    this.wanted = wanted;
  }

  Rounds with(String name, Callable<JsonObject> run) {
    contestants.put(name, run);
    return this;
  }

  /** Runs all rounds, behind one that only warms up. */
  Rounds run(String title) throws Exception {
    round();
    return runCold(title);
  }

  /** Runs all rounds, for contestants that start anew in each. */
  Rounds runCold(String title) throws Exception {
    while (calm.size() < wanted && calm.size() + disturbed.size() < 2 * wanted) {
      Map<String, JsonObject> round = round();
      boolean busy =
          round.values().stream().anyMatch(one -> one.getDouble("others_busy") > DISTURBED_CORES);
      (busy ? disturbed : calm).add(round);
      Bench.say(title + ": " + summary(round) + (busy ? " (disturbed)" : ""));
    }
    return this;
  }

  private Map<String, JsonObject> round() throws Exception {
    Map<String, JsonObject> round = new LinkedHashMap<>();
    for (Map.Entry<String, Callable<JsonObject>> one : contestants.entrySet()) {
      Machine.awaitCalm(PATIENCE_SECONDS);
      round.put(one.getKey(), one.getValue().call());
    }
    return round;
  }

  private static String summary(Map<String, JsonObject> round) {
    List<String> parts = new ArrayList<>();
    round.forEach(
        (name, report) ->
            parts.add(name + " " + Report.number(report.getDouble("server_cpu_us"), 3)));
    return String.join(", ", parts);
  }

  private List<Map<String, JsonObject>> used() {
    List<Map<String, JsonObject>> used = new ArrayList<>(calm);
    disturbed.stream().limit(Math.max(0, wanted - used.size())).forEach(used::add);
    return used;
  }

  /** The median of a figure. */
  double median(String contestant, String figure) {
    return median(round -> figure(round, contestant, figure));
  }

  /** The median over the rounds of what one has in proportion to the other. */
  double ratio(String contestant, String yardstick, String figure) {
    return median(round -> figure(round, contestant, figure) / figure(round, yardstick, figure));
  }

  private static double figure(Map<String, JsonObject> round, String contestant, String figure) {
    return Objects.requireNonNull(round.get(contestant)).getDouble(figure);
  }

  private double median(ToDoubleFunction<Map<String, JsonObject>> figure) {
    return Median.of(used().stream().mapToDouble(figure).toArray());
  }

  /** How many rounds count, and how many of them were disturbed. */
  String counts() {
    int used = used().size();
    int bad = Math.max(0, used - calm.size());
    return bad == 0 ? Integer.toString(used) : used + ", disturbed " + bad;
  }
}
