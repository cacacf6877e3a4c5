package io.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginsTest {
  private static Handshake asked(boolean secure, String host, String... origins) {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    headers.add(Map.entry("Host", host));
    for (String origin : origins) {
      headers.add(Map.entry("Origin", origin));
    }
    return Handshake.of("GET", "/t", secure, "192.0.2.1", headers);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        // the same scheme, host and port; the default port may be spelled or not
        "false | example.com | http://example.com | true",
        "false | example.com:80 | http://example.com | true",
        "false | example.com | http://example.com:80 | true",
        "true | example.com | https://example.com:443 | true",
        "false | Example.COM | http://eXample.com | true",
        "false | localhost:8080 | http://localhost:8080 | true",
        "false | [2001:db8::1]:8080 | http://[2001:DB8:0::1]:8080 | true",
        // another one
        "false | example.com | https://example.com | false",
        "true | example.com | http://example.com | false",
        "false | example.com | http://example.com:8080 | false",
        "false | example.com:8080 | http://example.com | false",
        "false | example.com | http://example.com.evil.net | false",
        "false | example.com | http://www.example.com | false",
        "false | localhost:8080 | http://127.0.0.1:8080 | false",
        // what is no origin of a page
        "false | example.com | null | false",
        "false | example.com | '' | false",
        "false | example.com | http://example.com/ | false",
        "false | example.com | http://user@example.com | false",
        "false | example.com | http://example.com:99999 | false",
        "false | example.com | http://example.com http://evil.net | false",
        "false | example.com | example.com | false",
        "false | example.com | ftp://example.com | false",
        "false | '' | http:// | false",
        "false | a b | http://a b | false",
      })
  void ownIsTheSameSchemeHostAndPort(boolean secure, String host, String origin, boolean own) {
    assertThat(Origins.isOwn(asked(secure, host, origin))).isEqualTo(own);
  }

  @Test
  void requestOfNoPageIsOwnAndOneOfTwoPagesIsNot() {
    assertThat(Origins.isOwn(asked(false, "example.com"))).isTrue();
    Handshake two = asked(false, "example.com", "http://example.com", "http://example.com");
    assertThat(Origins.isOwn(two)).isFalse();
    assertThat(Origins.of(List.of("example.com")).contain(two)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "example.com | http://example.com | true",
        "example.com | https://example.com | true",
        "EXAMPLE.com | https://example.COM | true",
        "example.com | http://example.com:8080 | false",
        "example.com:8080 | http://example.com:8080 | true",
        "example.com:8080 | https://example.com:8080 | true",
        "example.com:8080 | http://example.com | false",
        "example.com:443 | https://example.com | true",
        "example.com | https://example.com. | false",
        "localhost:3000 | http://localhost:3000 | true",
        "localhost | http://localhost | true",
        "localhost | http://localhost:3000 | false",
        "192.0.2.7 | http://192.0.2.7 | true",
        "[2001:db8::1]:81 | http://[2001:db8:0:0::1]:81 | true",
        // a star is one label
        "*.example.com | https://api.example.com | true",
        "*.example.com | https://example.com | false",
        "*.example.com | https://a.b.example.com | false",
        "*.example.com | https://.example.com | false",
        "*.example.com | https://evilexample.com | false",
        "*.example.com | https://api.example.com.evil.net | false",
        "*.*.example.com | https://a.b.example.com | true",
        "*.*.example.com | https://b.example.com | false",
        "api.*.example.com | https://api.x.example.com | true",
        "api.*.example.com | https://www.x.example.com | false",
        "*.example.com:8443 | https://api.example.com:8443 | true",
        // a scheme
        "https://app.example.com | https://app.example.com | true",
        "https://app.example.com | http://app.example.com | false",
        "http://app.example.com | http://app.example.com | true",
        "http://app.example.com | https://app.example.com | false",
        "example.com | null | false",
      })
  void entryTakes(String entry, String origin, boolean taken) {
    assertThat(Origins.of(List.of(entry)).contain(asked(false, "other.net", origin)))
        .isEqualTo(taken);
  }

  @Test
  void serverOverTlsTakesPagesWithoutItOnlyWhereTheEntrySaysSo() {
    Handshake insecurePage = asked(true, "other.net", "http://example.com");
    assertThat(Origins.of(List.of("example.com")).contain(insecurePage)).isFalse();
    assertThat(Origins.of(List.of("http://example.com")).contain(insecurePage)).isTrue();
    Handshake securePage = asked(true, "other.net", "https://example.com");
    assertThat(Origins.of(List.of("example.com")).contain(securePage)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* | be localhost, an address, or a domain of at least two labels",
        "com | be localhost, an address, or a domain of at least two labels",
        "*.com | have no wildcard among its last two labels",
        "example.* | have no wildcard among its last two labels",
        "www.*.com | have no wildcard among its last two labels",
        "a*.example.com | have labels of letters, digits, - and _, or a * alone",
        ".example.com | have labels of letters, digits, - and _, or a * alone",
        "example.com. | have labels of letters, digits, - and _, or a * alone",
        "-a.example.com | have labels of letters, digits, - and _, or a * alone",
        "1.2.3.400 | have an address that is one",
        "*.1.2.3 | have an address that is one",
        "[::g] | be a host, with a scheme or port if need be",
        "[1::2::3] | have an address that is one",
        "example.com:0 | have a port from 1 to 65535",
        "example.com:65536 | have a port from 1 to 65535",
        "example.com:* | be a host, with a scheme or port if need be",
        "ftp://example.com | be a host, with a scheme or port if need be",
        "https://example.com/ | be a host, with a scheme or port if need be",
        "exämple.com | be a host, with a scheme or port if need be",
        "'' | be a host, with a scheme or port if need be",
        "null | be localhost, an address, or a domain of at least two labels",
      })
  void entryThatBreaksARuleIsNamed(String entry, String rule) {
    assertThatThrownBy(() -> Origins.of(List.of("fine.example.com", entry)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an origin must " + rule + ": origin=" + entry);
  }
}
