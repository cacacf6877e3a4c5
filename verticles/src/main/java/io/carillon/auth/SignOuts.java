package io.carillon.auth;

import io.carillon.broker.Clients;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.shareddata.AsyncMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * When users were last signed out everywhere: a name for each such moment, which sessions of later
 * sign-ins know. Sessions that do not are nobody's. One entry for each user who was, for as long as
 * a session may live.
 */
public final class SignOuts {
  /** Longest life of a session, in milliseconds: 400 days. */
  public static final long LONGEST_MILLIS = 400L * 24 * 60 * 60 * 1000;

  private static final String MAP = "carillon.signOuts";
  private static final int SIGNED_OUT = 4401;

  private final Vertx vertx;

  private SignOuts(Vertx vertx) {
    this.vertx = vertx;
  }

  /** Those of the cluster. */
  public static SignOuts of(Vertx vertx) {
    return new SignOuts(vertx);
  }

  /** The name of the last one of a user, if there was any. */
  public Future<@Nullable String> last(String user) {
    return map().compose(moments -> moments.get(user));
  }

  Future<Void> signOut(String user) {
    return map()
        .compose(moments -> moments.put(user, UUID.randomUUID().toString(), LONGEST_MILLIS))
        .compose(known -> Clients.of(vertx).user(user).disconnect(SIGNED_OUT, "signed out"))
        .mapEmpty();
  }

  private Future<AsyncMap<String, String>> map() {
    return vertx.sharedData().getAsyncMap(MAP);
  }
}
