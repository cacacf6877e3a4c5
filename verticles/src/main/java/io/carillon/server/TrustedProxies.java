package io.carillon.server;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The proxies whose word about a client's address, its scheme and the host it asked for is taken.
 * From anybody else {@code Forwarded} (RFC 7239) and {@code X-Forwarded-*} are ignored, since every
 * client can send them.
 *
 * <p>Of a list of addresses the last one that is no trusted proxy counts: what stands before it is
 * what the client claims.
 */
final class TrustedProxies {
  /**
   * Where a request came from.
   *
   * @param host what a proxy says that the client has asked for; null if none does
   */
  record Origin(String address, boolean secure, @Nullable String host) {}

  /** A block of addresses. */
  private record Block(BigInteger prefix, int bytes, int bits) {
    boolean contains(byte[] address) {
      int free = bytes * 8 - bits;
      return address.length == bytes && new BigInteger(1, address).shiftRight(free).equals(prefix);
    }
  }

  /** Exactly, for of anything else the JDK would ask the name server. */
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");

  private final List<Block> blocks;

  /**
   * Reads addresses and blocks such as {@code 10.0.0.0/8}.
   *
   * @throws IllegalArgumentException if one is neither
   */
  TrustedProxies(List<String> entries) {
    List<Block> read = new ArrayList<>();
    entries.forEach(entry -> read.add(block(entry)));
    blocks = List.copyOf(read);
  }

  /** Where {@code request} came from. */
  Origin origin(HttpServerRequest request) {
    String peer = request.remoteAddress().hostAddress();
    Origin seen = new Origin(peer, request.isSSL(), null);
    return !isTrusted(peer) ? seen : claimed(request.headers(), seen);
  }

  private Origin claimed(MultiMap headers, Origin seen) {
    List<String> addresses = new ArrayList<>();
    String scheme = headers.get("x-forwarded-proto");
    if (headers.contains("forwarded")) {
      for (String element : list(headers, "forwarded")) {
        String address = parameter(element, "for");
        addresses.add(address == null ? "unknown" : address);
        String proto = parameter(element, "proto");
        scheme = proto == null ? scheme : proto;
      }
    } else {
      addresses.addAll(list(headers, "x-forwarded-for"));
    }
    String address = seen.address();
    for (int i = addresses.size() - 1; i >= 0 && isTrusted(address); i--) {
      String before = bare(addresses.get(i));
      if (parse(before) == null) {
        break; // a hidden name, or nonsense: the proxy itself is the best we know
      }
      address = before;
    }
    boolean secure = scheme == null ? seen.secure() : scheme.trim().equals("https");
    return new Origin(address, secure, host(headers));
  }

  /** The outermost proxy has seen what the client asked for. */
  private static @Nullable String host(MultiMap headers) {
    for (String element : list(headers, "forwarded")) {
      String host = parameter(element, "host");
      if (host != null) {
        return host;
      }
    }
    List<String> hosts = list(headers, "x-forwarded-host");
    return hosts.isEmpty() || hosts.get(0).isEmpty() ? null : hosts.get(0);
  }

  private static List<String> list(MultiMap headers, String name) {
    List<String> all = new ArrayList<>();
    for (String value : headers.getAll(name)) {
      for (String one : value.split(",", -1)) {
        all.add(one.trim());
      }
    }
    return all;
  }

  private static @Nullable String parameter(String element, String name) {
    for (String pair : element.split(";", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).trim().equalsIgnoreCase(name)) {
        return pair.substring(equals + 1).trim().replace("\"", "");
      }
    }
    return null;
  }

  /** Takes a port and the brackets of an IPv6 address away. */
  private static String bare(String address) {
    if (address.startsWith("[")) {
      int end = address.indexOf(']');
      return end < 0 ? address : address.substring(1, end);
    }
    int colon = address.indexOf(':');
    return colon >= 0 && colon == address.lastIndexOf(':') ? address.substring(0, colon) : address;
  }

  /** Whether that is the address of a proxy whose word is taken. */
  boolean isTrusted(String address) {
    if (blocks.isEmpty()) {
      return false;
    }
    byte[] bytes = parse(address);
    return bytes != null && blocks.stream().anyMatch(block -> block.contains(bytes));
  }

  private static Block block(String entry) {
    int slash = entry.indexOf('/');
    byte[] address = parse(slash < 0 ? entry : entry.substring(0, slash));
    if (address != null) {
      try {
        int most = address.length * 8;
        int bits = slash < 0 ? most : Integer.parseInt(entry.substring(slash + 1));
        if (bits >= 0 && bits <= most) {
          return new Block(
              new BigInteger(1, address).shiftRight(most - bits), address.length, bits);
        }
      } catch (NumberFormatException notANumber) {
        // said below
      }
    }
    throw new IllegalArgumentException(
        "http.trustedProxies must be addresses or blocks such as 10.0.0.0/8: " + entry);
  }

  /** The bytes of an address; null for anything else, names included: nothing is looked up. */
  private static byte @Nullable [] parse(String address) {
    boolean literal =
        address.indexOf(':') >= 0
            ? address.matches("[0-9a-fA-F:.]+")
            : IPV4.matcher(address).matches();
    if (!literal) {
      return null;
    }
    try {
      return InetAddress.getByName(address).getAddress();
    } catch (UnknownHostException e) {
      return null;
    }
  }
}
