package io.carillon.server;

import java.util.List;
import java.util.Locale;

/** An HTTP response as it came over the wire. */
record Answer(int status, String statusLine, List<String> headers, String body) {
  /** All values of a header. */
  List<String> header(String name) {
    String start = name.toLowerCase(Locale.ROOT) + ":";
    return headers.stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
        .map(line -> line.substring(start.length()).trim())
        .toList();
  }
}
