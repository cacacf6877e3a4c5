package io.carillon.broker;

/** The broker did not take a publication or a subscription. */
public final class BrokerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Code {
    /** No broker on this node: it is not deployed yet, or has stopped. */
    NOT_RUNNING(503),
    /** Over the limit for one message; the text names both sizes in bytes. */
    TOO_LARGE(413),
    /** The topic is not one, or there is nothing to send. */
    INVALID(400);

    private final int number;

    Code(int number) {
      this.number = number;
    }

    /** The failure code of a reply on the bus. */
    public int number() {
      return number;
    }
  }

  private final Code code;

  /** Creates a failure. */
  public BrokerException(Code code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  /** Why the broker refused. */
  public Code code() {
    return code;
  }
}
