package io.carillon.route;

/**
 * One segment of a pattern's path.
 *
 * @param text for {@code STATIC} the segment in the normal form of topics, else the name of the
 *     parameter, empty when it has none
 */
record PathSegment(Kind kind, String text) {
  enum Kind {
    /** Exactly this segment. */
    STATIC,
    /** Any one segment. */
    ONE,
    /** Any number of segments, none included. */
    REST
  }

  boolean isStatic() {
    return kind == Kind.STATIC;
  }

  boolean isRest() {
    return kind == Kind.REST;
  }

  boolean isNamed() {
    return kind != Kind.STATIC && !text.isEmpty();
  }

  /** Whether some segment matches both; neither is a {@code REST}. */
  boolean overlaps(PathSegment other) {
    return !isStatic() || !other.isStatic() || text.equals(other.text);
  }

  /** Whether every segment that the other matches is matched by this; this is no {@code REST}. */
  boolean covers(PathSegment other) {
    return isStatic() ? other.isStatic() && text.equals(other.text) : other.kind != Kind.REST;
  }

  /** As it is written in a pattern. */
  String spelling() {
    return switch (kind) {
      case STATIC -> text;
      case ONE -> text.isEmpty() ? "*" : ":" + text;
      case REST -> text.isEmpty() ? "**" : ":" + text + "**";
    };
  }
}
