import {Adopted} from './adopted.js';
import {delayAfter, isFinal} from './backoff.js';
import {Channel} from './channel.js';
import {MultiplexError} from './errors.js';
import {parse} from './socket.js';

/** A subscription that was up this long, in milliseconds, has earned a quick first try. */
const STEADY = 5_000;

/**
 * Where a topic stands:
 * `idle` nobody uses it yet · `connecting` · `open` · `waiting` for the next try (`retryAt`) · `closing` ·
 * `closed` it ended, and is not joined again · `failed` it could not be joined, and is not tried again.
 *
 * @typedef {'idle' | 'connecting' | 'open' | 'waiting' | 'closing' | 'closed' | 'failed'} Status
 */

/**
 * A place in the history of a topic.
 *
 * @typedef {{epoch: string, offset: number}} Position
 */

/**
 * Who uses a feed.
 *
 * @typedef {object} User
 * @property {() => void} changed
 * @property {(payload: import('./wire.js').Payload) => void} message
 * @property {(missed: number | undefined) => void} [rejoined] `missed` messages follow at once; undefined: they are lost
 * @property {(id: string, payload: import('./wire.js').Payload) => boolean} [request] whether it answers
 * @property {(kind: string, json: string) => void} [presence]
 */

/**
 * @typedef {object} FeedOptions
 * @property {string[]} protocols
 * @property {boolean | Position} recover
 * @property {boolean} presence
 * @property {boolean} reconnect
 * @property {import('./backoff.js').Backoff} backoff
 */

/**
 * A subscription that survives its channels: it joins again when one is lost, from the place where it was, until it ends
 * for good. Topics of the same URL share one.
 */
export class Feed {
  /** @type {Status} */
  status = 'idle';
  protocol = '';
  /** @type {Position | undefined} */
  position;
  /** Whether the last join brought everything that was missed. */
  recovered = false;
  /** Why it is not open. @type {MultiplexError | undefined} */
  error;
  /** @type {import('./channel.js').End | undefined} */
  ended;
  /** @type {Set<User>} */
  users = new Set();
  /** @type {Channel | Adopted | undefined} */
  channel;
  #pool;
  #url;
  #options;
  /** Where it was joined last. @type {URL | undefined} */
  #at;
  #joins = 0;
  #failures = 0;
  #openedAt = 0;
  #nextRequest = 1;
  /** @type {number | undefined} */
  #retryAt;
  /** Ends the wait for the next try. @type {(() => void) | undefined} */
  #stopWaiting;
  /** @type {Map<string, (payload: import('./wire.js').Payload | undefined, reason: string) => void>} */
  #requests = new Map();
  #gone = () => {};

  /**
   * @param {import('./pool.js').Pool} pool
   * @param {() => string | URL | Promise<string | URL>} url
   * @param {FeedOptions} options
   * @param {() => void} [gone] told when it is of no use any more
   */
  constructor(pool, url, options, gone = () => {}) {
    this.#pool = pool;
    this.#url = url;
    this.#options = options;
    this.#gone = gone;
    this.position = typeof options.recover === 'object' ? options.recover : undefined;
  }

  /** When it is tried again, in milliseconds of the epoch. */
  get retryAt() {
    return this.#retryAt;
  }

  /** Joins, unless that was done before. */
  start() {
    if (this.status === 'idle') {
      this.#connect();
    }
  }

  /** Leaves without an end: it can be started again. */
  rest() {
    this.#gone();
    this.#drop();
    this.#set('idle');
  }

  /**
   * Joins anew.
   *
   * @param {Position | 'latest'} [from]
   */
  restart(from) {
    this.#drop();
    this.#failures = 0;
    if (from) {
      this.position = from === 'latest' ? undefined : from;
    }
    this.ended = undefined;
    this.#connect();
  }

