package io.carillon.auth;

import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What the handlers of one HTTP request keep with it: at most one value for each type, made by
 * whoever asks first. With a one-time URI that is issued to the request all of them go along, and
 * {@code Channel.cached} finds them. Safe to use from any thread.
 *
 * <pre>{@code
 * Account account = RequestCache.of(ctx).cached(Account.class, () -> accountOf(ctx));
 * }</pre>
 */
public final class RequestCache {
  private static final String KEY = "carillon.cache";

  private final Map<Class<?>, Object> values = new ConcurrentHashMap<>(4);

  RequestCache() {}

  /** The cache of a request. */
  public static RequestCache of(RoutingContext context) {
    RequestCache known = context.get(KEY);
    if (known == null) {
      known = new RequestCache();
      context.put(KEY, known);
    }
    return known;
  }

  /** The value of a type, made when it is asked for first. */
  public <T> T cached(Class<T> type, Supplier<T> maker) {
    return type.cast(values.computeIfAbsent(type, first -> maker.get()));
  }

  void forEach(BiConsumer<Class<?>, Object> action) {
    values.forEach(action);
  }
}
