import {Adopted} from './adopted.js';
import {exponential} from './backoff.js';
import {sizeOf} from './channel.js';
import {converted, json} from './codec.js';
import {MultiplexError} from './errors.js';
import {Feed, errorOf} from './feed.js';
import {Pool} from './pool.js';
import {parse, payloadOf} from './socket.js';

const QUEUE = {max: 256, bytes: 1 << 20, ttl: 30_000};
const BUFFER = {max: 1024, overflow: /** @type {'drop-oldest' | 'drop-newest'} */ ('drop-oldest')};
/** Questions of the server that may be open with the handler of {@link Topic.onRequest}. */
const MOST_QUESTIONS = 1_000;
const REPLACED = 'Connection replaced by a new one';
const backoff = exponential();

/** @typedef {import('./wire.js').Payload} Payload */
/** @typedef {import('./feed.js').Status} Status */
/** @typedef {import('./feed.js').Position} Position */

/**
 * @template In, Out
 * @typedef {object} TopicOptions
 * @property {import('./codec.js').Codec<In, Out>} [codec] `json`
 * @property {string[]} [protocols] subprotocols of this topic; they need a server that speaks carillon.v1
 * @property {Pool} [pool] `Pool.default`
 * @property {boolean | Position} [recover] whether to ask for what was missed; from which place the first time; true
 * @property {boolean} [presence] whether to be told who is there; false
 * @property {boolean} [share] whether topics of the same URL are one subscription; true, where the options allow it
 * @property {boolean} [reconnect] whether to join again when the topic is lost; true
 * @property {import('./backoff.js').Backoff} [backoff] between tries when the server refuses or ends this topic alone;
 *   `exponential()`. Between tries to reach the server, that of the pool counts
 * @property {Partial<typeof QUEUE> | false} [queue] what `send` keeps while there is no connection: 256 messages, 1 MiB,
 *   each for 30 000 ms; false: nothing
 * @property {Partial<typeof BUFFER>} [buffer] what is kept for `recv`: the last 1024 messages (`drop-oldest`), or the
 *   first (`drop-newest`)
 * @property {AbortSignal} [signal] closes the topic
 */

/**
 * @template In
 * @typedef {object} Snapshot
 * @property {Status} status
 * @property {In | undefined} last the last message
 * @property {MultiplexError | undefined} error why it is not open
 * @property {boolean} recovered whether the last join brought everything that was missed
 * @property {number | undefined} retryAt when it is tried again, in milliseconds of the epoch, while it is `waiting`
 */

/**
 * What {@link Topic.on} tells of.
 *
 * @template In
 * @typedef {object} TopicEvents
 * @property {In} message
 * @property {Status} status
 * @property {{missed: number | undefined}} recovered joined again, and what was missed follows at once
 * @property {undefined} lost joined again, and what was said meanwhile cannot be had: fetch anew what you show
 * @property {{kind: string, value: any}} presence
 * @property {MultiplexError} error a message did not decode (`decode`), or was dropped because nobody took it (`capacity`)
 */

/**
 * A topic that heals: typed, joined again when it is lost, from the place where it was. It joins with its first use, such
 * as `on`, `subscribe`, `send` or `recv`; while only `on` or `subscribe` use it, it rests when the last of them ends.
 *
 * @template [In=any]
 * @template [Out=In]
 */