  /**
   * Takes a socket of the caller's in place of the channel, or an error.
   *
   * @param {Adopted | Error} replacement
   */
  set(replacement) {
    this.#drop();
    this.ended = undefined;
    if (replacement instanceof Error) {
      this.error = new MultiplexError('handshake', replacement.message, {cause: replacement});
      return this.#set('failed');
    }
    this.#set('connecting');
    this.channel = replacement;
    replacement.listen(this.#listener(replacement));
  }

  /**
   * Leaves for good, and waits for the server's word on it.
   *
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    const channel = this.channel;
    if (channel && (channel.state === 'connecting' || channel.state === 'open')) {
      this.#set('closing');
      channel.close(code, reason);
    } else if (this.status !== 'closing') {
      this.end({code: code ?? 1005, reason: reason ?? '', wasClean: true}, true);
    }
  }

  /**
   * @param {import('./channel.js').End} end
   * @param {boolean} [asked] by the user of the topic
   */
  end(end, asked = end.code === 1000) {
    if (this.status === 'closed' || this.status === 'failed') {
      return;
    }
    this.#drop();
    this.ended = end;
    this.error = asked ? undefined : errorOf(end, this.#joins > 0);
    this.#gone();
    this.#set(asked || this.#joins > 0 ? 'closed' : 'failed');
  }

  /**
   * Asks the server; open only.
   *
   * @param {string | Uint8Array} payload
   * @param {(payload: import('./wire.js').Payload | undefined, reason: string) => void} answered
   * @returns {() => void} forgets the request
   */
  request(payload, answered) {
    const id = String(this.#nextRequest);
    this.#nextRequest += 2;
    this.#requests.set(id, answered);
    /** @type {Channel} */ (this.channel).send(payload, `^${id}`);
    return () => this.#requests.delete(id);
  }

  /** Whether the server takes requests. */
  get asks() {
    return this.channel instanceof Channel && !!this.channel.link?.v1;
  }

  /**
   * @param {string} id of the server's request
   * @param {string | Uint8Array | undefined} payload
   * @param {string} [reason] why there is none
   */
  answer(id, payload, reason = '') {
    const channel = /** @type {Channel | undefined} */ (this.channel);
    if (payload !== undefined) {
      channel?.send(payload, `^${id}`);
    } else {
      channel?.link?.refuseRequest(reason, channel.address, id);
    }
  }

  async #connect() {
    this.error = undefined;
    this.#set('connecting');
    const turn = (this.#stopWaiting = () => {});
    const given = await this.#askUrl();
    if (turn !== this.#stopWaiting) {
      return; // Something else happened meanwhile.
    }
    if (!(given instanceof URL)) {
      const end = {code: 1006, reason: String(given), wasClean: false};
      return given instanceof DOMException ? this.end(end) : this.#closed(end);
    }
    const url = given;
    this.#at = url;
    const {protocols, recover, presence} = this.#options;
    const position = this.position ? `${this.position.epoch}:${this.position.offset}` : recover ? '*' : '';
    /** @type {Channel} */
    const channel = new Channel(url, this.#listener(() => channel), {protocols, position, presence, known: this.#joins > 0});
    this.channel = channel;
    this.#pool.origin(url).place(channel);
  }

  /** @returns {Promise<unknown>} the URL; a `DOMException` if nothing can be joined there; or why it cannot be had now */
  async #askUrl() {
    try {
      const url = parse(String(await this.#url()));
      this.#pool.origin(url);
      return url;
    } catch (error) {
      return error;
    }
  }

  /** @param {Adopted | (() => Channel)} source @returns {import('./channel.js').Listener} */
  #listener(source) {
    const isCurrent = () => this.channel === (typeof source === 'function' ? source() : source);
    return {
      open: answer => isCurrent() && this.#opened(answer),
      message: (payload, offset) => isCurrent() && this.#received(payload, offset),
      closed: end => isCurrent() && this.#closed(end),
      answer: (id, payload, reason) => {
        this.#requests.get(id)?.(payload, reason);
        this.#requests.delete(id);
      },
      request: (id, payload) => {
        if (![...this.users].some(user => user.request?.(id, payload))) {
          this.answer(id, undefined, '404 Not Found');
        }
      },
      presence: (kind, json) => this.users.forEach(user => user.presence?.(kind, json)),
    };
  }

  /** @param {{protocol: string, position: string, outcome: string}} answer */
  #opened({protocol, position, outcome}) {
    const {protocols} = this.#options;
    if (protocols.length ? !protocols.includes(protocol) : protocol && this.channel instanceof Channel) {
      return this.end({code: 1006, reason: `subprotocol not asked for: ${protocol}`, wasClean: false});
    }
    const now = positionOf(position);
    const old = this.position;
    this.recovered = outcome === 'recovered';
    // What was missed follows, so the place stays where it was.
    this.position = this.recovered && old ? old : now;
    this.protocol = protocol;
    this.#openedAt = Date.now();
    const again = this.#joins++ > 0 || outcome !== '';
    this.#set('open', () => {
      if (again) {
        const missed = this.recovered && old && now ? now.offset - old.offset : undefined;
        this.users.forEach(user => user.rejoined?.(missed));
      }
    });
  }

  /** @param {import('./wire.js').Payload} payload @param {number} [offset] */
  #received(payload, offset) {
    if (offset !== undefined && this.position) {
      if (offset !== this.position.offset + 1) {
        return this.#resubscribe();
      }
      this.position = {...this.position, offset};
    }
    this.users.forEach(user => user.message(payload));
  }

