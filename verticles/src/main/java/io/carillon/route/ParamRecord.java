package io.carillon.route;

import io.carillon.auth.Handshake;
import io.carillon.broker.Topic;
import io.carillon.channel.Params;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parameters of a request into a record: each component from the path parameter, query
 * parameter or header of its name.
 *
 * @param <P> the record
 */
final class ParamRecord<P> {
  /** Where one value comes from. */
  private enum Place {
    PATH,
    REST,
    QUERY,
    HEADER;

    /** What an error calls a parameter of this place. */
    String wording() {
      return this == REST ? "path" : name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** The request that is read. */
  private record Request(Topic topic, Params params, Handshake handshake) {}

  /** Reads the value of one component. */
  private interface Source {
    Object read(Request request);
  }

  private final Class<P> type;
  private final UriPattern pattern;
  private final Map<String, String> headers;
  private final List<Source> sources;
  private final Constructor<P> constructor;

  private ParamRecord(
      Class<P> type,
      UriPattern pattern,
      Map<String, String> headers,
      String prefix,
      Set<Class<?>> outer) {
    if (!type.isRecord() || !outer.add(type)) {
      throw new IllegalArgumentException(
          "parameters must be a record that does not hold itself: type=" + type.getName());
    }
    this.type = type;
    this.pattern = pattern;
    this.headers = headers;
    List<Source> found = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      found.add(source(component, prefix, outer));
    }
    this.sources = List.copyOf(found);
    this.constructor = constructor(type);
    outer.remove(type);
  }

  /**
   * Reads the components of a record.
   *
   * @param headers the names of headers by those of components
   * @throws IllegalArgumentException if a component has no source in the pattern, or a type that
   *     cannot be read; the text names it
   */
  static <P> ParamRecord<P> of(Class<P> type, UriPattern pattern, Map<String, String> headers) {
    ParamRecord<P> made = new ParamRecord<>(type, pattern, headers, "", new HashSet<>());
    Set<String> unknown = new HashSet<>(headers.keySet());
    Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "no such component: names=" + unknown + ", type=" + type.getName());
    }
    return made;
  }

  Class<P> type() {
    return type;
  }

  /**
   * The values of one request.
   *
   * @throws IllegalArgumentException if one is missing or not valid, or the record refuses them;
   *     the text names the parameter and goes to the client
   */
  P read(Topic topic, Params params, Handshake handshake) {
    return read(new Request(topic, params, handshake));
  }

  private P read(Request request) {
    Object[] values = sources.stream().map(source -> source.read(request)).toArray();
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw new IllegalArgumentException(String.valueOf(refused.getMessage()), e);
      }
      throw new IllegalStateException("parameters cannot be made: type=" + type.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("parameters cannot be made: type=" + type.getName(), e);
    }
  }

  private static <P> Constructor<P> constructor(Class<P> type) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<P> canonical = type.getDeclaredConstructor(types);
      canonical.setAccessible(true);
      return canonical;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("every record has one", e);
    }
  }

  private Source source(RecordComponent component, String prefix, Set<Class<?>> outer) {
    String name = prefix + component.getName();
    Class<?> raw = component.getType();
    if (raw == Map.class) {
      return request -> unnamed(request.params());
    }
    boolean optional = raw == Optional.class;
    boolean many = raw == List.class;
    Class<?> one = optional || many ? argument(component.getGenericType(), name) : raw;
    if (one.isRecord() && !many && headers.get(name) == null) {
      return nested(one, name, optional, outer);
    }
    String header = prefix.isEmpty() ? headers.get(name) : null;
    Place place = place(name, header, many, optional);
    return new Single(place, header == null ? name : header, ParamType.of(one), optional, many);
  }

  private <N> Source nested(Class<N> type, String name, boolean optional, Set<Class<?>> outer) {
    ParamRecord<N> inner = new ParamRecord<>(type, pattern, headers, name + ".", outer);
    return request -> {
      if (!optional) {
        return inner.read(request);
      }
      boolean there =
          request.params().queryNames().stream()
              .anyMatch(one -> one.startsWith(name + ".") || one.startsWith(name + "["));
      return there ? Optional.of(inner.read(request)) : Optional.empty();
    };
  }

  private Place place(String name, @Nullable String header, boolean many, boolean optional) {
    if (header != null) {
      return Place.HEADER;
    }
    if (pattern.names().contains(name)) {
      return many ? Place.REST : Place.PATH;
    }
    QueryPart part = pattern.queryPart(name);
    if (part == null && !name.contains(".") && !pattern.takesAnyQuery()) {
      throw new IllegalArgumentException(
          "component is no parameter of the pattern: name=" + name + ", pattern=" + pattern);
    }
    if (part != null && part.kind() == QueryPart.Kind.OPTIONAL && !many && !optional) {
      throw new IllegalArgumentException(
          "optional parameter needs an Optional or a List: name=" + name + ", pattern=" + pattern);
    }
    return Place.QUERY;
  }

  private static Class<?> argument(Type generic, String name) {
    if (generic instanceof ParameterizedType parameterized
        && parameterized.getActualTypeArguments()[0] instanceof Class<?> argument) {
      return argument;
    }
    throw new IllegalArgumentException("component needs a simple type argument: name=" + name);
  }

  /** What the pattern does not name. */
  private Map<String, String> unnamed(Params params) {
    Map<String, String> rest = new LinkedHashMap<>();
    for (String name : params.queryNames()) {
      if (pattern.queryPart(name) == null) {
        rest.put(name, params.query(name));
      }
    }
    return rest;
  }

  /** One value, or the values of one name. */
  private final class Single implements Source {
    private final Place place;
    private final String name;
    private final ParamType type;
    private final boolean optional;
    private final boolean many;

    Single(Place place, String name, ParamType type, boolean optional, boolean many) {
      this.place = place;
      this.name = name;
      this.type = type;
      this.optional = optional;
      this.many = many;
    }

    @Override
    public Object read(Request request) {
      List<Object> values = texts(request).stream().map(this::value).toList();
      if (many) {
        return values;
      }
      if (optional) {
        return values.stream().findFirst();
      }
      if (values.isEmpty()) {
        throw new IllegalArgumentException(place.wording() + " parameter missing: " + name);
      }
      return values.get(0);
    }

    private List<String> texts(Request request) {
      return switch (place) {
        case PATH -> List.of(request.params().path(name));
        case REST -> pattern.rest(request.topic());
        case HEADER -> request.handshake().headers(name);
        case QUERY -> query(request.params());
      };
    }

    /** Of a nested record {@code a}, both {@code a.b=1} and {@code a[b]=1}. */
    private List<String> query(Params params) {
      List<String> found = params.queryAll(name);
      int dot = name.indexOf('.');
      return !found.isEmpty() || dot < 0
          ? found
          : params.queryAll(
              name.substring(0, dot) + "[" + name.substring(dot + 1).replace(".", "][") + "]");
    }

    private Object value(String text) {
      try {
        return type.reader().apply(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            place.wording() + " parameter must be " + type.rule() + ": name=" + name, e);
      }
    }
  }
}