export class Topic {
  #url;
  #pool;
  #codec;
  #queueLimits;
  #buffer;
  /** @type {import('./feed.js').FeedOptions} */
  #options;
  #share;
  /** @type {Feed | undefined} */
  #feed;
  /** @type {import('./feed.js').User} */
  #user;
  /** How it was closed by its user. @type {import('./channel.js').End | undefined} */
  #closed;
  /** Whether it was used otherwise than by `on` and `subscribe`. */
  #held = false;
  #watchers = 0;
  /** Whether messages are taken with `recv`. */
  #pulled = false;
  /** @type {Payload[]} */
  #inbox = [];
  /** @type {Waiter<Payload>[]} */
  #receivers = [];
  /** @type {Set<Waiter<void>>} */
  #ready = new Set();
  /** @type {(Waiter<void> & {payload: string | Uint8Array | Blob, size: number})[]} */
  #outbox = [];
  #outboxBytes = 0;
  /** @type {Map<string, Set<(event: any) => void>>} */
  #listeners = new Map();
  /** @type {Set<() => void>} */
  #subscribers = new Set();
  /** @type {((value: In) => Out | Promise<Out>) | undefined} */
  #answer;
  #questions = 0;
  /** @type {In | undefined} */
  #last;
  /** @type {Snapshot<In> | undefined} */
  #snapshot;
  /** @type {Status} */
  #told = 'idle';
  /** @type {Set<Waiter<{code: number, reason: string, wasClean: boolean}>>} */
  #closing = new Set();

  /**
   * @param {string | URL | (() => string | URL | Promise<string | URL>)} url absolute or relative to the page; a function is
   *   asked again for every join
   * @param {TopicOptions<In, Out>} [options]
   */
  constructor(url, options = {}) {
    const {protocols = [], recover = true, presence = false, reconnect = true, queue, buffer, signal} = options;
    this.#url = typeof url === 'function' ? url : parse(String(url));
    this.#pool = options.pool ?? Pool.default;
    this.#codec = options.codec ?? /** @type {import('./codec.js').Codec<In, Out>} */ (json);
    this.#queueLimits = queue === false ? {...QUEUE, max: 0} : {...QUEUE, ...queue};
    this.#buffer = {...BUFFER, ...buffer};
    this.#options = {protocols, recover, presence, reconnect, backoff: options.backoff ?? backoff};
    this.#share = options.share !== false && typeof url !== 'function' && typeof recover === 'boolean' && !options.backoff;
    this.#user = {
      changed: () => this.#changed(),
      message: payload => this.#received(payload),
      rejoined: missed => (this.recovered ? this.#emit('recovered', {missed}) : this.#emit('lost', undefined)),
      request: (id, payload) => this.#requested(id, payload),
      presence: (kind, value) => this.#presence(kind, value),
    };
    signal?.aborted ? this.close() : signal?.addEventListener('abort', () => this.close(), {once: true});
  }

  /** Where it stands. */
  get status() {
    return this.#closed ? 'closed' : (this.#feed?.status ?? 'idle');
  }

  /** The subprotocol that the server chose for this topic. */
  get protocol() {
    return this.#feed?.protocol ?? '';
  }

  /** The last message of a topic with history; give it as `recover` to go on from there another time. */
  get position() {
    return this.#feed?.position;
  }

  /** Whether the last join brought everything that was missed. */
  get recovered() {
    return this.#feed?.recovered ?? false;
  }

  /** Why it is not open. */
  get error() {
    return this.#feed?.error;
  }

  /** When it is tried again, in milliseconds of the epoch. */
  get retryAt() {
    return this.#feed?.retryAt;
  }

