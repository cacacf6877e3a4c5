package io.carillon.server;

/** What became of a message to a client. */
enum Queued {
  /** It goes out behind what was queued before. */
  YES,
  /** It was dropped, since the client reads too slowly; its channel goes on. */
  DROPPED,
  /** It was not queued: there is no room and its channel has to end, or the connection closes. */
  NO
}
