package io.carillon.server;

import io.carillon.broker.Topic;
import io.netty.util.collection.LongObjectHashMap;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The further topics of the plain connections of one event loop. Here and not with the connection,
 * because hardly any has some. Owned by the event loop.
 */
final class FurtherTopics {
  private final LongObjectHashMap<List<FurtherTopic>> bySession = new LongObjectHashMap<>();
  private long lastNumber;

  /** Those of one connection; a copy. */
  List<FurtherTopic> of(PlainSession session) {
    List<FurtherTopic> some = bySession.isEmpty() ? null : bySession.get(session.number());
    return some == null ? List.of() : List.copyOf(some);
  }

  @Nullable FurtherTopic find(PlainSession session, long number) {
    return of(session).stream().filter(one -> one.number() == number).findFirst().orElse(null);
  }

  /**
   * Has a client join one more topic.
   *
   * @return completes with whether it is there now
   */
  Future<Boolean> join(PlainSession session, Topic topic, Access access) {
    List<FurtherTopic> some = of(session);
    if (session.isOn(topic)) {
      return Future.succeededFuture(true);
    }
    if (some.size() + 1 >= session.loop().limits().maxTopics()) {
      session.loop().counters().count(Counters.Limit.MAX_TOPICS);
      return Future.succeededFuture(false);
    }
    if (topic.isReserved() || !(access.find(topic) instanceof RouteTable.Lookup.Found found)) {
      return Future.succeededFuture(false);
    }
    FurtherTopic further = new FurtherTopic(session, ++lastNumber, topic, found.candidates());
    bySession.computeIfAbsent(session.number(), first -> new ArrayList<>(1)).add(further);
    return further
        .channel()
        .join(access.permit(topic, further.handshake(), found.candidates()))
        .map(true)
        .onFailure(
            refused -> {
              if (further.channel().hasLeft()) {
                remove(further);
              }
            })
        .otherwise(false);
  }

  void remove(FurtherTopic further) {
    List<FurtherTopic> some = bySession.get(further.session().number());
    if (some != null && some.remove(further) && some.isEmpty()) {
      bySession.remove(further.session().number());
    }
  }
}
