package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a handler takes for the client; the test itself is the proxy, at 127.0.0.1. */
@Timeout(30)
class TrustedProxiesIT {
  private static TestServer trusting;

  @BeforeAll
  static void start() throws Exception {
    trusting =
        serve("{'http': {'trustedProxies': ['127.0.0.0/8', '10.1.0.0/16', '2001:db8::/32']}}");
  }

  @AfterAll
  static void stop() throws Exception {
    trusting.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // one proxy
        "X-Forwarded-For: 192.0.2.7 | 192.0.2.7 false",
        "X-Forwarded-For: 192.0.2.7:4711 | 192.0.2.7 false",
        "X-Forwarded-For: 2001:db9::1 | 2001:db9::1 false",
        "X-Forwarded-Proto: https | 127.0.0.1 true",
        "Forwarded: for=192.0.2.7;proto=https | 192.0.2.7 true",
        "Forwarded: For=\"[2001:db9::1]:4711\" | 2001:db9::1 false",
        // a chain of them: who is next to the last one trusted
        "X-Forwarded-For: 192.0.2.7, 10.1.2.3 | 192.0.2.7 false",
        "X-Forwarded-For: 192.0.2.7, 2001:db8::5, 10.1.2.3 | 192.0.2.7 false",
        "Forwarded: for=192.0.2.7, for=10.1.2.3 | 192.0.2.7 false",
        // what a client has forged stands before it
        "X-Forwarded-For: 127.0.0.1, 198.51.100.1, 192.0.2.7 | 192.0.2.7 false",
        "Forwarded: for=198.51.100.1, for=192.0.2.7 | 192.0.2.7 false",
        // what is no address is nobody's
        "X-Forwarded-For: unknown | 127.0.0.1 false",
        "X-Forwarded-For: 192.0.2.700 | 127.0.0.1 false",
        "X-Forwarded-For: 192.0.2.7, localhost | 127.0.0.1 false",
        "Forwarded: for=_hidden | 127.0.0.1 false",
        "Forwarded: by=10.1.2.3 | 127.0.0.1 false",
        "X-Forwarded-For: | 127.0.0.1 false",
      })
  void aTrustedProxyIsBelieved(String header, String origin) throws Exception {
    assertThat(origin(trusting, header)).isEqualTo(origin);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'http': {'trustedProxies': ['10.1.0.0/16', '127.0.0.2']}}"})
  void nobodyElseIs(String config) throws Exception {
    try (TestServer server = serve(config)) {
      for (String header :
          List.of(
              "X-Forwarded-For: 192.0.2.7",
              "X-Forwarded-For: 10.1.2.3",
              "X-Forwarded-Proto: https",
              "Forwarded: for=192.0.2.7;proto=https")) {
        assertThat(origin(server, header)).isEqualTo("127.0.0.1 false");
      }
    }
  }

  @Test
  void whatIsNoAddressEndsTheStart() {
    for (String entry : new String[] {"nginx", "10.0.0.0/33", "10.0.0.256", "10.0.0.0/x", ""}) {
      assertThatThrownBy(() -> TestServer.start("{'http': {'trustedProxies': ['" + entry + "']}}"))
          .hasMessage(
              "http.trustedProxies must be addresses or blocks such as 10.0.0.0/8: " + entry);
    }
  }

  private static TestServer serve(String config) throws Exception {
    TestServer server = TestServer.start(config);
    server.serve(
        routes ->
            routes
                .route("/who", String.class, String.class)
                .join(ch -> ch.send(ch.handshake().remoteAddress() + " " + ch.handshake().secure()))
                .message((ch, text) -> {}));
    return server;
  }

  /** What a handler hears of a client that sends this header. */
  private static String origin(TestServer server, String header) throws Exception {
    int colon = header.indexOf(':');
    Request request =
        Request.upgrade("/who")
            .plus(header.substring(0, colon), header.substring(colon + 1).trim());
    return server.open().upgrade(request).readText();
  }
}
