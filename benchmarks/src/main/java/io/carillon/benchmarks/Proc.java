package io.carillon.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says of a process and of the machine, in {@code /proc}. */
final class Proc {
  /** Units of {@code /proc/*}{@code /stat} in a second: the same on every Linux of today. */
  private static final double TICKS = 100;

  private static final int UTIME = 11;
  private static final int STIME = 12;

  private Proc() {}

  /** CPU time of all threads of a process so far, also of those that have ended, in seconds. */
  static double cpuSeconds(long pid) {
    String[] fields = stat(pid);
    return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) / TICKS;
  }

  static double cpuSeconds(Iterable<Long> pids) {
    double sum = 0;
    for (long pid : pids) {
      sum += cpuSeconds(pid);
    }
    return sum;
  }

  /** The part of {@link #cpuSeconds} outside the kernel; it is sampled, and so less exact. */
  static double userSeconds(Iterable<Long> pids) {
    double sum = 0;
    for (long pid : pids) {
      sum += Long.parseLong(stat(pid)[UTIME]) / TICKS;
    }
    return sum;
  }

  /** Resident memory of a process, in bytes. */
  static long rssBytes(long pid) {
    for (String line : read("/proc/" + pid + "/status").split("\n", -1)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IllegalStateException("no VmRSS: pid=" + pid);
  }

  /** CPU time that this machine has spent on anything, in seconds. */
  static double busySeconds() {
    String[] cpu = read("/proc/stat").split("\n", 2)[0].trim().split("\\s+", -1);
    double user = Long.parseLong(cpu[1]) + Long.parseLong(cpu[2]);
    double system = Long.parseLong(cpu[3]) + Long.parseLong(cpu[6]) + Long.parseLong(cpu[7]);
    return (user + system) / TICKS;
  }

  /** CPU time that the hypervisor kept from this machine, in seconds. */
  static double stolenSeconds() {
    String[] cpu = read("/proc/stat").split("\n", 2)[0].trim().split("\\s+", -1);
    return cpu.length > 8 ? Long.parseLong(cpu[8]) / TICKS : 0;
  }

  /** The fields behind the command name; the first one is the state. */
  private static String[] stat(long pid) {
    String text = read("/proc/" + pid + "/stat");
    return text.substring(text.lastIndexOf(')') + 2).trim().split(" ", -1);
  }

  static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot be read: file=" + file, e);
    }
  }
}
