package io.carillon.bridge;

import static java.util.concurrent.TimeUnit.SECONDS;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.LoggerFactory;

/** What a class logs while this is open. */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Logger logger;

  private LogLines(Class<?> of) {
    logger = (Logger) LoggerFactory.getLogger(of);
  }

  static LogLines of(Class<?> type) {
    LogLines lines = new LogLines(type);
    lines.start();
    lines.logger.addAppender(lines);
    return lines;
  }

  @Override
  protected void append(ILoggingEvent event) {
    lines.add(event.getLevel() + " " + event.getFormattedMessage());
  }

  /** The next line that contains {@code text}, within 10 s. */
  String next(String text) throws InterruptedException {
    while (true) {
      String line = Objects.requireNonNull(lines.poll(10, SECONDS), "not logged: " + text);
      if (line.contains(text)) {
        return line;
      }
    }
  }

  /** What was logged and not asked for yet. */
  List<String> rest() {
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
