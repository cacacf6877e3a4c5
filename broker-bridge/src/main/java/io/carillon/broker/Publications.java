package io.carillon.broker;

import java.util.List;
import java.util.function.Consumer;

/**
 * Publications that one event loop made in one turn, in their order, as they travel to another.
 *
 * @param all at least one
 */
public record Publications(List<Publication> all) {
  /**
   * Calls {@code action} for each publication of a message's body.
   *
   * @return whether the body is one publication or several
   */
  public static boolean forEach(Object body, Consumer<Publication> action) {
    if (body instanceof Publication one) {
      action.accept(one);
      return true;
    }
    if (body instanceof Publications several) {
      several.all.forEach(action);
      return true;
    }
    return false;
  }
}
