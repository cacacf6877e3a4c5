package io.carillon.auth;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a {@link Guard} says. Immutable. */
public sealed interface Verdict {
  /** The client may. */
  record Pass() implements Verdict {}

  /** This route is none for the client: the next one in rank is asked. */
  record Forward() implements Verdict {}

  /**
   * The client may not.
   *
   * @param status 400 to 599; as a close code 401 is 4401, 403 is 4403, and so on
   * @param reason what the client gets to read
   * @param headers for the answer to an HTTP request
   * @param location where an HTTP request is sent instead, with 303; empty for nowhere
   */
  record Refused(int status, String reason, Map<String, String> headers, String location)
      implements Verdict {

    /** Checks the status. */
    public Refused {
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException("a refusal must be 400 to 599: status=" + status);
      }
      headers = Map.copyOf(headers);
    }

    /** The same with a header for the answer to an HTTP request. */
    public Refused header(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Refused(status, reason, more, location);
    }

    /** The same, but that an HTTP request is answered 303 and sent elsewhere. */
    public Refused orRedirect(String to) {
      return new Refused(status, reason, headers, to);
    }
  }

  /** See {@link Pass}. */
  static Verdict pass() {
    return new Pass();
  }

  /** See {@link Forward}. */
  static Verdict forward() {
    return new Forward();
  }

  /**
   * See {@link Refused}.
   *
   * @throws IllegalArgumentException if {@code status} is not 400 to 599
   */
  static Refused refuse(int status, String reason) {
    return new Refused(status, reason, Map.of(), "");
  }
}
