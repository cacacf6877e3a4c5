package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final Queue<Runnable> eventLoop = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();
  private int received = 2;
  private int handled;
  private final Turns turns = new Turns(eventLoop::add, () -> received, () -> handled);

  private void turn() {
    List<Runnable> tasks = new ArrayList<>(eventLoop);
    eventLoop.clear();
    tasks.forEach(Runnable::run);
  }

  @Test
  void messagesAheadComeFirst() {
    turns.add(() -> done.add("pong"));
    handled = 1;
    turn();
    assertThat(done).isEmpty();

    handled = 2;
    turn();
    assertThat(done).containsExactly("pong");
    assertThat(turns.isEmpty()).isTrue();
    assertThat(eventLoop).isEmpty();
  }

  @Test
  void handlerThatTakesItsTimeIsNotWaitedFor() {
    turns.add(() -> done.add("pong"));
    turn();

    assertThat(done).containsExactly("pong");
  }

  @Test
  void nothingOvertakes() {
    turns.add(() -> done.add("pong"));
    handled = 1; // the pong waits on, and what is added now would not
    turns.add(() -> done.add("close"));
    turn();
    assertThat(done).isEmpty();
    turn();

    assertThat(done).containsExactly("pong", "close");
  }

  @Test
  void laterOneHasATurnOfItsOwn() {
    turns.add(() -> done.add("one"));
    received = 3;
    turns.add(() -> done.add("two"));
    turn();
    assertThat(done).containsExactly("one");
    turn();

    assertThat(done).containsExactly("one", "two");
  }

  @Test
  void numbersWrapAround() {
    received = Integer.MIN_VALUE;
    handled = Integer.MAX_VALUE;
    turns.add(() -> done.add("pong"));
    handled = Integer.MIN_VALUE;
    turn();

    assertThat(done).containsExactly("pong");
  }
}