  /**
   * Waits until it is open; fails when it will not be.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<this>}
   */
  ready({signal} = {}) {
    this.#use(true);
    const opened = waiter(signal, (/** @type {Waiter<void>} */ it) => this.#ready.delete(it));
    this.#ready.add(opened);
    this.#settle();
    return quiet(opened.promise.then(() => this));
  }

  /**
   * Sends a message, as soon as there is a connection. Fails where the topic has ended, the queue is full, or the message
   * waited too long in it. It is done when the network has the message, which is not to say that the server has.
   *
   * @param {Out} value
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<void>}
   */
  send(value, options) {
    try {
      return this.sendRaw(converted('encode', this.#codec, () => this.#codec.encode(value)), options);
    } catch (error) {
      return quiet(Promise.reject(error));
    }
  }

  /**
   * Sends text or bytes past the codec.
   *
   * @param {string | ArrayBufferLike | ArrayBufferView | Blob} message
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<void>}
   */
  sendRaw(message, {signal} = {}) {
    this.#use();
    let payload = payloadOf(message);
    const size = sizeOf(payload);
    if (payload instanceof Uint8Array && this.status !== 'open') {
      payload = payload.slice(); // The caller may change it meanwhile.
    }
    const sent = Object.assign(waiter(signal, () => this.#unqueue(sent)), {payload, size});
    if (this.#ended) {
      sent.reject(this.#endError);
    } else if (this.status === 'open' ? this.#isBackedUp(size) : this.#isFull(size)) {
      sent.reject(this.#full(size));
    } else {
      this.#outbox.push(sent);
      this.#outboxBytes += size;
      this.#flush();
      if (this.#outbox.includes(sent)) {
        const late = () => sent.reject(new MultiplexError('expired', `message expired: ttl=${this.#queueLimits.ttl}`));
        sent.timer = setTimeout(late, this.#queueLimits.ttl);
      }
    }
    return sent.promise;
  }

  /**
   * The next message; waits for one. What does not decode fails, and the one behind it is next.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<In>}
   */
  recv(options) {
    return quiet(this.recvRaw(options).then(payload => this.#decoded(payload)));
  }

  /**
   * The next message as it came.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Payload>}
   */
  recvRaw({signal} = {}) {
    this.#pulled = true;
    this.#use(true);
    const got = waiter(signal, (/** @type {Waiter<Payload>} */ it) => {
      this.#receivers = this.#receivers.filter(other => other !== it);
    });
    const [next] = this.#inbox;
    if (next !== undefined) {
      this.#inbox.shift();
      got.resolve(next);
    } else if (this.#ended) {
      got.reject(this.#endError);
    } else {
      this.#receivers.push(got);
    }
    return got.promise;
  }

  /**
   * All messages until the topic ends; fails if it did not end well.
   *
   * @returns {AsyncGenerator<In, void, void>}
   */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      /** @type {Payload} */
      let payload;
      try {
        payload = await this.recvRaw();
      } catch (error) {
        if (this.#ended && !this.error) {
          return;
        }
        throw error;
      }
      yield this.#decoded(payload);
    }
  }

  /**
   * Asks the server, or whoever answers there for this topic. Fails with the kind `request` if it refuses, `timeout`,
   * `closed` if the connection was lost meanwhile, and `unsupported` where only the base dialect is spoken.
   *
   * @param {Out} value
   * @param {{timeout?: number, signal?: AbortSignal}} [options] `timeout` in milliseconds; 10 000
   * @returns {Promise<In>}
   */
  request(value, {timeout = 10_000, signal} = {}) {
    return quiet(this.#request(value, timeout, signal));
  }

  /** @param {Out} value @param {number} timeout @param {AbortSignal} [signal] */
  async #request(value, timeout, signal) {
    const payload = converted('encode', this.#codec, () => this.#codec.encode(value));
    /** @type {Waiter<Payload>} */
    const answer = waiter(signal, () => forget());
    let forget = () => {};
    answer.timer = setTimeout(
      () => answer.reject(new MultiplexError('timeout', `no answer in time: timeout=${timeout}`)),
      timeout,
    );
    const ask = async () => {
      do {
        await this.ready({signal: answer.signal});
      } while (this.status !== 'open'); // Lost again meanwhile.
      if (!this.#feed?.asks) {
        throw new MultiplexError('unsupported', 'requests need a server that speaks carillon.v1');
      }
      forget = this.#feed.request(payload, (got, reason) => {
        got === undefined ? answer.reject(requestError(reason)) : answer.resolve(got);
      });
    };
    ask().catch(answer.reject);
    return this.#decoded(await answer.promise);
  }

  /**
   * Answers what the server asks; one handler at most. Over 1000 questions that it has not answered yet, more are refused.
   *
   * @param {(value: In) => Out | Promise<Out>} handler
   * @returns {() => void} ends it
   */
  onRequest(handler) {
    this.#answer = handler;
    const off = this.#watch();
    return () => {
      this.#answer = this.#answer === handler ? undefined : this.#answer;
      off();
    };
  }

  /**
   * @template {keyof TopicEvents<In>} K
   * @param {K} event
   * @param {(event: TopicEvents<In>[K]) => void} listener
   * @returns {() => void} ends it
   */
  on(event, listener) {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all);
    const own = (/** @type {TopicEvents<In>[K]} */ it) => listener(it);
    all.add(own);
    const off = this.#watch();
    return () => {
      all.delete(own);
      off();
    };
  }

  /**
   * For user-interface frameworks: tells when {@link getSnapshot} has changed.
   *
   * @param {() => void} listener
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    const own = () => listener();
    this.#subscribers.add(own);
    const off = this.#watch();
    return () => {
      this.#subscribers.delete(own);
      off();
    };
  }

  /**
   * The same object until something has changed.
   *
   * @returns {Snapshot<In>}
   */
  getSnapshot() {
    const {status, error, recovered, retryAt} = this;
    return (this.#snapshot ??= {status, last: this.#last, error, recovered, retryAt});
  }

  /**
   * Joins anew, also after an end; a pending `recv` fails with code 1001.
   *
   * @param {{from?: Position | 'latest'}} [options] where to go on; at the last message
   */
  restart({from} = {}) {
    this.#closed = undefined;
    this.#replaced();
    this.#use(true);
    this.#feed?.restart(from);
  }

  /**
   * Takes a socket of yours, open or opening, in place of the present one, or an error. A pending `recv` fails with code
   * 1001. The topic ends with that socket, until {@link restart}.
   *
   * @param {WebSocket | import('./socket.js').MultiplexWebSocket | Error} socket
   */
  set(socket) {
    this.#closed = undefined;
    this.#replaced();
    this.#leave();
    this.#held = true;
    this.#feed = this.#newFeed();
    this.#feed.users.add(this.#user);
    this.#feed.set(socket instanceof Error ? socket : new Adopted(/** @type {WebSocket} */ (socket)));
  }

  /**
   * Leaves for good; done when the server has confirmed it. While others share the subscription, only this one ends.
   *
   * @param {number} [code] 1000, or 3000 to 4999
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @returns {Promise<{code: number, reason: string, wasClean: boolean}>}
   */
  close(code, reason) {
    const feed = this.#feed;
    /** @type {Waiter<{code: number, reason: string, wasClean: boolean}>} */
    const done = waiter(undefined, it => this.#closing.delete(it));
    this.#closing.add(done);
    if (!feed || feed.users.size > 1) {
      this.#closed ??= {code: code ?? 1005, reason: reason ?? '', wasClean: true};
      this.#leave();
      this.#changed();
    } else {
      feed.close(code, reason);
      this.#changed();
    }
    return done.promise;
  }

  get #ended() {
    return this.status === 'closed' || this.status === 'failed';
  }

  get #endError() {
    return this.error ?? errorOf(this.#closed ?? this.#feed?.ended ?? {code: 1006, reason: '', wasClean: false});
  }

  /** Joins if that was not done yet. @param {boolean} [hold] and stays even if nobody listens */
  #use(hold = false) {
    this.#held ||= hold;
    if (!this.#feed && !this.#closed) {
      this.#feed = this.#findFeed();
      this.#feed.users.add(this.#user);
      this.#feed.start();
      this.#changed();
    }
  }

  #findFeed() {
    if (!this.#share) {
      return this.#newFeed();
    }
    const {protocols, recover, presence, reconnect} = this.#options;
    const key = [this.#url, protocols, recover, presence, reconnect].join(' ');
    const {feeds} = this.#pool;
    let feed = feeds.get(key);
    if (!feed) {
      feed = this.#newFeed(() => feeds.get(key) === feed && feeds.delete(key));
      feeds.set(key, feed);
    }
    return feed;
  }

  /** @param {() => void} [gone] */
  #newFeed(gone) {
    const url = this.#url;
    return new Feed(this.#pool, typeof url === 'function' ? url : () => url, this.#options, gone);
  }

  /** One more who listens. @returns {() => void} one less */
  #watch() {
    this.#watchers++;
    this.#use();
    let on = true;
    return () => {
      if (on) {
        on = false;
        this.#watchers--;
        // A framework takes a listener away only to put it back at once.
        setTimeout(() => !this.#watchers && !this.#held && !this.#ended && this.#leave());
      }
    };
  }

  #leave() {
    const feed = this.#feed;
    this.#feed = undefined;
    feed?.users.delete(this.#user);
    if (feed && !feed.users.size) {
      feed.rest();
    }
    this.#changed();
  }

  /** @param {Payload} payload */
  #decoded(payload) {
    return converted('decode', this.#codec, () => this.#codec.decode(payload));
  }

  /** @param {Payload} payload */
  #received(payload) {
    const listens = this.#subscribers.size > 0 || !!this.#listeners.get('message')?.size;
    const receiver = this.#receivers[0];
    if (receiver) {
      receiver.resolve(payload);
    } else if (this.#pulled || !listens) {
      this.#keep(payload);
    }
    if (listens) {
      this.#deliver(payload);
    }
  }

  /** @param {Payload} payload */
  #keep(payload) {
    const {max, overflow} = this.#buffer;
    if (this.#inbox.length < max) {
      this.#inbox.push(payload);
      return;
    }
    if (overflow === 'drop-oldest' && max) {
      this.#inbox.shift();
      this.#inbox.push(payload);
    }
    this.#emit('error', new MultiplexError('capacity', `message dropped: nobody takes them, max=${max}`));
  }

  /** @param {Payload} payload */
  #deliver(payload) {
    /** @type {In} */
    let value;
    try {
      value = this.#decoded(payload);
    } catch (error) {
      return this.#emit('error', /** @type {MultiplexError} */ (error));
    }
    this.#last = value;
    this.#emit('message', value);
    this.#tellSubscribers();
  }

  /** @param {string} kind @param {string} value */
  #presence(kind, value) {
    try {
      this.#emit('presence', {kind, value: converted('decode', json, () => JSON.parse(value))});
    } catch (error) {
      this.#emit('error', /** @type {MultiplexError} */ (error));
    }
  }

  /** @param {string} id @param {Payload} payload */
  #requested(id, payload) {
    const answer = this.#answer;
    const feed = this.#feed;
    if (!answer || !feed) {
      return false;
    }
    if (this.#questions >= MOST_QUESTIONS) {
      feed.answer(id, undefined, '429 Too Many Requests');
      return true;
    }
    this.#questions++;
    this.#reply(answer, payload)
      .then(
        encoded => feed.answer(id, encoded),
        error => {
          feed.answer(id, undefined, '500 Internal Server Error');
          error instanceof MultiplexError ? this.#emit('error', error) : report(error);
        },
      )
      .finally(() => this.#questions--);
    return true;
  }

  /** @param {(value: In) => Out | Promise<Out>} answer @param {Payload} payload */
  async #reply(answer, payload) {
    const value = await answer(this.#decoded(payload));
    return converted('encode', this.#codec, () => this.#codec.encode(value));
  }

  /** The feed says that something is different. */
  #changed() {
    const {status} = this;
    this.#settle();
    this.#tellSubscribers();
    if (status !== this.#told) {
      this.#told = status;
      this.#emit('status', status);
    }
  }

  /** Who waits for the present state need not wait any longer. */
  #settle() {
    if (this.status === 'open') {
      this.#ready.forEach(it => it.resolve());
      this.#flush();
    } else if (this.#ended) {
      const error = this.#endError;
      const {code, reason, wasClean} = this.#closed ?? this.#feed?.ended ?? {code: 1006, reason: '', wasClean: false};
      [...this.#ready, ...this.#outbox, ...this.#receivers].forEach(it => it.reject(error));
      this.#closing.forEach(it => it.resolve({code, reason, wasClean}));
    }
  }

  #replaced() {
    const error = new MultiplexError('closed', REPLACED, {code: 1001, reason: REPLACED});
    this.#receivers.forEach(it => it.reject(error));
  }

  #flush() {
    while (this.status === 'open' && this.#outbox.length) {
      const sent = this.#outbox[0];
      this.#feed?.channel?.send(/** @type {any} */ (sent.payload));
      sent.resolve();
    }
  }

  /** @param {{size: number}} sent */
  #unqueue(sent) {
    const at = this.#outbox.indexOf(/** @type {any} */ (sent));
    if (at >= 0) {
      this.#outbox.splice(at, 1);
      this.#outboxBytes -= sent.size;
    }
  }

