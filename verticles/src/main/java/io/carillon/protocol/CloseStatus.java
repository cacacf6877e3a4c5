package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a WebSocket connection, or one topic on it, ends: a close code of RFC 6455 with a short text.
 *
 * <p>Two statuses are equal when their codes are equal; the reason does not count.
 *
 * <pre>{@code
 * channel.close(CloseStatus.POLICY_VIOLATION.withReason("one vote each"));
 * channel.close(CloseStatus.of(4100, "table full"));
 * }</pre>
 *
 * @param code one of the named codes 1000 to 1015, or an own one, 3000 to 4999
 * @param reason for the client, at most {@value #MAX_REASON_BYTES} bytes of UTF-8; may be empty.
 *     The constructor refuses a longer one, every factory cuts it at a character boundary.
 */
public record CloseStatus(int code, String reason) {
  /** Longest reason that fits into a close frame, in bytes of UTF-8. */
  public static final int MAX_REASON_BYTES = 123;

  /** 1000: done; the client does not come back. */
  public static final CloseStatus OK = new CloseStatus(1000, "Ok");

  /** 1001: the server stops, or the page was left. */
  public static final CloseStatus GOING_AWAY = new CloseStatus(1001, "GoingAway");

  /** 1002: frames against RFC 6455. */
  public static final CloseStatus PROTOCOL_ERROR = new CloseStatus(1002, "ProtocolError");

  /** 1003: text where binary was wanted, or the other way round. */
  public static final CloseStatus UNKNOWN_MESSAGE_TYPE =
      new CloseStatus(1003, "UnknownMessageType");

  /** 1004: never on the wire. */
  public static final CloseStatus RESERVED = new CloseStatus(1004, "Reserved");

  /** 1005: stands for a close frame without a status; never on the wire. */
  public static final CloseStatus NO_STATUS_CODE = new CloseStatus(1005, "NoStatusCode");

  /** 1006: stands for a connection that ended without a close frame; never on the wire. */
  public static final CloseStatus ABNORMAL_CLOSE = new CloseStatus(1006, "AbnormalClose");

  /** 1007: a payload that does not decode, text that is not UTF-8 among them. */
  public static final CloseStatus INVALID_DATA_TYPE = new CloseStatus(1007, "InvalidDataType");

  /** 1008: refused for a reason that no other code names. */
  public static final CloseStatus POLICY_VIOLATION = new CloseStatus(1008, "PolicyViolation");

  /** 1009: a message over the limit. */
  public static final CloseStatus MESSAGE_TOO_LARGE = new CloseStatus(1009, "MessageTooLarge");

  /** 1010: only a client may send it. */
  public static final CloseStatus EXTENSION_REQUIRED = new CloseStatus(1010, "ExtensionRequired");

  /** 1011: a handler failed. */
  public static final CloseStatus INTERNAL_SERVER_ERROR =
      new CloseStatus(1011, "InternalServerError");

  /** 1012: the server restarts; the client comes back after a delay. */
  public static final CloseStatus RESTART = new CloseStatus(1012, "Restart");

  /** 1013: overloaded; the client tries again. */
  public static final CloseStatus AGAIN = new CloseStatus(1013, "Again");

  /** 1014: a server behind this one failed. */
  public static final CloseStatus BAD_GATEWAY = new CloseStatus(1014, "BadGateway");

  /** 1015: stands for a failed TLS handshake; never on the wire. */
  public static final CloseStatus TLS_FAILURE = new CloseStatus(1015, "TlsFailure");

  /** 4401: not authenticated; the client comes back only with a new token. */
  public static final CloseStatus UNAUTHORIZED = new CloseStatus(4401, "Unauthorized");

  /** 4403: not allowed. */
  public static final CloseStatus FORBIDDEN = new CloseStatus(4403, "Forbidden");

  /** 4404: nothing there. */
  public static final CloseStatus NOT_FOUND = new CloseStatus(4404, "NotFound");

  /** 4409: taken, or in conflict with something else. */
  public static final CloseStatus CONFLICT = new CloseStatus(4409, "Conflict");

  /** 4429: over a rate limit. */
  public static final CloseStatus TOO_MANY_REQUESTS = new CloseStatus(4429, "TooManyRequests");

  private static final List<CloseStatus> NAMED =
      List.of(
          OK,
          GOING_AWAY,
          PROTOCOL_ERROR,
          UNKNOWN_MESSAGE_TYPE,
          RESERVED,
          NO_STATUS_CODE,
          ABNORMAL_CLOSE,
          INVALID_DATA_TYPE,
          POLICY_VIOLATION,
          MESSAGE_TOO_LARGE,
          EXTENSION_REQUIRED,
          INTERNAL_SERVER_ERROR,
          RESTART,
          AGAIN,
          BAD_GATEWAY,
          TLS_FAILURE,
          UNAUTHORIZED,
          FORBIDDEN,
          NOT_FOUND,
          CONFLICT,
          TOO_MANY_REQUESTS);

  /** What a client does after a close. */
  public enum Retry {
    /** It stays away. */
    NEVER,
    /** It comes back only with a new token. */
    NEW_TOKEN,
    /** It comes back, each time after a longer wait. */
    BACKOFF,
    /** It comes back after the delay that the reason names, else after 5 to 30 s at random. */
    AFTER_DELAY
  }

  /**
   * @throws IllegalArgumentException if {@code code} is not one that exists or is free for own use,
   *     or {@code reason} is too long
   */
  public CloseStatus {
    if (code < 1000 || code > 1015) {
      requireOwn(code);
    }
    int bytes = reason.getBytes(UTF_8).length;
    if (bytes > MAX_REASON_BYTES) {
      throw new IllegalArgumentException(
          "close reason too long: bytes=" + bytes + ", max=" + MAX_REASON_BYTES);
    }
  }

  /**
   * A status with a code of one's own.
   *
   * @param code 3000 to 4999; from 4000 on private to the application
   * @param reason cut after {@value #MAX_REASON_BYTES} bytes of UTF-8 at the latest
   * @throws IllegalArgumentException if {@code code} is outside the range; the text says why
   */
  public static CloseStatus of(int code, String reason) {
    requireOwn(code);
    return new CloseStatus(code, cut(reason));
  }

  /**
   * The close status that says the same as an HTTP status, with the default reason.
   *
   * @throws IllegalArgumentException if {@code status} is not 100 to 599
   */
  public static CloseStatus fromHttp(int status) {
    if (status < 100 || status > 599) {
      throw new IllegalArgumentException(
          "http status out of range: status=" + status + ", min=100, max=599");
    }
    return switch (status) {
      case 400, 422 -> INVALID_DATA_TYPE;
      case 401 -> UNAUTHORIZED;
      case 403 -> FORBIDDEN;
      case 404 -> NOT_FOUND;
      case 409 -> CONFLICT;
      case 413 -> MESSAGE_TOO_LARGE;
      case 415 -> UNKNOWN_MESSAGE_TYPE;
      case 429 -> TOO_MANY_REQUESTS;
      case 503 -> AGAIN;
      default -> status >= 500 ? INTERNAL_SERVER_ERROR : POLICY_VIOLATION;
    };
  }

  /**
   * The close status that says the same as an HTTP status.
   *
   * @param reason cut after {@value #MAX_REASON_BYTES} bytes; the default reason when empty
   * @throws IllegalArgumentException if {@code status} is not 100 to 599
   */
  public static CloseStatus fromHttp(int status, String reason) {
    CloseStatus same = fromHttp(status);
    return reason.isEmpty() ? same : same.withReason(reason);
  }

  /**
   * Whether {@code code} may stand in a close frame that a client sends: 1000 to 1003, 1007 to
   * 1014, 3000 to 4999. Any other is a protocol error.
   */
  public static boolean mayBeReceived(int code) {
    return (code >= 1000 && code <= 1003)
        || (code >= 1007 && code <= 1014)
        || (code >= 3000 && code <= 4999);
  }

  /** The same code with another reason, cut after {@value #MAX_REASON_BYTES} bytes of UTF-8. */
  public CloseStatus withReason(String reason) {
    return new CloseStatus(code, cut(reason));
  }

  /**
   * The status to send for this one: itself, or {@link #INTERNAL_SERVER_ERROR} for a code that a
   * server never sends (1004, 1005, 1006, 1010, 1015). Whoever gets another status than he gave
   * logs an error.
   */
  public CloseStatus sendable() {
    return switch (code) {
      case 1004, 1005, 1006, 1010, 1015 -> INTERNAL_SERVER_ERROR;
      default -> this;
    };
  }

  /**
   * The HTTP status that refuses a handshake for the same cause; 404 where there is none. Codes
   * 4400 to 4499 stand for 400 to 499.
   */
  public int httpStatus() {
    if (code >= 4400 && code <= 4499) {
      return code - 4000;
    }
    return switch (code) {
      case 1002, 1007 -> 400;
      case 1003 -> 415;
      case 1008 -> 403;
      case 1009 -> 413;
      case 1011 -> 500;
      case 1014 -> 502;
      case 1001, 1012, 1013 -> 503;
      default -> 404;
    };
  }

  /** What our clients do after this close; for codes they do not know, {@link Retry#BACKOFF}. */
  public Retry retry() {
    if (code >= 4000 && code <= 4099) {
      return Retry.NEVER;
    }
    return switch (code) {
      case 1000, 1002, 1003, 1004, 1007, 1008, 1009, 1010, 4403, 4404, 4409 -> Retry.NEVER;
      case 4401 -> Retry.NEW_TOKEN;
      case 1012 -> Retry.AFTER_DELAY;
      default -> Retry.BACKOFF;
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CloseStatus status && status.code == code;
  }

  @Override
  public int hashCode() {
    return code;
  }

  /** The code and its name, for logs; never the reason, which may come from a client. */
  @Override
  public String toString() {
    for (CloseStatus named : NAMED) {
      if (named.code == code) {
        return code + " " + named.reason;
      }
    }
    return Integer.toString(code);
  }

  private static void requireOwn(int code) {
    if (code >= 0 && code < 1000) {
      throw new IllegalArgumentException("Status codes in the range 0-999 are not used");
    }
    if (code >= 1000 && code < 3000) {
      throw new IllegalArgumentException(
          "Status codes in the range 1000-2999 are reserved for the WebSocket protocol");
    }
    if (code < 0 || code > 4999) {
      throw new IllegalArgumentException("Cannot create a status code outside the allowed range");
    }
  }

  private static String cut(String reason) {
    int bytes = 0;
    for (int i = 0; i < reason.length(); ) {
      int codePoint = reason.codePointAt(i);
      bytes += utf8Size(codePoint);
      if (bytes > MAX_REASON_BYTES) {
        return reason.substring(0, i);
      }
      i += Character.charCount(codePoint);
    }
    return reason;
  }

  private static int utf8Size(int codePoint) {
    if (codePoint < 0x80) {
      return 1;
    }
    if (codePoint < 0x800) {
      return 2;
    }
    return codePoint < 0x10000 ? 3 : 4;
  }
}
