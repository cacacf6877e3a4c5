package io.carillon.server;

import io.carillon.broker.Addresses;
import io.carillon.broker.Broker;
import io.carillon.broker.Publication;
import io.carillon.broker.Topic;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of every topic on one event loop, and the way of a publication to them: made into
 * bytes once for each encoding in use, and the same bytes handed to each.
 *
 * <p>The broker is told of a topic when its first member comes and when its last one goes, never of
 * a connection. Owned by the event loop.
 */
final class FanOut {
  private final Broker broker;
  private final String address;
  private final Zlib zlib;
  private final Map<Topic, Members> topics = new HashMap<>();

  FanOut(Vertx vertx, String address, Zlib zlib) {
    this.broker = Broker.of(vertx);
    this.address = address;
    this.zlib = zlib;
  }

  /**
   * Makes a channel a member of its topic.
   *
   * @return completes when a broadcast made from now on, anywhere, reaches the channel; fails when
   *     there is no broker. The caller has to {@link #leave} in any case.
   */
  Future<Void> join(SessionChannel channel) {
    Members members = topics.get(channel.topic());
    if (members == null) {
      members = new Members(channel.topic());
      topics.put(channel.topic(), members);
      members.ready = broker.ask(Addresses.ACTION_SUBSCRIBE, members.topic, address);
    }
    members.add(channel);
    return members.ready;
  }

  void leave(SessionChannel channel) {
    Members members = channel.members();
    if (members == null) {
      return;
    }
    members.remove(channel);
    if (members.isEmpty()) {
      topics.remove(members.topic);
      broker
          .ask(Addresses.ACTION_UNSUBSCRIBE, members.topic, address)
          .onFailure(gone -> {}); // no broker, no interest
    }
  }

  /** The channels on this loop that have joined a topic. */
  List<SessionChannel> members(Topic topic) {
    Members members = topics.get(topic);
    return members == null ? List.of() : Arrays.asList(members.all).subList(0, members.size);
  }

  /** Hands a publication to every member on this loop; says whether it is a topic of members. */
  boolean deliver(Publication publication) {
    Members members = topics.get(publication.topic());
    if (members == null) {
      return false; // the last one left while it was on its way
    }
    String except = publication.except();
    try (Renditions renditions = new Renditions(publication, zlib)) {
      // From the last to the first: a member that is ended by this takes the last one's place.
      for (int i = members.size() - 1; i >= 0; i--) {
        SessionChannel member = members.get(i);
        if (except == null || !except.equals(member.id())) {
          member.deliver(renditions.of(member.encoding()));
        }
      }
    }
    return true;
  }

  /** The members of one topic in an array without gaps; each knows its place. */
  static final class Members {
    private final Topic topic;
    private Future<Void> ready = Future.succeededFuture();
    private SessionChannel[] all = new SessionChannel[1];
    private int size;

    private Members(Topic topic) {
      this.topic = topic;
    }

    Topic topic() {
      return topic;
    }

    boolean isEmpty() {
      return size == 0;
    }

    int size() {
      return size;
    }

    SessionChannel get(int index) {
      return all[index];
    }

    private void add(SessionChannel channel) {
      if (size == all.length) {
        all = Arrays.copyOf(all, size * 2);
      }
      all[size] = channel;
      channel.joined(this, size++);
    }

    private void remove(SessionChannel channel) {
      int place = channel.place();
      SessionChannel last = all[--size];
      all[place] = last;
      last.joined(this, place);
      clear(size);
      channel.joined(null, -1);
    }

    @SuppressWarnings("NullAway") // behind the last member there is nothing
    private void clear(int place) {
      all[place] = null;
    }
  }
}
