package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.codec.Payload;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what a client says in rocket-multiplex or its extension. Stateless but for its limits; what
 * it finds goes to a {@link Sink}, one call for each message.
 */
public final class MultiplexReader {
  /** What comes out. A topic is as the client spelled it, instance included. */
  public interface Sink {
    /** A message for a topic. */
    void onData(String address, Payload payload);

    /** A question of the client, or its answer to one of ours. */
    void onRequest(String address, long id, Payload payload);

    /** The client could not answer a question of ours. */
    void onRequestFailed(String address, long id, String reason);

    /** The client wants to join; the fields behind the topic are empty where it gave none. */
    void onSubscribe(String address, String subprotocols, String position);

    /** The client leaves a topic. */
    void onUnsubscribe(String address, LeaveStatus status);

    /** The client has heard that a topic is over. */
    void onEndHeard(String address);

    /** The client wants to know whether the server is there. */
    void onPing(String token);

    /** The client has a new token. */
    void onRefresh(String token);

    /** The client may not send this. */
    void onInvalid(String reason);
  }

  private static final String WRONG = "Control Message Invalid";
  private static final byte[] REFRESH = MultiplexWriter.prefix("\u00b7REFRESH");
  private static final int MAX_ID_DIGITS = 18;
  private static final byte SEPARATOR_FIRST = (byte) 0xc2;
  private static final byte SEPARATOR_SECOND = (byte) 0xb7;

  private final Dialect dialect;
  private final int maxPrefixBytes;
  private final Sink sink;

  /**
   * Creates a reader.
   *
   * @param firstTopicBytes size of the topic that the client connected to, which may be longer than
   *     the dialect allows for others
   */
  public MultiplexReader(Dialect dialect, int firstTopicBytes, Sink sink) {
    this.dialect = dialect;
    this.maxPrefixBytes = dialect.maxPrefixBytes(firstTopicBytes);
    this.sink = sink;
  }

  /** Reads one message. */
  public void read(Payload message) {
    byte[] bytes = message.bytes();
    int separator = separator(bytes, 0, Math.min(bytes.length, maxPrefixBytes));
    if (separator == 0 && message.isText()) {
      readControl(message);
    } else if (separator < 0) {
      sink.onInvalid("No Control Character");
    } else if (Utf8Validator.check(Utf8Validator.ACCEPT, bytes, 0, separator)
        != Utf8Validator.ACCEPT) {
      sink.onInvalid("Invalid Utf-8");
    } else if (separator == 0 || bytes[0] != '/') {
      sink.onInvalid("Invalid Topic");
    } else {
      byte[] payload =
          Arrays.copyOfRange(bytes, separator + MultiplexWriter.SEPARATOR_BYTES, bytes.length);
      readData(
          new String(bytes, 0, separator, UTF_8),
          message.isText() ? Payload.textOf(payload) : Payload.binary(payload));
    }
  }

  private void readData(String head, Payload payload) {
    int mark = dialect == Dialect.CARILLON_V1 ? head.indexOf('^') : -1;
    if (mark < 0) {
      sink.onData(head, payload);
      return;
    }
    long id = id(head.substring(mark + 1));
    if (id < 0) {
      sink.onInvalid("Invalid Topic");
    } else {
      sink.onRequest(head.substring(0, mark), id, payload);
    }
  }

  private static long id(String digits) {
    boolean valid =
        !digits.isEmpty()
            && digits.length() <= MAX_ID_DIGITS
            && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    return valid ? Long.parseLong(digits) : -1;
  }

  private static int separator(byte[] bytes, int from, int to) {
    for (int i = from; i + 1 < to; i++) {
      if (bytes[i] == SEPARATOR_FIRST && bytes[i + 1] == SEPARATOR_SECOND) {
        return i;
      }
    }
    return -1;
  }

  private void readControl(Payload message) {
    int most = isRefresh(message) ? dialect.maxRefreshBytes() : dialect.maxControlBytes();
    if (message.size() > most) {
      sink.onInvalid("Control message exceeds " + most + " byte limit");
      return;
    }
    List<String> fields = fields(message.text());
    List<String> parameters = fields.subList(1, fields.size());
    switch (fields.get(0)) {
      case "SUBSCRIBE" -> readSubscribe(parameters);
      case "UNSUBSCRIBE" -> readUnsubscribe(parameters);
      default -> {
        if (dialect == Dialect.CARILLON_V1) {
          readExtension(fields.get(0), parameters);
        } else {
          sink.onInvalid(WRONG);
        }
      }
    }
  }

  private static boolean isRefresh(Payload message) {
    byte[] bytes = message.bytes();
    return Arrays.equals(
        bytes, 0, Math.min(bytes.length, REFRESH.length), REFRESH, 0, REFRESH.length);
  }

  /** The fields behind the first separator; the one at the end may be missing. */
  private static List<String> fields(String text) {
    List<String> fields =
        List.of(text.substring(1).split(String.valueOf(MultiplexWriter.SEPARATOR), -1));
    int last = fields.size() - 1;
    return last > 0 && fields.get(last).isEmpty() ? fields.subList(0, last) : fields;
  }

  private void readSubscribe(List<String> fields) {
    int most = dialect == Dialect.CARILLON_V1 ? 4 : 1;
    if (fields.isEmpty() || fields.get(0).isEmpty() || fields.size() > most) {
      sink.onInvalid(WRONG);
      return;
    }
    sink.onSubscribe(fields.get(0), field(fields, 1), field(fields, 2));
  }

  private void readUnsubscribe(List<String> fields) {
    if (fields.isEmpty() || fields.get(0).isEmpty()) {
      sink.onInvalid(WRONG);
      return;
    }
    String code = field(fields, 1);
    if (code.isEmpty()) {
      if (fields.stream().skip(1).allMatch(String::isEmpty)) {
        sink.onUnsubscribe(fields.get(0), LeaveStatus.NO_STATUS);
      } else {
        sink.onInvalid(WRONG); // a reason needs a code
      }
      return;
    }
    int number = number(code);
    if (!CloseStatus.mayBeReceived(number)) {
      sink.onInvalid(WRONG);
      return;
    }
    // A reason may have separators in it: it is all that is left.
    String reason =
        fields.size() < 3
            ? ""
            : String.join(
                String.valueOf(MultiplexWriter.SEPARATOR), fields.subList(2, fields.size()));
    sink.onUnsubscribe(
        fields.get(0), LeaveStatus.of(new CloseStatus(number, "").withReason(reason)));
  }

  private void readExtension(String action, List<String> fields) {
    if (action.equals("PING") && fields.size() == 1) {
      sink.onPing(fields.get(0));
    } else if (action.equals("REFRESH") && fields.size() == 1) {
      sink.onRefresh(fields.get(0));
    } else if (action.equals("OK") && field(fields, 0).equals("UNSUBSCRIBE")) {
      sink.onEndHeard(field(fields, 1));
    } else if (action.equals("ERR") && field(fields, 1).equals("REQUEST")) {
      sink.onRequestFailed(field(fields, 2), id(field(fields, 3)), fields.get(0));
    } else if (!(action.equals("OK") && field(fields, 0).equals("PING"))) {
      sink.onInvalid(WRONG);
    }
  }

  private static String field(List<String> fields, int index) {
    return index < fields.size() ? fields.get(index) : "";
  }

  private static int number(String digits) {
    return digits.length() == 4 && digits.chars().allMatch(c -> c >= '0' && c <= '9')
        ? Integer.parseInt(digits)
        : -1;
  }
}
