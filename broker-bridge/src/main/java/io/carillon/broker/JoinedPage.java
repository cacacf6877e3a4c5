package io.carillon.broker;

import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;

/**
 * A part of a list of channels, which is in the order of their ids.
 *
 * @param channels at most as many as were asked for
 * @param next what the next page is asked for with; empty when this is the last one
 * @param complete whether every node that has such channels answered within a second
 */
public record JoinedPage(List<Joined> channels, String next, boolean complete) {
  static JoinedPage of(Answer answer, int limit) {
    List<Joined> all =
        answer.items().stream()
            .map(item -> Joined.of((JsonObject) item))
            .sorted(Comparator.comparing(Joined::channel))
            .toList();
    boolean isLast = all.size() <= limit;
    List<Joined> page = isLast ? all : all.subList(0, limit);
    return new JoinedPage(page, isLast ? "" : page.get(limit - 1).channel(), answer.complete());
  }
}
