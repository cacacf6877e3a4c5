package io.carillon.broker;

/**
 * Who got what was sent to some clients.
 *
 * @param connections how many connections it was queued for; none of a client that is offline
 * @param complete whether every node that has such clients answered within a second; if not, more
 *     may have been reached than were counted
 */
public record Reached(int connections, boolean complete) {}
