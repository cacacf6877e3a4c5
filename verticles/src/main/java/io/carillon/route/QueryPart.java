package io.carillon.route;

import io.carillon.broker.Topic;

/**
 * One part of a pattern's query.
 *
 * @param name decoded; empty for a {@code REST} without a name
 * @param value of a {@code STATIC} part, decoded; else empty
 */
record QueryPart(Kind kind, String name, String value) {
  enum Kind {
    /** This name with this value is there, in any position. */
    STATIC,
    /** This name is there. */
    REQUIRED,
    /** This name may be there. */
    OPTIONAL,
    /** Anything else may be there, as always: this only says so. */
    REST
  }

  boolean isStatic() {
    return kind == Kind.STATIC;
  }

  /** As it is written in a pattern. */
  String spelling() {
    return switch (kind) {
      case STATIC -> Topic.escape(name) + "=" + Topic.escape(value);
      case REQUIRED -> name;
      case OPTIONAL -> name + "?";
      case REST -> name + "**";
    };
  }
}
