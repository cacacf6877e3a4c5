package io.carillon.broker;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What one event loop publishes in one turn for others: handed over together when the turn ends.
 * The other loop so wakes once, and writes all of it to each connection with one system call; woken
 * by the first publication, it would be done with that before the second one comes.
 *
 * <p>A turn lasts as long as something is published in it, one task behind the other, {@value
 * #MOST_LOOKS} tasks at most; {@value #MOST} publications do not wait for its end.
 *
 * <p>Owned by that event loop.
 */
final class Turn {
  static final int MOST = 64;
  private static final int MOST_LOOKS = 64;

  private final Map<Consumer<List<Publication>>, List<Publication>> pending = new HashMap<>();
  private final Handler<Void> look = next -> look();
  private final Context context;
  private boolean looking;
  private int published;
  private int publishedBefore;
  private int looks;

  Turn(Context context) {
    this.context = context;
  }

  /** Has {@code target} take a publication, behind those that were added for it before. */
  void add(Consumer<List<Publication>> target, Publication publication) {
    List<Publication> list = pending.computeIfAbsent(target, first -> new ArrayList<>());
    list.add(publication);
    published++;
    if (list.size() == MOST) {
      pending.remove(target);
      target.accept(list);
    }
    if (!looking) {
      looking = true;
      looks = 0;
      publishedBefore = published - 1;
      context.runOnContext(look);
    }
  }

  private void look() {
    if (published != publishedBefore && looks < MOST_LOOKS) {
      looks++;
      publishedBefore = published;
      context.runOnContext(look);
      return;
    }
    looking = false;
    pending.forEach(Consumer::accept);
    pending.clear();
  }
}
