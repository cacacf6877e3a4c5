package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;

/**
 * How a client left: the close status it sent, or why there is none.
 *
 * @param kind {@link Kind#CLOSED} when a valid close frame came
 * @param closeStatus what the client sent; for any other kind the plain status it stands for
 */
public record LeaveStatus(Kind kind, CloseStatus closeStatus) {
  private static final int MAX_BODY_BYTES = 2 + CloseStatus.MAX_REASON_BYTES;

  /** A close frame without a status, or no close frame. */
  public static final LeaveStatus NO_STATUS = of(Kind.NO_STATUS);

  /** A one-time URI expired and no client ever came. */
  public static final LeaveStatus NEVER_JOINED = of(Kind.NEVER_JOINED);

  /** What kind of end it was. */
  public enum Kind {
    /** A close frame with a code that may be sent and a reason in UTF-8. */
    CLOSED,
    /** A close code below 1000 or above 4999. */
    OUT_OF_RANGE,
    /** A close code that never goes on the wire: 1004 to 1006, 1015 to 2999. */
    ILLEGAL_STATUS,
    /** A close frame with a body of one byte, or of more than 125. */
    BAD_FRAME,
    /** A close reason that is not UTF-8. */
    UTF8_ERROR,
    /** A close frame with an empty body, or none at all. */
    NO_STATUS,
    /** The client of a one-time URI never came. */
    NEVER_JOINED;

    /** The name on the bus, in lower case: {@code closed}, {@code out_of_range} and so on. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The kind with that name on the bus.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Kind ofWireName(String wireName) {
      for (Kind kind : values()) {
        if (kind.wireName().equals(wireName)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("unknown leave status: kind=" + wireName);
    }

    private CloseStatus standsFor() {
      return switch (this) {
        case CLOSED -> CloseStatus.NO_STATUS_CODE;
        case OUT_OF_RANGE, ILLEGAL_STATUS, NO_STATUS -> CloseStatus.ABNORMAL_CLOSE;
        case BAD_FRAME, UTF8_ERROR -> CloseStatus.PROTOCOL_ERROR;
        case NEVER_JOINED -> CloseStatus.GOING_AWAY;
      };
    }
  }

  /**
   * @throws IllegalArgumentException if a kind other than {@link Kind#CLOSED} comes with another
   *     status than it stands for
   */
  public LeaveStatus {
    if (kind != Kind.CLOSED && !closeStatus.equals(kind.standsFor())) {
      throw new IllegalArgumentException(
          "leave status must be what its kind stands for: kind="
              + kind.wireName()
              + ", code="
              + closeStatus.code()
              + ", expected="
              + kind.standsFor().code());
    }
  }

  /** A client that left with this status. */
  public static LeaveStatus of(CloseStatus closeStatus) {
    return new LeaveStatus(Kind.CLOSED, closeStatus);
  }

  /**
   * A client that left without a valid status.
   *
   * @throws IllegalArgumentException if {@code kind} is {@link Kind#CLOSED}, which needs a status
   */
  public static LeaveStatus of(Kind kind) {
    if (kind == Kind.CLOSED) {
      throw new IllegalArgumentException("leave status needs a close status: kind=closed");
    }
    return new LeaveStatus(kind, kind.standsFor());
  }

  /**
   * What a received close frame says; never fails.
   *
   * @param body the unmasked payload of the frame: nothing, or two bytes of code and a reason
   */
  public static LeaveStatus parse(byte[] body) {
    if (body.length == 0) {
      return NO_STATUS;
    }
    if (body.length == 1 || body.length > MAX_BODY_BYTES) {
      return of(Kind.BAD_FRAME);
    }
    int code = (body[0] & 0xff) << 8 | (body[1] & 0xff);
    if (code < 1000 || code > 4999) {
      return of(Kind.OUT_OF_RANGE);
    }
    if (!CloseStatus.mayBeReceived(code)) {
      return of(Kind.ILLEGAL_STATUS);
    }
    if (Utf8Validator.check(Utf8Validator.ACCEPT, body, 2, body.length) != Utf8Validator.ACCEPT) {
      return of(Kind.UTF8_ERROR);
    }
    return of(new CloseStatus(code, new String(body, 2, body.length - 2, UTF_8)));
  }

  /**
   * The close frame that answers the one this was parsed from: the client's own code without a
   * reason, {@link CloseStatus#NO_STATUS_CODE} for an empty frame (answer with an empty one), and
   * {@link CloseStatus#PROTOCOL_ERROR} for a frame that should not have been sent.
   */
  public CloseStatus reply() {
    return switch (kind) {
      case CLOSED -> closeStatus.withReason("");
      case NO_STATUS -> CloseStatus.NO_STATUS_CODE;
      default -> CloseStatus.PROTOCOL_ERROR;
    };
  }

  /** The kind and the code, for logs; never the reason, which comes from the client. */
  @Override
  public String toString() {
    return kind.wireName() + " " + closeStatus.code();
  }
}
