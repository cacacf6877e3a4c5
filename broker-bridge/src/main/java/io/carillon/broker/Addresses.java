package io.carillon.broker;

import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.cluster.ClusterManager;
import java.security.SecureRandom;

/**
 * Every bus address and header name of the server, in one place. The forms of the messages are
 * described in {@code docs/bus.md}; they are a public contract, and these names are part of it.
 */
public final class Addresses {
  private Addresses() {}

  /** Version of the contract: a node refuses another major and ignores headers it does not know. */
  public static final String CONTRACT_VERSION = "1.0";

  /** The broker of the own node: a publication. Send and publish both stay on the node. */
  public static final String BROADCAST = "carillon.broadcast";

  /** The broker of the own node: a message to the clients of a session, a user or a connection. */
  public static final String SEND = "carillon.send";

  /** The broker of the own node: subscribe and unsubscribe. */
  public static final String BROKER = "carillon.broker";

  /** Every HTTP verticle: handler instances announce and withdraw their routes here. */
  public static final String ROUTES = "carillon.routes";

  /** Every handler instance: an HTTP verticle asks for announcements here. */
  public static final String HANDLERS = "carillon.handlers";

  /** Everybody on the own node: another node has been greeted, or is lost. */
  public static final String NODES = "carillon.nodes";

  /** Local: an HTTP verticle issues a one-time URI. */
  public static final String TOKENS = "carillon.tokens";

  /** Local: tells how many connections this node has, and how often each limit was reached. */
  public static final String COUNTERS = "carillon.counters";

  /** HTTP verticles with keys for tokens: take back tokens; also the name of the shared map. */
  public static final String REVOCATIONS = "carillon.revocations";

  /** The shared map of what is done by one node at a time. */
  public static final String EXCLUSIVE = "carillon.exclusive";

  /** The topic on which HTTP verticles tell each other of tokens that were taken back. */
  public static final String REVOCATIONS_TOPIC = "/.revocations";

  /** Header: a node. */
  public static final String NODE = "node";

  /** Header between brokers: which link of a node a message came over; a later one is higher. */
  public static final String EPOCH = "epoch";

  /** Header of a greeting between brokers: the handler instances of the node, a JSON array. */
  public static final String ANNOUNCED = "announced";

  /** Header between brokers: number of a message on its link. */
  public static final String SEQUENCE = "sequence";

  /** Header: the topic of a publication or a channel. */
  public static final String TOPIC = "topic";

  /** Header: the id of the one channel that does not get the publication. */
  public static final String EXCEPT = "except";

  /** Action: ask the client of a channel; the reply is its answer. */
  public static final String ACTION_REQUEST = "request";

  /** Header: how long an answer is waited for, in milliseconds. */
  public static final String TIMEOUT = "timeout";

  /** Header: what a publication is news of; a slow client may get only the latest of each key. */
  public static final String KEY = "key";

  /** Failure code of a send whose message was dropped because the client reads too slowly. */
  public static final int DROPPED = 507;

  /** Header: what is asked of the receiver, one of the {@code ACTION_} constants. */
  public static final String ACTION = "action";

  /** Header: version of the contract that the sender speaks. */
  public static final String VERSION = "version";

  /** Header: id of a browser session. A secret: never log it. */
  public static final String SESSION = "session";

  /** Header: all connections are meant; its value does not matter. */
  public static final String ALL = "all";

  /** Header: id of a user. */
  public static final String USER = "user";

  /** Header: a bus address. */
  public static final String ADDRESS = "address";

  /** Header: {@code true} when the receiver takes Java objects of the own JVM by reference. */
  public static final String BY_REFERENCE = "by-reference";

  /** Id of the thread where an address of this node listens; may be left out. */
  public static final String THREAD = "thread";

  /** Header: the kind of an event: {@code join}, {@code message} or {@code leave}. */
  public static final String EVENT = "event";

  /** Header: the pattern of the route that an event is for. */
  public static final String ROUTE = "route";

  /** Header: the rank of that route, where a verticle has several with the same pattern. */
  public static final String RANK = "rank";

  /** Header: id of a channel. */
  public static final String CHANNEL = "channel";

  /** Header: id of a connection. */
  public static final String CONNECTION = "connection";

  /** Header: the address that takes sends and closes for the channel of an event. */
  public static final String CLIENT = "client";

  /** Header: the parameters of path and query, a JSON object of strings. */
  public static final String PARAMETERS = "parameters";

  /** Header: what the handshake said, a JSON object. */
  public static final String HANDSHAKE = "handshake";

  /** Header: a close code. */
  public static final String CODE = "code";

  /** Header: a close reason. */
  public static final String REASON = "reason";

  /** Header: how a channel ended, as {@code protocol.LeaveStatus} names it. */
  public static final String KIND = "kind";

  /** Header of a leave: why the client has not joined after all, an HTTP status or a close code. */
  public static final String FAILURE = "failure";

  /** Header of such a leave: the reason in words. */
  public static final String FAILURE_REASON = "failure-reason";

  /** Header of a reply to an event: {@code forward} when another route may take it. */
  public static final String OUTCOME = "outcome";

