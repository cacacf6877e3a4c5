package io.carillon.examples.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/**
 * A client on a topic where everybody hears everybody. It says numbered messages when told to, and
 * counts those that it hears, for each sender apart.
 */
final class Member implements WebSocket.Listener {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What was heard of one sender. */
  private static final class Heard {
    private final Tally tally = new Tally();
    private long lastNanos;
    private long longestSilenceNanos;
  }

  private final String name;
  private final Map<String, Heard> heard = new HashMap<>();
  private final StringBuilder text = new StringBuilder();
  private WebSocket socket;
  private CompletableFuture<?> sending = CompletableFuture.completedFuture(null);
  private int sent;
  private int closeCode = -1;

  private Member(String name) {
    this.name = name;
  }

  /** Joins a topic; the name is what others know it by. */
  static Member join(String name, URI topic) throws Exception {
    Member member = new Member(name);
    WebSocket socket = HTTP.newWebSocketBuilder().buildAsync(topic, member).get(20, SECONDS);
    synchronized (member) {
      member.socket = socket;
    }
    return member;
  }

  String name() {
    return name;
  }

  /** Says the next number, unless the one before has not left yet or the connection is over. */
  synchronized void say() {
    if (closeCode < 0 && sending.isDone()) {
      sending = socket.sendText(name + " " + sent++, true);
    }
  }

  /** Says the next number and something behind it, once the one before has left. */
  void sayNow(String more) throws Exception {
    sending.get(20, SECONDS);
    synchronized (this) {
      sending = socket.sendText(name + " " + sent++ + " " + more, true);
    }
  }

  /** How many it has said. */
  synchronized int sent() {
    return sent;
  }

  @Override
  public synchronized CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      String[] parts = text.toString().split(" ", 3);
      text.setLength(0);
      hear(heard.computeIfAbsent(parts[0], first -> new Heard()), Integer.parseInt(parts[1]));
      notifyAll();
    }
    from.request(1);
    return null;
  }

  private static void hear(Heard sender, int number) {
    long now = System.nanoTime();
    if (sender.lastNanos != 0) {
      sender.longestSilenceNanos = Math.max(sender.longestSilenceNanos, now - sender.lastNanos);
    }
    sender.lastNanos = now;
    sender.tally.hear(number);
  }

  @Override
  public synchronized CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closeCode = code;
    notifyAll();
    return null;
  }

  @Override
  public synchronized void onError(WebSocket from, Throwable error) {
    closeCode = 1006;
    notifyAll();
  }

  /** The code of its end, which is awaited; 1006 where nobody said one. */
  synchronized int closeCode() throws InterruptedException {
    await(() -> closeCode >= 0, "the end");
    return closeCode;
  }

  /** Ends the connection without a word. */
  synchronized void vanish() {
    socket.abort();
  }

  /** Waits until this one has heard a message of that sender with that number or a higher one. */
  synchronized void awaitHeard(Member sender, int number) throws InterruptedException {
    await(() -> last(sender) >= number, "message " + number + " of " + sender.name);
  }

  /** Waits until it has heard so many more of the sender than up to now. */
  synchronized void awaitMore(Member sender, int more) throws InterruptedException {
    awaitHeard(sender, last(sender) + more);
  }

  private void await(BooleanSupplier condition, String what) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      long millis = (deadline - System.nanoTime()) / 1_000_000;
      if (millis <= 0 || (closeCode >= 0 && !what.equals("the end"))) {
        throw new AssertionError(name + " has waited for " + what + ": " + report());
      }
      wait(millis);
    }
  }

  private int last(Member sender) {
    Heard of = heard.get(sender.name);
    return of == null ? -1 : of.tally.last();
  }

  /** What it has heard of a sender, from that number on. */
  synchronized Report report(Member sender, int from) {
    Heard of = heard.getOrDefault(sender.name, new Heard());
    int to = sender.sent() - 1;
    return new Report(
        sender.name,
        name,
        to - from + 1,
        of.tally.lost(from, to),
        of.tally.doubled(),
        of.tally.swapped(),
        of.longestSilenceNanos / 1_000_000);
  }

  /** The number of the first message that it heard of a sender. */
  synchronized int first(Member sender) {
    Heard of = heard.get(sender.name);
    return of == null ? -1 : of.tally.first();
  }

  private String report() {
    StringBuilder all = new StringBuilder("closed=" + closeCode);
    heard.forEach(
        (sender, of) -> all.append(", ").append(sender).append(" up to ").append(of.tally.last()));
    return all.toString();
  }

  /** What became of one sender's messages at one listener. */
  record Report(
      String sender,
      String listener,
      int sent,
      int lost,
      int doubled,
      int swapped,
      long longestSilenceMillis) {
    boolean isClean() {
      return lost == 0 && isInOrder();
    }

    boolean isInOrder() {
      return doubled == 0 && swapped == 0;
    }
  }
}
