import {delayAfter, exponential} from './backoff.js';
import {Link} from './link.js';
import {POOL, MultiplexWebSocket} from './socket.js';
import {checked, renewalOf} from './token.js';

/** A connection that was up this long, in milliseconds, has earned a quick first try. */
const STEADY = 5_000;
/** How often links are looked after, and how late that may be before the machine must have slept, in milliseconds. */
const TICK = 500;
const SLEPT = 5_000;
/** Topics that are tried one by one against a server that has no carrier, before all are told that it is gone. */
const TRIES = 3;
/** How long after a new token could not be had it is asked for again, in milliseconds. */
const RENEW = 5_000;

/**
 * @template T
 * @typedef {T | Promise<T>} Awaitable
 */

/**
 * @typedef {object} PoolOptions
 * @property {typeof WebSocket} [WebSocket] what makes real connections, for Node.js before 22: that of `ws` or `undici`
 * @property {string | URL} [carrier] where connections go, relative to the server; `/.multiplex`
 * @property {(why: 'connect' | 'expired') => Awaitable<string | undefined>} [token] a JWT for the connection, asked for
 *   before each one, and with `expired` when most of its life is over or the server wants a new one
 * @property {import('./backoff.js').Backoff} [backoff] between tries to reach a server; `exponential()`
 * @property {number} [connectTimeout] how long an attempt may take, in milliseconds; 10 000
 * @property {{idle: number, timeout: number} | false} [heartbeat] after how long a silence the server is asked for a sign of
 *   life, and how long that may take, in milliseconds; 25 000 and 10 000
 * @property {number} [idleClose] how long a connection without topics is kept, in milliseconds; 5 000
 * @property {number} [maxTopics] topics on one connection before another is opened; what the server takes
 */

/**
 * For a status display.
 *
 * @typedef {object} LinkState
 * @property {string} url
 * @property {'connecting' | 'open' | 'waiting'} state
 * @property {string} protocol
 * @property {string[]} topics
 * @property {number} [rtt] round trip in milliseconds, once the server was asked for a sign of life
 * @property {number} [retryAt] when the next try is made, in milliseconds of the epoch, while it is `waiting`
 * @property {number} bytesIn
 * @property {number} bytesOut
 */

/**
 * Real connections, one for each server as a rule, and the policy for them. Raises `change` when something of
 * {@link Pool.links} has changed, and `warning` (a `CustomEvent` with a text) when the server broke the protocol or said
 * that we did.
 */
export class Pool extends EventTarget {
  /** @type {Pool | undefined} */
  static #default;

  /** The pool of everything that names none. */
  static get default() {
    return (this.#default ??= new Pool());
  }

  /**
   * Is shown every message on the wire, for a debugging display.
   *
   * @type {((direction: 'in' | 'out', message: string | ArrayBuffer | Uint8Array | Blob, url: string) => void) | undefined}
   */
  trace;
  /** Topics that share a subscription. @type {Map<string, import('./feed.js').Feed>} @internal */
  feeds = new Map();
  /** @type {Map<string, Origin>} */
  #origins = new Map();
  /** @type {typeof MultiplexWebSocket | undefined} */
  #WebSocket;
  #paused = false;
  #changing = false;
  /** @type {(() => void)[]} */
  #muted = [];
  /** @type {(() => void) | undefined} */
  #unwatch;

  /** @param {PoolOptions} [options] */
  constructor({
    WebSocket,
    carrier = '/.multiplex',
    token,
    backoff = exponential(),
    connectTimeout = 10_000,
    heartbeat = {idle: 25_000, timeout: 10_000},
    idleClose = 5_000,
    maxTopics = Infinity,
  } = {}) {
    super();
    /** @internal */
    this.options = {WebSocket, carrier, token, backoff, connectTimeout, heartbeat, idleClose, maxTopics};
  }

  /** The class {@link MultiplexWebSocket}, on the connections of this pool. */
  get WebSocket() {
    const pool = this;
    return (this.#WebSocket ??= class extends MultiplexWebSocket {
      static [POOL] = pool;
    });
  }

