package io.carillon.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.shareddata.ClusterSerializable;
import io.vertx.core.shareddata.Shareable;
import io.vertx.ext.auth.prng.VertxContextPRNG;
import io.vertx.ext.web.sstore.AbstractSession;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A browser session as it is kept in a session store of Vert.x Web. Public only because the cluster
 * makes it by reflection; handlers use {@link BrowserSession}.
 */
public final class StoredSession extends AbstractSession implements ClusterSerializable, Shareable {
  private static final int ID_BYTES = 16;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{" + 2 * ID_BYTES + "}");
  private static final String USER = "carillon.user";
  private static final String SIGN_IN = "carillon.signIn";

  /** One that is about to be read. */
  public StoredSession() {}

  /** A new one with an id that nobody can guess: 128 bits of a secure random number. */
  public StoredSession(VertxContextPRNG random, Duration life) {
    super(random, life.toMillis(), ID_BYTES);
  }

  /** Whether a text may be the id of a session. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** Another one with the same data under an id of its own, in which a user has signed in. */
  public StoredSession signedIn(
      VertxContextPRNG random, Duration life, String user, @Nullable String signIn) {
    StoredSession next = new StoredSession(random, life);
    if (!isEmpty()) {
      next.setData(new ConcurrentHashMap<>(data()));
    }
    next.put(USER, user);
    next.put(SIGN_IN, signIn);
    return next;
  }

  /** The user who has signed in; null if nobody has. */
  public @Nullable String user() {
    return get(USER);
  }

  /** Which sign-out of the user everywhere this sign-in came behind; null for none. */
  public @Nullable String signIn() {
    return get(SIGN_IN);
  }

  /** From now on it lives for that long. */
  public void renew(Duration life) {
    setTimeout(life.toMillis());
    setAccessed();
  }

  /** How long it has lived since it was made or renewed, in milliseconds. */
  public long ageMillis() {
    return System.currentTimeMillis() - lastAccessed();
  }

  @Override
  public void writeToBuffer(Buffer buffer) {
    byte[] id = id().getBytes(UTF_8);
    buffer
        .appendInt(id.length)
        .appendBytes(id)
        .appendLong(timeout())
        .appendLong(lastAccessed())
        .appendInt(version());
    writeDataToBuffer(buffer);
  }

  @Override
  public int readFromBuffer(int from, Buffer buffer) {
    int end = from + 4 + buffer.getInt(from);
    setId(buffer.getString(from + 4, end));
    setTimeout(buffer.getLong(end));
    setLastAccessed(buffer.getLong(end + 8));
    setVersion(buffer.getInt(end + 16));
    return readDataFromBuffer(end + 20, buffer);
  }

  /** Nothing of what it holds. */
  @Override
  public String toString() {
    return "StoredSession";
  }
}
