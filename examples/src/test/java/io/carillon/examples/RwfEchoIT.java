package io.carillon.examples;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(30)
class RwfEchoIT {
  private static final String CONNECTED = "Client \\S+ connected to the echo server";
  private static Node node;

  private final Logger logger = (Logger) LoggerFactory.getLogger(RwfEchoVerticle.class);
  private final Lines lines = new Lines();

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(RwfEchoVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void listenNoMore() {
    logger.detachAppender(lines);
    lines.stop();
  }

  @Test
  void everyMessageComesBack() throws Exception {
    Client ann = node.join("/websocket");
    ann.send("hey there");
    ann.send((byte) 1, (byte) 2);
    assertThat(ann.text()).isEqualTo("hey there");
    assertThat(ann.bytes()).containsExactly(1, 2);
  }

  @Test
  void eachClientThatConnectsIsOneLineInTheLog() throws Exception {
    node.join("/websocket");
    ILoggingEvent first = lines.next();
    assertThat(first.getLevel()).isEqualTo(Level.INFO);
    assertThat(first.getFormattedMessage()).matches(CONNECTED);

    node.join("/websocket");
    String second = lines.next().getFormattedMessage();
    assertThat(second).matches(CONNECTED).isNotEqualTo(first.getFormattedMessage());
  }

  @Test
  void nothingThatIsSaidIsLogged() throws Exception {
    Client ann = node.join("/websocket?token=secret");
    ann.send("secret");
    ann.text();
    ann.close();
    node.join("/websocket");
    assertThat(lines.next().getFormattedMessage()).matches(CONNECTED).doesNotContain("secret");
    assertThat(lines.next().getFormattedMessage()).matches(CONNECTED);
  }

  /** What the verticle logs. */
  private static final class Lines extends AppenderBase<ILoggingEvent> {
    private final BlockingQueue<ILoggingEvent> events = new LinkedBlockingQueue<>();

    ILoggingEvent next() throws Exception {
      ILoggingEvent next = events.poll(10, SECONDS);
      assertThat(next).isNotNull();
      return next;
    }

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
    }
  }
}
