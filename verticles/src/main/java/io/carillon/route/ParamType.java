package io.carillon.route;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How the text of one parameter becomes a value.
 *
 * @param rule what a text must be, for the error
 * @param reader throws {@link IllegalArgumentException} for a text that is none
 */
record ParamType(String rule, Function<String, Object> reader) {
  private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,19}");
  private static final Pattern DECIMAL =
      Pattern.compile("-?[0-9]{1,400}(\\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?");

  private static final List<String> FACTORIES = List.of("fromString", "parse", "of", "valueOf");

  private static final ParamType INT = whole("32 bits", Integer::valueOf);
  private static final ParamType LONG = whole("64 bits", Long::valueOf);
  private static final ParamType SHORT = whole("16 bits", Short::valueOf);
  private static final ParamType BYTE = whole("8 bits", Byte::valueOf);
  private static final ParamType DOUBLE = new ParamType("a number", ParamType::decimal);
  private static final ParamType BOOLEAN = new ParamType("true or false", ParamType::truth);

  private static final Map<Class<?>, ParamType> KNOWN =
      Map.ofEntries(
          Map.entry(String.class, new ParamType("a text", text -> text)),
          Map.entry(int.class, INT),
          Map.entry(Integer.class, INT),
          Map.entry(long.class, LONG),
          Map.entry(Long.class, LONG),
          Map.entry(short.class, SHORT),
          Map.entry(Short.class, SHORT),
          Map.entry(byte.class, BYTE),
          Map.entry(Byte.class, BYTE),
          Map.entry(double.class, DOUBLE),
          Map.entry(Double.class, DOUBLE),
          Map.entry(boolean.class, BOOLEAN),
          Map.entry(Boolean.class, BOOLEAN),
          Map.entry(UUID.class, new ParamType("a UUID", ParamType::uuid)));

  /**
   * The type of a parameter's values: text, a number, boolean, UUID, an enum, or a class of the
   * application with a constructor or static factory that takes one text.
   *
   * @throws IllegalArgumentException if texts cannot become such values
   */
  static ParamType of(Class<?> type) {
    ParamType known = KNOWN.get(type);
    if (known != null) {
      return known;
    }
    return type.isEnum() ? constant(type) : own(type);
  }

  private static ParamType whole(String size, Function<String, Object> reader) {
    return new ParamType("a whole number of " + size, text -> reader.apply(check(WHOLE, text)));
  }

  private static Object decimal(String text) {
    double value = Double.parseDouble(check(DECIMAL, text));
    if (Double.isInfinite(value)) {
      throw new IllegalArgumentException("out of range");
    }
    return value;
  }

  private static String check(Pattern rule, String text) {
    if (!rule.matcher(text).matches()) {
      throw new IllegalArgumentException("malformed");
    }
    return text;
  }

  /** A name without a value says yes. */
  private static Object truth(String text) {
    return switch (text) {
      case "true", "" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither");
    };
  }

  /** The JDK also takes shorter forms. */
  private static Object uuid(String text) {
    UUID value = UUID.fromString(text);
    if (!value.toString().equalsIgnoreCase(text)) {
      throw new IllegalArgumentException("malformed");
    }
    return value;
  }

  private static ParamType constant(Class<?> type) {
    Object[] constants = type.getEnumConstants();
    List<String> names = List.of(constants).stream().map(one -> ((Enum<?>) one).name()).toList();
    return new ParamType(
        "one of " + String.join(", ", names).toLowerCase(Locale.ROOT),
        text -> {
          for (int i = 0; i < constants.length; i++) {
            if (names.get(i).equalsIgnoreCase(text)) {
              return constants[i];
            }
          }
          throw new IllegalArgumentException("none of them");
        });
  }

  private static ParamType own(Class<?> type) {
    MethodHandle maker = maker(type);
    return new ParamType(
        "a valid " + type.getSimpleName(),
        text -> {
          try {
            return maker.invoke(text);
          } catch (IllegalArgumentException refused) {
            throw refused;
          } catch (Throwable e) {
            throw new IllegalArgumentException("refused", e);
          }
        });
  }

  private static MethodHandle maker(Class<?> type) {
    for (String name : FACTORIES) {
      for (Class<?> argument : List.of(String.class, CharSequence.class)) {
        try {
          Method factory = type.getDeclaredMethod(name, argument);
          if (Modifier.isStatic(factory.getModifiers()) && type == factory.getReturnType()) {
            return opened(factory);
          }
        } catch (NoSuchMethodException next) {
          // the next one may be there
        }
      }
    }
    try {
      return opened(type.getDeclaredConstructor(String.class));
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          "a parameter cannot be made from text: type=" + type.getName(), e);
    }
  }

  private static MethodHandle opened(Executable executable) {
    try {
      if (!Modifier.isPublic(executable.getModifiers())
          || !Modifier.isPublic(executable.getDeclaringClass().getModifiers())) {
        executable.setAccessible(true);
      }
      return executable instanceof Method method
          ? MethodHandles.lookup().unreflect(method)
          : MethodHandles.lookup().unreflectConstructor((Constructor<?>) executable);
    } catch (IllegalAccessException e) {
      throw new IllegalArgumentException("not accessible: " + executable, e);
    }
  }
}
