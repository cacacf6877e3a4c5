package io.carillon.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tabs that share a jar of cookies, as those of a browser do. */
final class Browser {
  private final CookieManager cookies = new CookieManager();
  private final HttpClient http = HttpClient.newBuilder().cookieHandler(cookies).build();
  private final List<Client> tabs = new CopyOnWriteArrayList<>();
  private final Set<String> sessions = ConcurrentHashMap.newKeySet();

  /** A browser that has joined a topic, without having loaded a page. */
  static Browser open(int port, String topic) throws Exception {
    Browser browser = new Browser();
    browser.tab(port, topic);
    return browser;
  }

  /** One more connection. */
  Client tab(int port, String topic, String... headers) throws Exception {
    Client tab = Client.join(http, port, topic, headers);
    tabs.add(tab);
    sessions.add(session());
    return tab;
  }

  Client first() {
    return tabs.get(0);
  }

  /** Posts nothing; returns the answer's body. */
  String post(int port, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).get(10, SECONDS).body();
  }

  /** The id of its session. */
  String session() {
    return cookies.getCookieStore().getCookies().stream()
        .filter(cookie -> cookie.getName().equals("carillon.session"))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  /** The ids of all sessions it has had. */
  Set<String> sessions() {
    return Collections.unmodifiableSet(sessions);
  }

  void vanish() {
    tabs.forEach(Client::vanish);
  }
}