  /** Value of {@link #OUTCOME}. */
  public static final String OUTCOME_FORWARD = "forward";

  /** Action on {@link #BROKER}. */
  public static final String ACTION_SUBSCRIBE = "subscribe";

  /** Action on {@link #BROKER}. */
  public static final String ACTION_UNSUBSCRIBE = "unsubscribe";

  /** Action on {@link #BROKER}: answered at once. */
  public static final String ACTION_PING = "ping";

  /** Action on {@link #ROUTES}. */
  public static final String ACTION_ANNOUNCE = "announce";

  /** Action on {@link #ROUTES}: as announce, but only checks and answers. */
  public static final String ACTION_CHECK = "check";

  /** Action on {@link #ROUTES}. */
  public static final String ACTION_WITHDRAW = "withdraw";

  /** Action on a channel's client address: send the body to the client. */
  public static final String ACTION_SEND = "send";

  /** Action on a channel's client address: end the channel with a status. */
  public static final String ACTION_CLOSE = "close";

  /** Action on {@link #SEND}: end the connections with a status. */
  public static final String ACTION_DISCONNECT = "disconnect";

  /** Action on {@link #SEND}: have the clients join a topic. */
  public static final String ACTION_JOIN = "join";

  /** Action on {@link #SEND}: end the channels on a topic. */
  public static final String ACTION_LEAVE = "leave";

  /** Action on {@link #SEND}: which clients are on which topics. */
  public static final String ACTION_LIST = "list";

  /** Action between nodes: what a session says is read along for a while. */
  public static final String ACTION_READ = "read";

  /** Header: the id behind which a page begins. */
  public static final String AFTER = "after";

  /** Header: how many a page has at most. */
  public static final String LIMIT = "limit";

  /** Action on {@link #SEND}: count the connections. */
  public static final String ACTION_CONNECTED = "connected";

  /** Action on an HTTP verticle's address: a connection has a new token with these claims. */
  public static final String ACTION_REFRESH = "refresh";

  /** Action between brokers: here I am, and these topics I want; the answer says the same. */
  public static final String ACTION_HELLO = "hello";

  /** Action between brokers: these topics too. */
  public static final String ACTION_WANT = "want";

  /** Action between brokers: these topics no longer. */
  public static final String ACTION_UNWANT = "unwant";

  /** Action between brokers: publications. */
  public static final String ACTION_BATCH = "batch";

  /** Action on {@link #NODES}. */
  public static final String ACTION_GREETED = "greeted";

  /** Action on {@link #NODES}. */
  public static final String ACTION_LOST = "lost";

  /** Action on {@link #tokens}: this one-time URI of yours was used. */
  public static final String ACTION_USED = "used";

  /** Action on {@link #tokens}: another node does not see to its one-time URIs any more. */
  public static final String ACTION_ORPHANED = "orphaned";

  private static final String LOCAL_MAP = "carillon";
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * The name of this node in addresses and ids: the same for all verticles of one Vert.x, and in a
   * cluster the one that its members know it by.
   */
  public static String node(Vertx vertx) {
    ClusterManager cluster = ((VertxInternal) vertx).clusterManager();
    if (cluster != null) {
      return cluster.getNodeId();
    }
    return (String)
        vertx
            .sharedData()
            .getLocalMap(LOCAL_MAP)
            .computeIfAbsent("node", key -> Long.toString(RANDOM.nextLong() >>> 24, 36));
  }

  /** The address of one node's broker, for other brokers. */
  public static String nodeAddress(String node) {
    return "carillon.node:" + node;
  }

  /** The address of one node's HTTP verticles, for what others know of its one-time URIs. */
  public static String tokens(String node) {
    return TOKENS + ":" + node;
  }

  /** Whether this version understands messages of that one: the major number is the same. */
  public static boolean isSpoken(String version) {
    return version.startsWith(CONTRACT_VERSION.substring(0, CONTRACT_VERSION.indexOf('.') + 1));
  }

  /** The address of one HTTP verticle: publications for its members, sends, closes. */
  public static String http(String node, String instance) {
    return "carillon.http:" + node + ":" + instance;
  }

  /** The address of one handler instance: its join, message and leave events. */
  public static String handler(String node, String instance) {
    return "carillon.handler:" + node + ":" + instance;
  }

  /** The node that has a connection, by the connection's id. */
  public static String nodeOf(String connectionId) {
    int dot = connectionId.indexOf('.');
    return dot < 0 ? "" : connectionId.substring(0, dot);
  }

  /** The address of the HTTP verticle that has a connection, by the id of it or of its channel. */
  public static String httpOf(String connectionId) {
    int node = connectionId.indexOf('.');
    int instance = connectionId.indexOf('.', node + 1);
    return instance < 0
        ? ""
        : http(connectionId.substring(0, node), connectionId.substring(node + 1, instance));
  }

  /** A number that no other caller on this Vert.x gets, for the two addresses above. */
  public static String nextInstance(Vertx vertx) {
    return Long.toString(
        vertx
            .sharedData()
            .<String, Long>getLocalMap(LOCAL_MAP + ".instances")
            .merge("next", 1L, Long::sum));
  }
}
