package io.carillon.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** The small parts of a message's way, each alone, with JMH. */
final class PartsSet {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private PartsSet() {}

  static void run(Bench bench, Report report) throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include("Benchmark\\.")
                    .jvm(bench.home().resolve("bin").resolve("java").toString())
                    .jvmArgs(Bench.FLAGS.toArray(String[]::new))
                    .addProfiler(GCProfiler.class)
                    .build())
            .run();
    List<List<String>> rows = new ArrayList<>();
    results.forEach(result -> rows.add(row(result)));
    report.table(
        "Parts",
        "Each part alone, on one thread: time of one, with the error of a confidence of 99.9 %, and"
            + " what it allocates.",
        List.of("part", "with", "ns", "+/-", "bytes allocated"),
        rows);
  }

  private static List<String> row(RunResult result) {
    BenchmarkParams params = result.getParams();
    String name = params.getBenchmark();
    String part = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
    List<String> with =
        params.getParamsKeys().stream().map(key -> key + " " + params.getParam(key)).toList();
    Result<?> time = result.getPrimaryResult();
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    return List.of(
        part.replace("Benchmark.", ", "),
        String.join(", ", with),
        Report.number(time.getScore(), 1),
        Report.number(time.getScoreError(), 1),
        allocated == null ? "" : Report.number(allocated.getScore(), 0));
  }
}
