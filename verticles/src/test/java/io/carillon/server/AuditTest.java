package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AuditTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong clock = new AtomicLong();
  private final Counters counters = new Counters();
  private final Audit audit = new Audit(counters, clock::get);

  private long counted(String kind) {
    return counters.toJson().getJsonObject("refused").getLong(kind);
  }

  private static int lines(LogCapture log, String text) {
    return log.all().split(text, -1).length - 1;
  }

  @Test
  void aFloodIsCountedWholeAndLoggedInPart() {
    try (LogCapture log = LogCapture.of(Audit.class.getName())) {
      for (int i = 0; i < 1000; i++) {
        audit.refused(403, "not you", "/t", "/:x", "192.0.2.1");
      }
      assertThat(counted("forbidden")).isEqualTo(1000);
      assertThat(lines(log, "refused: ")).isEqualTo(Audit.LINES_PER_SECOND);

      clock.addAndGet(SECOND);
      audit.sweep(clock.get());
      assertThat(log.all()).endsWith("refused and not logged: count=990, linesPerSecond=10\n");
      clock.addAndGet(SECOND);
      audit.sweep(clock.get());
      assertThat(lines(log, "not logged")).isEqualTo(1);

      audit.refused(401, "who are you?", "/t", "/:x", "192.0.2.1");
      assertThat(log.all())
          .endsWith(
              "refused: status=401, reason=who are you?, path=/t, route=/:x, address=192.0.2.1\n");
    }
  }

  @Test
  void aLineIsOneLineAndNotLong() {
    try (LogCapture log = LogCapture.of(Audit.class.getName())) {
      audit.refused(403, "a\r\nrefused: b" + "x".repeat(1000), "/t", "", "192.0.2.1");
      assertThat(log.all()).startsWith("refused: status=403, reason=a??refused: bxx");
      assertThat(log.all().lines()).hasSize(1);
      assertThat(log.all().length()).isLessThan(300);
    }
  }

  @Test
  void otherStatusesAreNobodysBusiness() {
    try (LogCapture log = LogCapture.of(Audit.class.getName())) {
      audit.refused(409, "taken", "/t", "/t", "192.0.2.1");
      assertThat(log.all()).isEmpty();
    }
  }
}
