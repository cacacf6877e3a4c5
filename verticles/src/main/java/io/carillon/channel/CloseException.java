package io.carillon.channel;

import io.carillon.protocol.CloseStatus;

/**
 * Ends a channel with a status. A handler throws it or fails its future with it; a join that fails
 * so refuses the client, before the upgrade with the HTTP status.
 *
 * <pre>{@code
 * .join(ch -> { if (full(ch)) throw CloseException.http(409, "room is full"); })
 * .message((ch, say) -> { if (rude(say)) throw new CloseException(CloseStatus.of(4000, "be nice")); })
 * }</pre>
 */
public final class CloseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient CloseStatus status;
  private final int httpStatus;
  private final boolean fromHttp;

  /** A failure with a close status; its HTTP status is the one nearest to it, 404 if none is. */
  public CloseException(CloseStatus status) {
    this(status, status.httpStatus(), false);
  }

  private CloseException(CloseStatus status, int httpStatus, boolean fromHttp) {
    super(status.code() + " " + status.reason(), null, false, false);
    this.status = status;
    this.httpStatus = httpStatus;
    this.fromHttp = fromHttp;
  }

  /**
   * A failure with an HTTP status from 400 to 599, and the close status that stands for it: 4401
   * for 401, 4403 for 403, 1011 for most above 500, and so on.
   *
   * @throws IllegalArgumentException if {@code httpStatus} is no failure
   */
  public static CloseException http(int httpStatus, String reason) {
    if (httpStatus < 400 || httpStatus > 599) {
      throw new IllegalArgumentException("a refusal must be 400 to 599: httpStatus=" + httpStatus);
    }
    return new CloseException(CloseStatus.fromHttp(httpStatus, reason), httpStatus, true);
  }

  /** The status that the client is closed with. */
  public CloseStatus status() {
    return status;
  }

  /** The status that an HTTP answer has. */
  public int httpStatus() {
    return httpStatus;
  }

  /**
   * The number that stands for it in a failed reply on the bus: the HTTP status of one made by
   * {@link #http}, else the close code.
   */
  public int wireCode() {
    return fromHttp ? httpStatus : status.code();
  }

  /** What a failed reply on the bus means; an unknown code is {@code 1011}. */
  public static CloseException ofWire(int code, String reason) {
    try {
      return code >= 400 && code <= 599
          ? http(code, reason)
          : new CloseException(new CloseStatus(code, "").withReason(reason));
    } catch (IllegalArgumentException notAStatus) {
      return new CloseException(CloseStatus.INTERNAL_SERVER_ERROR);
    }
  }

  /** The reason, which the client gets to read. */
  public String reason() {
    return status.reason();
  }
}