  /** Something is missing: asks for it from the last place that is known. */
  #resubscribe() {
    const channel = this.channel;
    this.channel = undefined;
    channel?.close();
    this.#retry({code: 1006, reason: 'gap in the offsets', wasClean: false});
  }

  /** @param {import('./channel.js').End} end */
  #closed(end) {
    const asked = this.status === 'closing';
    const adopted = this.channel instanceof Adopted;
    this.channel = undefined;
    if (asked || adopted || !this.#options.reconnect || isFinal(end.code)) {
      this.end(end, asked);
    } else {
      this.#retry(end);
    }
  }

  /** @param {import('./channel.js').End} end */
  #retry(end) {
    this.error = errorOf(end, this.#joins > 0);
    this.#failRequests();
    if (this.#openedAt && Date.now() - this.#openedAt >= STEADY) {
      this.#failures = 0;
    }
    this.#openedAt = 0;
    /** @param {boolean} go */
    const next = go => {
      this.#retryAt = undefined;
      go ? this.#connect() : this.end(end);
    };
    if (end.lost && this.#at) {
      const origin = this.#pool.origin(this.#at);
      this.#stopWaiting = origin.wait(end, next);
      this.#retryAt = origin.retryAt;
    } else {
      const delay = delayAfter(this.#options.backoff, this.#failures++, end);
      const timer = setTimeout(() => next(delay !== null), delay ?? 0);
      this.#stopWaiting = () => clearTimeout(timer);
      this.#retryAt = delay === null ? undefined : Date.now() + delay;
    }
    this.#set('waiting');
  }

  #drop() {
    const channel = this.channel;
    this.channel = undefined;
    const stop = this.#stopWaiting;
    this.#stopWaiting = undefined;
    this.#retryAt = undefined;
    stop?.();
    channel?.close();
    this.#failRequests();
  }

  #failRequests() {
    const open = [...this.#requests.values()];
    this.#requests.clear();
    open.forEach(answered => answered(undefined, ''));
  }

  /** @param {Status} status @param {() => void} [before] what users hear first */
  #set(status, before) {
    this.status = status;
    before?.();
    this.users.forEach(user => user.changed());
  }
}

/** @param {string} text @returns {Position | undefined} */
function positionOf(text) {
  const at = text.lastIndexOf(':');
  return at < 0 ? undefined : {epoch: text.slice(0, at), offset: Number(text.slice(at + 1))};
}

/**
 * @param {import('./channel.js').End} end
 * @param {boolean} [wasOpen]
 */
export function errorOf({code, reason, status}, wasOpen = true) {
  if (status) {
    return new MultiplexError('refused', `topic refused: status=${status}, reason=${reason}`, {code: status, reason});
  }
  return wasOpen || code !== 1006
    ? new MultiplexError('closed', `topic closed: code=${code}, reason=${reason}`, {code, reason})
    : new MultiplexError('handshake', `no connection: ${reason || 'the handshake failed'}`, {code, reason});
}
