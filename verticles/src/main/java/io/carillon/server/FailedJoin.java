package io.carillon.server;

import io.carillon.channel.CloseException;
import io.carillon.protocol.LeaveStatus;
import org.jspecify.annotations.Nullable;

/** The leave of a client that a route had taken or looked at, and that has not joined after all. */
final class FailedJoin extends Event {
  private final CloseException why;

  FailedJoin(
      SessionChannel channel, Bound bound, @Nullable LeaveStatus status, CloseException why) {
    super(channel, bound, Kind.LEAVE, null, status, 0);
    this.why = why;
  }

  @Override
  public CloseException failure() {
    return why;
  }
}
