package io.carillon.examples;

/**
 * Who listens to the updates.
 *
 * @param name 1 to 40 characters, none of which is a control character
 */
record Guest(String name) {
  private static final int MOST_CHARS = 40;

  Guest {
    if (name == null || name.isBlank() || name.length() > MOST_CHARS) {
      throw new IllegalArgumentException("a name has 1 to " + MOST_CHARS + " characters");
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("a name has no control characters");
    }
  }
}
