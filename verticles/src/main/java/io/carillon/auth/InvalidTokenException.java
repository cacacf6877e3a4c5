package io.carillon.auth;

/** Why a token is not taken. The text is for its client too; it repeats nothing of the token. */
public final class InvalidTokenException extends Exception {
  private static final long serialVersionUID = 1;

  /** An exception with a reason in words, and without a stack trace: clients cause it. */
  public InvalidTokenException(String reason) {
    super(reason, null, false, false);
  }

  /** The reason. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
