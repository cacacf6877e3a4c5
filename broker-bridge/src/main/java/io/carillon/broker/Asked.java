package io.carillon.broker;

/** An ask on its way, by reference, to somebody of this JVM who has to answer it once. */
public record Asked(Ask ask, Tally tally) {
  /** Answers. */
  public void answer(Answer answer) {
    tally.add(answer);
  }
}
