package io.carillon.server;

import static java.util.concurrent.TimeUnit.SECONDS;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.LoggerFactory;

/** What the classes of one package log while this is open. */
final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final BlockingQueue<ILoggingEvent> events = new LinkedBlockingQueue<>();
  private final Logger logger;

  private LogCapture(String name) {
    logger = (Logger) LoggerFactory.getLogger(name);
  }

  static LogCapture of(String name) {
    LogCapture capture = new LogCapture(name);
    capture.start();
    capture.logger.addAppender(capture);
    return capture;
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing(); // the name of the thread, which is asked for later
    events.add(event);
  }

  /** The next event whose line contains the text, within 5 s. */
  ILoggingEvent next(String text) throws InterruptedException {
    while (true) {
      ILoggingEvent event =
          Objects.requireNonNull(events.poll(5, SECONDS), "no such line for 5 s: " + text);
      if (event.getFormattedMessage().contains(text)) {
        return event;
      }
    }
  }

  /** Everything logged so far and not asked for yet. */
  String all() {
    StringBuilder all = new StringBuilder();
    events.forEach(event -> all.append(event.getFormattedMessage()).append('\n'));
    return all.toString();
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
