package io.carillon.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One extension that a client offers (RFC 6455, section 9.1).
 *
 * <pre>
 *  Sec-WebSocket-Extensions: name; parameter; parameter=value; parameter="value", name, ...
 * </pre>
 *
 * @param name in small letters
 * @param parameters in their order; the same one may stand twice
 */
record ExtensionOffer(String name, List<Parameter> parameters) {
  /**
   * A parameter of an offer.
   *
   * @param name in small letters
   * @param value without quotes; empty where there is none
   */
  record Parameter(String name, String value) {}

  private static final String SEPARATORS = "()<>@,;:\\\"/[]?={} \t";

  /**
   * The offers of all header lines, in their order.
   *
   * @throws IllegalArgumentException if a line does not follow the grammar
   */
  static List<ExtensionOffer> parse(List<String> lines) {
    List<ExtensionOffer> offers = new ArrayList<>();
    for (String line : lines) {
      new Reader(line).read(offers);
    }
    return offers;
  }

  private static final class Reader {
    private final String line;
    private int at;

    Reader(String line) {
      this.line = line;
    }

    /** Elements of a list may be empty (RFC 9110, section 5.6.1.2). */
    void read(List<ExtensionOffer> offers) {
      do {
        skipBlanks();
        if (at < line.length() && line.charAt(at) != ',') {
          offers.add(offer());
        }
      } while (next(','));
      if (at < line.length()) {
        throw malformed();
      }
    }

    private ExtensionOffer offer() {
      String name = token().toLowerCase(Locale.ROOT);
      List<Parameter> parameters = new ArrayList<>();
      while (next(';')) {
        String parameter = token().toLowerCase(Locale.ROOT);
        parameters.add(new Parameter(parameter, next('=') ? value() : ""));
      }
      return new ExtensionOffer(name, parameters);
    }

    private String value() {
      if (!next('"')) {
        return token();
      }
      StringBuilder value = new StringBuilder();
      while (at < line.length() && line.charAt(at) != '"') {
        at += line.charAt(at) == '\\' ? 1 : 0;
        if (at == line.length() || !isToken(line.charAt(at))) {
          throw malformed();
        }
        value.append(line.charAt(at++));
      }
      if (value.isEmpty() || !next('"')) {
        throw malformed();
      }
      return value.toString();
    }

    private String token() {
      skipBlanks();
      int from = at;
      while (at < line.length() && isToken(line.charAt(at))) {
        at++;
      }
      if (at == from) {
        throw malformed();
      }
      return line.substring(from, at);
    }

    private static boolean isToken(char c) {
      return c > ' ' && c < 127 && SEPARATORS.indexOf(c) < 0;
    }

    /** Goes over {@code c}, and blanks ahead of it, if it is what comes next. */
    private boolean next(char c) {
      skipBlanks();
      if (at == line.length() || line.charAt(at) != c) {
        return false;
      }
      at++;
      return true;
    }

    private void skipBlanks() {
      while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
        at++;
      }
    }

    private static IllegalArgumentException malformed() {
      return new IllegalArgumentException("Sec-WebSocket-Extensions is malformed");
    }
  }
}
