package io.carillon.route;

import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Two routes that cannot stand side by side.
 *
 * @param later the one that came later
 * @param laterName the verticle that has it
 * @param earlier the one that was there
 * @param earlierName the verticle that has it
 */
public record Collision(
    Announcement.Declared later,
    String laterName,
    Announcement.Declared earlier,
    String earlierName) {

  /** One line that names all pairs. */
  public static String text(Collection<Collision> all) {
    return all.stream()
        .map(Collision::toString)
        .distinct()
        .collect(Collectors.joining("; ", "routes overlap: ", ""));
  }

  @Override
  public String toString() {
    String both = later.describe(laterName) + " and " + earlier.describe(earlierName);
    return later.pattern().equals(earlier.pattern()) && later.events().equals(earlier.events())
        ? both + " have different settings or are declared twice"
        : both;
  }
}
