package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * What a server says in rocket-multiplex and its extension. Every control message ends with a
 * separator. Pure functions.
 */
public final class MultiplexWriter {
  /** U+00B7, between the fields of every message. */
  public static final char SEPARATOR = '\u00b7';

  static final int SEPARATOR_BYTES = 2;

  private MultiplexWriter() {}

  /** What stands ahead of a payload for that topic. */
  public static byte[] prefix(String address) {
    return (address + SEPARATOR).getBytes(UTF_8);
  }

  /** An action succeeded; {@code fields} are its parameters. */
  public static String ok(String action, List<String> fields) {
    return control("OK", action, fields);
  }

  /** An action failed. The reason is not the last field, so a separator in it becomes a space. */
  public static String err(String reason, String action, List<String> fields) {
    StringBuilder text = new StringBuilder(64);
    begin(text, "ERR").append(reason.replace(SEPARATOR, ' ')).append(SEPARATOR);
    text.append(action).append(SEPARATOR);
    return append(text, fields);
  }

  /** The client may not send what it sent. */
  public static String invalid(String reason) {
    return begin(new StringBuilder(64), "INVALID").append(reason).append(SEPARATOR).toString();
  }

  /** The server ends one topic. */
  public static String end(Dialect dialect, String address, CloseStatus status) {
    List<String> fields =
        status.equals(CloseStatus.NO_STATUS_CODE)
            ? List.of(address)
            : List.of(address, Integer.toString(status.code()), status.reason());
    return dialect == Dialect.CARILLON_V1
        ? append(begin(new StringBuilder(64), "UNSUBSCRIBE"), fields)
        : ok("UNSUBSCRIBE", fields);
  }

  private static String control(String kind, String action, List<String> fields) {
    StringBuilder text = new StringBuilder(64);
    return append(begin(text, kind).append(action).append(SEPARATOR), fields);
  }

  private static StringBuilder begin(StringBuilder text, String kind) {
    return text.append(SEPARATOR).append(kind).append(SEPARATOR);
  }

  private static String append(StringBuilder text, List<String> fields) {
    fields.forEach(field -> text.append(field).append(SEPARATOR));
    return text.toString();
  }
}