  /** @param {number} size */
  #isFull(size) {
    const {max, bytes} = this.#queueLimits;
    return this.#outbox.length >= max || this.#outboxBytes + size > bytes;
  }

  /** Whether the network does not take what was sent; one message may be larger than the limit. @param {number} size */
  #isBackedUp(size) {
    const waiting = this.#feed?.channel?.bufferedAmount ?? 0;
    return waiting > 0 && waiting + size > this.#queueLimits.bytes;
  }

  /** @param {number} size */
  #full(size) {
    const {max, bytes} = this.#queueLimits;
    return new MultiplexError('capacity', `queue is full: size=${size}, max=${max}, bytes=${bytes}`);
  }

  #tellSubscribers() {
    this.#snapshot = undefined;
    this.#subscribers.forEach(listener => call(listener));
  }

  /**
   * @template {keyof TopicEvents<In>} K
   * @param {K} event
   * @param {TopicEvents<In>[K]} value
   */
  #emit(event, value) {
    this.#listeners.get(event)?.forEach(listener => call(() => listener(value)));
  }
}

/** @param {string} reason */
function requestError(reason) {
  return reason
    ? new MultiplexError('request', `request failed: ${reason}`, {code: parseInt(reason, 10) || 0, reason})
    : new MultiplexError('closed', 'connection lost before the answer', {code: 1006});
}