  /** @internal */
  get RealWebSocket() {
    const real = this.options.WebSocket ?? globalThis.WebSocket;
    if (!real) {
      throw new DOMException('no WebSocket here: give that of ws or undici, new Pool({WebSocket})', 'NotSupportedError');
    }
    return real;
  }

  /**
   * What there is now.
   *
   * @returns {LinkState[]}
   */
  get links() {
    return [...this.#origins.values()].flatMap(origin => origin.states);
  }

  /** Whether {@link pause} was called last. */
  get paused() {
    return this.#paused;
  }

  /** Cuts all connections as a network would; topics come back at once, after their back-off. */
  drop() {
    for (const link of this.#links) {
      link.abandon();
    }
  }

  /** Cuts all connections and opens none until {@link resume}, as if the network were gone. */
  pause() {
    this.#paused = true;
    this.drop();
    this.changed();
  }

  /** Ends a {@link pause}, or a wait: tries now. */
  resume() {
    this.#paused = false;
    for (const origin of this.#origins.values()) {
      origin.go();
    }
    this.changed();
  }

  /** New connections with the same topics, from the same positions; a new token is asked for. */
  restart() {
    this.drop();
    this.resume();
  }

  /**
   * Gives the servers a new token on the open connections; fails with what a server said. It happens by itself, too, before
   * a token expires.
   *
   * @param {string} [token] that of the function otherwise
   */
  async refresh(token) {
    await Promise.all([...this.#origins.values()].map(origin => origin.refresh(token)));
  }

  /** Ends all connections and whatever is on them. */
  close() {
    for (const origin of this.#origins.values()) {
      origin.close();
    }
    this.#origins.clear();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.changed();
  }

  get #links() {
    return [...this.#origins.values()].flatMap(({links}) => [...links]);
  }

  /** @param {URL} url @returns {Origin} @throws {DOMException} where there is no `WebSocket` @internal */
  origin({protocol, host}) {
    const key = `${protocol}//${host}`;
    let origin = this.#origins.get(key);
    if (!origin) {
      origin = new Origin(this, key);
      this.#origins.set(key, origin);
    }
    this.#unwatch ??= this.#watch();
    return origin;
  }

  /** Many changes of one turn are one event. @internal */
  changed() {
    if (!this.#changing) {
      this.#changing = true;
      queueMicrotask(() => {
        this.#changing = false;
        this.dispatchEvent(new Event('change'));
      });
    }
  }

  /** @param {string} text @internal */
  warn(text) {
    this.dispatchEvent(new CustomEvent('warning', {detail: text}));
  }

  /** The network or the page is back, or the machine awake: asks every connection, and does not wait to open new ones. */
  #wake(renew = false) {
    for (const link of this.#links) {
      // An attempt that began without a network may hang until it times out.
      renew && link.state === 'connecting' ? link.abandon() : link.check();
    }
    for (const origin of this.#origins.values()) {
      origin.go();
    }
  }

  #watch() {
    let last = Date.now();
    const timer = setInterval(() => {
      const now = Date.now();
      if (now - last > SLEPT) {
        this.#wake();
      }
      last = now;
      this.#origins.forEach(origin => origin.tick(now));
    }, TICK);
    /** @type {any} */ (timer).unref?.();
    const stops = [() => clearInterval(timer)];
    /** @param {EventTarget | undefined} target @param {string} type @param {() => void} listener */
    const listen = (target, type, listener) => {
      target?.addEventListener?.(type, listener);
      stops.push(() => target?.removeEventListener?.(type, listener));
    };
    const page = globalThis.document;
    listen(globalThis, 'online', () => this.#wake(true));
    listen(globalThis, 'offline', () => this.#links.forEach(link => link.check()));
    listen(globalThis, 'pagehide', () => this.#mute());
    listen(globalThis, 'pageshow', () => this.#unmute());
    listen(page, 'visibilitychange', () => page.visibilityState === 'visible' && this.#wake());
    return () => stops.forEach(stop => stop());
  }

  /** The page goes away: nothing is told any more, unless it comes back. */
  #mute() {
    this.#muted.push(...this.#links.map(link => link.mute()));
  }

  #unmute() {
    this.#muted.splice(0).forEach(tell => tell());
    this.#wake();
  }
}

/** One server of a pool: its connections, and the wait before the next try. */
export class Origin {
  /** @type {Set<Link>} */
  links = new Set();
  /** Whether the server speaks the base dialect only, which has no carrier; undefined until one of them has opened. */
  direct = /** @type {boolean | undefined} */ (undefined);
  /** Topics that fit on a connection; fewer once the server has said that it had enough. */
  maxTopics;
  #failures = 0;
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {number | undefined} */
  #retryAt;
  /** @type {Set<(go: boolean) => void>} */
  #waiting = new Set();
  /** @type {string | undefined} */
  #token;
  /** Whether the server said that it is over. */
  #expired = false;
  /** When another is wanted, in milliseconds of the epoch. */
  #renewAt = Infinity;

  /** @param {Pool} pool @param {string} key */
  constructor(pool, key) {
    this.pool = pool;
    this.key = key;
    this.WebSocket = pool.RealWebSocket;
    this.maxTopics = pool.options.maxTopics;
  }

  /** @returns {LinkState[]} */
  get states() {
    const links = [...this.links].map(link => ({
      url: link.url.href,
      state: /** @type {'connecting' | 'open'} */ (link.state),
      protocol: link.protocol,
      topics: [...link.channels].filter(({state}) => state === 'open').map(({topic}) => topic),
      rtt: link.rtt,
      bytesIn: link.bytesIn,
      bytesOut: link.bytesOut,
    }));
    if (this.#retryAt === undefined && !(this.pool.paused && this.#waiting.size)) {
      return links;
    }
    const waiting = {url: this.key, state: /** @type {const} */ ('waiting'), protocol: '', topics: [], bytesIn: 0, bytesOut: 0};
    return [...links, {...waiting, retryAt: this.#retryAt}];
  }

  changed() {
    this.pool.changed();
  }

  /**
   * Puts a channel on a connection, an open one if it can be.
   *
   * @param {import('./channel.js').Channel} channel
   */
  place(channel) {
    if (this.pool.paused) {
      setTimeout(() => channel.ended({code: 1006, reason: '', wasClean: false, lost: true}));
      return;
    }
    const link = [...this.links].find(link => link.takes(channel));
    link ? link.add(channel) : this.#open([channel], this.direct || !this.#fitsCarrier(channel));
  }

  /** @param {import('./channel.js').Channel} channel */
  #fitsCarrier({topic}) {
    return topic.length <= 512;
  }

  /**
   * @param {import('./channel.js').Channel[]} channels
   * @param {boolean} direct joins the first by the URL of the connection itself
   */
  #open(channels, direct) {
    const first = direct ? (channels.find(({known}) => known) ?? channels[0]) : undefined;
    const link = new Link(this, first?.url ?? new URL(this.pool.options.carrier, this.key), first);
    this.links.add(link);
    channels.forEach(channel => link.add(channel));
    this.changed();
    this.#start(link);
  }

  /** @param {Link} link */
  async #start(link) {
    const old = this.#token;
    try {
      if (this.pool.options.token) {
        await this.#askToken(this.#expired || Date.now() >= this.#renewAt);
      }
    } catch (error) {
      this.pool.warn(`no token: ${error}`);
      return link.giveUp({code: 1006, reason: 'no token', wasClean: false});
    }
    if (this.#expired && (!this.#token || this.#token === old)) {
      return link.giveUp({code: 4401, reason: 'no new token', wasClean: false});
    }
    this.#expired = false;
    link.start(this.#token);
  }

  async #askToken(another = true) {
    this.#keep(await this.pool.options.token?.(another ? 'expired' : 'connect'));
  }

  /** @param {string | undefined} token */
  #keep(token) {
    this.#token = checked(token);
    this.#renewAt = renewalOf(token);
  }

  /**
   * Gives the server another token on the open connections.
   *
   * @param {string} [given]
   */
  async refresh(given) {
    if (this.#refreshable.length && (given || this.pool.options.token)) {
      given ? this.#keep(given) : await this.#askToken();
      await Promise.all(this.#refreshable.map(link => link.refresh(this.#token ?? '')));
    }
  }

  get #refreshable() {
    return [...this.links].filter(link => link.state === 'open' && link.v1);
  }

  /** Looks after tokens and links; called twice a second. @param {number} now milliseconds of the epoch */
  tick(now) {
    this.links.forEach(link => link.tick(now));
    if (now >= this.#renewAt) {
      this.#renewAt = now + RENEW;
      this.refresh().catch(error => this.pool.warn(`no new token: ${error}`));
    }
  }

  /** @param {Link} link */
  opened(link) {
    this.direct = !link.v1;
    this.#tries = 0;
    this.go();
    this.changed();
  }

  /**
   * @param {Link} link
   * @param {import('./channel.js').End} end
   * @param {boolean} [final] another way to the server would not do better
   */
  ended(link, end, final = false) {
    this.links.delete(link);
    this.changed();
    const channels = [...link.channels].filter(({state}) => state !== 'closed');
    if (!link.openedAt && !final && !this.pool.paused && this.#triesOtherwise(link, channels)) {
      return;
    }
    this.#tries = 0;
    if (link.openedAt && Date.now() - link.openedAt >= STEADY) {
      this.#failures = 0;
    }
    if (end.code === 4401 && this.pool.options.token && !final) {
      this.#expired = true;
      end = {...end, code: 1006};
    }
    for (const channel of channels) {
      channel.ended({...end, lost: true});
    }
  }

  /**
   * A handshake failed, and nobody tells why. Perhaps there is no carrier: then the topic's own URL opens. Perhaps it was
   * only that topic: then another one's opens.
   *
   * @param {Link} link
   * @param {import('./channel.js').Channel[]} channels
   */
  #triesOtherwise(link, channels) {
    if (!link.first && this.direct !== false && channels.length) {
      this.#open(channels, true);
      return true;
    }
    if (!link.first || link.first.known || channels.length < 2 || ++this.#tries >= TRIES) {
      return false;
    }
    this.#open(channels.filter(channel => channel !== link.first), true);
    link.first.ended({code: 1006, reason: '', wasClean: false, lost: true});
    return true;
  }

  /**
   * Waits until the server may be tried again.
   *
   * @param {import('./channel.js').End} end why
   * @param {(go: boolean) => void} listener false: it is not tried any more
   * @returns {() => void} ends the wait
   */
  wait(end, listener) {
    this.#waiting.add(listener);
    if (this.#timer === undefined && !this.pool.paused) {
      const delay = delayAfter(this.pool.options.backoff, this.#failures++, end);
      this.#retryAt = delay === null ? undefined : Date.now() + delay;
      this.#timer = setTimeout(() => this.go(delay !== null), delay ?? 0);
    }
    this.changed();
    return () => {
      this.#waiting.delete(listener);
      if (!this.#waiting.size) {
        this.go();
      }
    };
  }

  /** When the wait is over, in milliseconds of the epoch. */
  get retryAt() {
    return this.#retryAt;
  }

  /** Ends the wait of all. */
  go(again = true) {
    if (this.pool.paused) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = this.#retryAt = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    waiting.forEach(listener => listener(again));
    this.changed();
  }

  close() {
    this.links.forEach(link => link.close());
    clearTimeout(this.#timer);
    this.#timer = this.#retryAt = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    waiting.forEach(listener => listener(false));
  }
}
