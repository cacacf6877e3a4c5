package io.carillon.examples.cluster;

import java.util.BitSet;

/**
 * Counts what became of the numbered messages of one sender at one client: 0, 1, 2 and so on. Not
 * safe for use by several threads.
 */
final class Tally {
  private final BitSet heard = new BitSet();
  private int doubled;
  private int swapped;

  /** A message was heard. */
  void hear(int number) {
    if (heard.get(number)) {
      doubled++;
    } else if (number < heard.length()) {
      swapped++;
    }
    heard.set(number);
  }

  /** How many messages from number {@code from} to number {@code to} have not been heard. */
  int lost(int from, int to) {
    return to - from + 1 - heard.get(from, to + 1).cardinality();
  }

  /** The number of the first message heard, -1 if there is none. */
  int first() {
    return heard.nextSetBit(0);
  }

  /** The highest number heard, -1 if there is none. */
  int last() {
    return heard.length() - 1;
  }

  /** Whether that one has been heard. */
  boolean has(int number) {
    return heard.get(number);
  }

  /** How often one came that had come before. */
  int doubled() {
    return doubled;
  }

  /** How often one came for the first time, but behind one with a higher number. */
  int swapped() {
    return swapped;
  }
}