/**
 * Somebody who waits.
 *
 * @template T
 * @typedef {object} Waiter
 * @property {Promise<T>} promise
 * @property {(value: T) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {AbortSignal} signal aborts when the wait is over
 * @property {ReturnType<typeof setTimeout>} [timer] is cleared when the wait is over
 */

/**
 * A promise that ends once, and tidies up when it does.
 *
 * @template T
 * @param {AbortSignal | undefined} signal fails it
 * @param {(waiter: Waiter<T>) => void} over
 * @returns {Waiter<T>}
 */
function waiter(signal, over) {
  const ended = new AbortController();
  /** @type {Waiter<T>} */
  const it = /** @type {any} */ ({signal: ended.signal});
  const end = () => {
    clearTimeout(it.timer);
    signal?.removeEventListener('abort', abort);
    over(it);
    ended.abort();
  };
  const abort = () => it.reject(signal?.reason);
  it.promise = quiet(
    new Promise((resolve, reject) => {
      it.resolve = value => (resolve(value), end());
      it.reject = error => (reject(error), end());
    }),
  );
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) {
    queueMicrotask(abort);
  }
  return it;
}

/**
 * A failure that nobody waits for is no news for the console.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function quiet(promise) {
  promise.catch(() => {});
  return promise;
}

/** A listener that throws stops nobody else. @param {() => void} listener */
function call(listener) {
  try {
    listener();
  } catch (error) {
    report(error);
  }
}

/** @param {unknown} error */
function report(error) {
  const tell = /** @type {any} */ (globalThis).reportError;
  if (tell) {
    tell(error);
  } else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
