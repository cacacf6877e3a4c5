package io.carillon.route;

import io.carillon.channel.ChannelEvent;
import java.io.Serializable;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;

/**
 * Refuses handlers whose result would be lost. The compiler refuses such a lambda, but lets a
 * reference to a method with any result pass for one without; what the reference stands for is seen
 * in its serialized form only.
 */
final class HandlerResult {
  private HandlerResult() {}

  /**
   * Checks a handler that is declared to return nothing.
   *
   * @throws IllegalArgumentException if it is a reference to a method that returns something
   */
  static void check(Serializable handler, UriPattern pattern, ChannelEvent.Kind event) {
    if (returnsValue(handler)) {
      throw new IllegalArgumentException(
          "WebSocket Event handlers are not permitted to return values: pattern="
              + pattern
              + ", event="
              + event.wireName());
    }
  }

  private static boolean returnsValue(Serializable handler) {
    if (!handler.getClass().isSynthetic()) {
      return false; // a class of its own: what it returns is what it declares
    }
    try {
      Method method = handler.getClass().getDeclaredMethod("writeReplace");
      method.setAccessible(true);
      return method.invoke(handler) instanceof SerializedLambda lambda
          && !lambda.getImplMethodSignature().endsWith(")V");
    } catch (ReflectiveOperationException | RuntimeException hidden) {
      return false; // not to be seen on this JVM; the compiler's own check has to do
    }
  }
}
