package io.carillon.server;

/** Makes what the configuration names by its class. */
final class ClassNames {
  private ClassNames() {}

  /**
   * A new instance.
   *
   * @throws ClassNotFoundException if there is no such class
   * @throws ClassCastException if it is no such type
   */
  static <T> T instance(String name, Class<T> type) throws ReflectiveOperationException {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    Class<?> found =
        Class.forName(name, true, loader != null ? loader : ClassNames.class.getClassLoader());
    return found.asSubclass(type).getDeclaredConstructor().newInstance();
  }
}
