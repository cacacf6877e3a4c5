package io.carillon.codec;

/**
 * A payload is not what its receiver takes. The message says what was wanted and never repeats what
 * came.
 */
public final class DecodeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What is wrong with the payload. */
  public enum Kind {
    /** Text where only binary is taken, or the other way round; a client is closed with 1003. */
    WRONG_KIND,
    /** The bytes are not a value of the wanted type; a client is closed with 1007. */
    INVALID
  }

  private final Kind kind;

  /** Creates a failure of the given kind; {@code rule} goes to the client. */
  public DecodeException(Kind kind, String rule) {
    super(rule, null, false, false);
    this.kind = kind;
  }

  /** What is wrong. */
  public Kind kind() {
    return kind;
  }
}
