package io.carillon.server;

import io.carillon.channel.CloseException;
import io.carillon.protocol.Dialect;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why an action of a multiplexed client failed.
 *
 * @param status the HTTP status that says the same
 * @param name what the base dialect calls it
 * @param reason what the client gets to read in the extension, behind the status
 */
record Refusal(int status, String name, String reason) {
  private static final Pattern REASON = Pattern.compile("([45][0-9]{2}) ?(.*)", Pattern.DOTALL);

  static final Refusal INVALID_TOPIC = of(400, "Invalid Topic");
  static final Refusal FOREIGN_ORIGIN = new Refusal(403, "Forbidden", "origin not allowed");
  static final Refusal NOT_FOUND = of(404, "Not Found");
  static final Refusal NOT_SUBSCRIBED = of(404, "Not Subscribed");
  static final Refusal ALREADY_SUBSCRIBED = of(409, "Already Subscribed");
  static final Refusal TOO_MANY_TOPICS = of(429, "Too Many Topics");

  private static Refusal of(int status, String name) {
    return new Refusal(status, name, name);
  }

  /** The refusal of a topic that no route takes. */
  static Refusal of(RouteTable.Lookup lookup) {
    return lookup instanceof RouteTable.Lookup.Missing missing
        ? new Refusal(400, "Bad Request", "query parameter missing: " + missing.parameter())
        : NOT_FOUND;
  }

  /** The refusal of a join. */
  static Refusal of(CloseException why) {
    String name =
        why.httpStatus() == 503
            ? "Unavailable"
            : HttpResponseStatus.valueOf(why.httpStatus()).reasonPhrase();
    return new Refusal(why.httpStatus(), name, why.reason().isEmpty() ? name : why.reason());
  }

  /** What a client has refused one of our questions with; 500 if that is not said properly. */
  static CloseException parse(String reason) {
    Matcher matcher = REASON.matcher(reason);
    return matcher.matches()
        ? CloseException.http(Integer.parseInt(matcher.group(1)), matcher.group(2))
        : CloseException.http(500, reason);
  }

  /** The reason as it goes on the wire. */
  String text(Dialect dialect) {
    return dialect == Dialect.CARILLON_V1 ? status + " " + reason : name;
  }
}
