package io.carillon.server;

import io.carillon.route.Announcement;

/**
 * A handler instance that has announced itself.
 *
 * @param address its own bus address
 * @param name what logs call it
 * @param node where it lives; empty when it does not say
 * @param thread its event-loop thread; 0 for none
 * @param takesObjects whether events may be handed to it by reference: it says so, and is here
 * @param everyLeave whether it wants every leave of a channel it knows
 */
record Instance(
    String address,
    String name,
    String node,
    long thread,
    boolean takesObjects,
    boolean everyLeave) {

  static Instance of(Announcement announcement, String ownNode) {
    return new Instance(
        announcement.address(),
        announcement.name(),
        announcement.node(),
        announcement.thread(),
        announcement.byReference() && announcement.node().equals(ownNode),
        announcement.everyLeave());
  }
}
