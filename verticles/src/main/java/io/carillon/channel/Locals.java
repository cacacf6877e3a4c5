package io.carillon.channel;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What handlers keep with one channel. Safe to use from any thread. */
public final class Locals {
  private final Map<Object, Object> values = new ConcurrentHashMap<>(4);
  private volatile @Nullable Object message;
  private volatile Map<Object, Object> ofMessage = Map.of();

  /** The value under a key; null for none. */
  public @Nullable Object get(Object key) {
    return values.get(key);
  }

  /** Keeps a value unless there is one; says whether it did. */
  public boolean create(Object key, Object value) {
    return values.putIfAbsent(key, value) == null;
  }

  /** The value of a type, made when it is asked for first. */
  public <T> T cached(Class<T> type, Supplier<T> maker) {
    return type.cast(values.computeIfAbsent(type, first -> maker.get()));
  }

  /** As above, for as long as {@code current} is the message that is handled. */
  public <T> T cachedForMessage(Object current, Class<T> type, Supplier<T> maker) {
    if (message != current) {
      ofMessage = new ConcurrentHashMap<>(4);
      message = current;
    }
    return type.cast(ofMessage.computeIfAbsent(type, first -> maker.get()));
  }
}
