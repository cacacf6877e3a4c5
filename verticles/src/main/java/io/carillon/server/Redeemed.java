package io.carillon.server;

import io.carillon.auth.Handshake;
import io.carillon.auth.TokenData;
import io.carillon.broker.Topic;

/**
 * What a one-time URI stood for, when it has been used up: either it becomes a channel, or the
 * leave handler hears that it never did.
 *
 * @param topic what it was bound to
 * @param data what it carries
 * @param address of the client to whom it was issued
 */
record Redeemed(Topic topic, TokenData data, String address) {
  /** What a client says that has come by it. */
  Handshake in(Handshake handshake) {
    return handshake.with(handshake.identity().withToken(data));
  }
}
