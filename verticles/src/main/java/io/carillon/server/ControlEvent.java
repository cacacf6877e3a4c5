package io.carillon.server;

import io.carillon.channel.Frame;

/** A ping or a pong on its way to a loop that looks at them. */
final class ControlEvent extends Event {
  private final Frame frame;

  ControlEvent(SessionChannel channel, Bound bound, Frame frame) {
    super(channel, bound, Kind.MESSAGE, null, null, 0);
    this.frame = frame;
  }

  @Override
  public Frame control() {
    return frame;
  }
}
