import {Pool, Topic} from '/multiplex-js/index.js';

/** After this silence, in milliseconds, the server is asked for a sign of life, which also takes the round-trip time. */
const IDLE = 2_000;

/** What travels on a topic, as it is. */
const asItIs = {name: 'as it is', encode: message => message, decode: payload => payload};

/**
 * The page's connection to its server as a whole: the pool that holds it and the topics on it.
 *
 * Raises `state` when {@link state} or {@link extent} has changed.
 */
export class Connection extends EventTarget {
  #pool = new Pool({heartbeat: {idle: IDLE, timeout: 10_000}});
  /** @type {Topic[]} */
  #topics = [];

  constructor() {
    super();
    this.#pool.addEventListener('change', () => this.#tell());
  }

  /**
   * A topic of values that travel as JSON. Nothing is kept while there is no connection.
   *
   * @param {string} path
   * @param {import('/multiplex-js/index.js').TopicOptions} [options]
   */
  topic(path, options = {}) {
    const topic = new Topic(path, {pool: this.#pool, queue: false, ...options});
    this.#topics.push(topic);
    topic.on('status', () => this.#tell());
    return topic;
  }

  /** A topic of text and bytes. */
  rawTopic(path) {
    return this.topic(path, {codec: asItIs});
  }

  /**
   * Where it stands: `connecting`, `open`, `waiting` (until `retryAt`, milliseconds of the epoch), `offline` or `refused`
   * (the server has ended a topic, with `code` and `reason`; only {@link retry} tries again).
   *
   * @returns {{name: string, retryAt?: number, code?: number, reason?: string}}
   */
  get state() {
    const ended = this.#topics.find(({status}) => status === 'closed' || status === 'failed');
    if (this.#pool.paused) {
      return {name: 'offline'};
    }
    if (ended) {
      return {name: 'refused', code: ended.error?.code, reason: ended.error?.reason};
    }
    const waiting = this.#topics.filter(({status}) => status === 'waiting');
    if (waiting.length > 0) {
      return {name: 'waiting', retryAt: Math.min(...waiting.map(({retryAt}) => retryAt ?? Infinity))};
    }
    return {name: this.#topics.every(({status}) => status === 'open') ? 'open' : 'connecting'};
  }

  /**
   * What there is of it now.
   *
   * @returns {{topics: number, connections: number, rtt: number | undefined}} `rtt` in milliseconds
   */
  get extent() {
    const open = this.#pool.links.filter(({state}) => state === 'open');
    return {
      topics: open.reduce((sum, {topics}) => sum + topics.length, 0),
      connections: open.length,
      rtt: open[0]?.rtt,
    };
  }

  /** @param {(direction: 'in' | 'out', message: string | ArrayBuffer | Uint8Array) => void} listener sees every message */
  set trace(listener) {
    this.#pool.trace = listener;
  }

  /** Cuts it, as a network would. */
  drop() {
    this.#pool.drop();
  }

  /** As if the network were gone, until {@link retry}. */
  goOffline() {
    this.#pool.pause();
  }

  /** Tries now, what the server has ended included. */
  retry() {
    this.#pool.resume();
    for (const topic of this.#topics) {
      if (['waiting', 'closed', 'failed'].includes(topic.status)) {
        topic.restart();
      }
    }
  }

  #tell() {
    this.dispatchEvent(new Event('state'));
  }
}
