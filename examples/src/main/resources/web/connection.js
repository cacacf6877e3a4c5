import {backoff, restartDelay} from './backoff.js';

/** A connection that was up this long, in milliseconds, has earned a quick first try. */
const STEADY = 5_000;
/** A try that has not opened after this time, in milliseconds, is given up. */
const CONNECT_TIMEOUT = 10_000;
/** The server restarts and asks for patience. */
const RESTART = 1012;
/** Ends that a new try would only repeat: the server was done, or refused what this page sent or is. */
const FINAL = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010, 4401, 4403, 4404, 4409]);

/**
 * The page's connection to its server, with any number of topics on it. It opens again by itself, later and later, until
 * the server is back. Today every topic is a WebSocket of its own; nothing outside this file knows.
 *
 * Raises `state` when {@link state} has changed.
 */
export class Connection extends EventTarget {
  /** @type {Topic[]} */
  #topics = [];
  #failures = 0;
  #openSince = 0;
  #timer = 0;
  #retryAt = 0;
  #state = {name: 'connecting'};

  constructor() {
    super();
    addEventListener('online', () => this.retry());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#timer) {
        this.retry();
      }
    });
  }

  /**
   * Where the connection stands: `connecting`, `open`, `waiting` (until `retryAt`, milliseconds of the epoch) or
   * `refused` (with the server's `code` and `reason`; only {@link retry} tries again).
   *
   * @returns {{name: string, retryAt?: number, code?: number, reason?: string}}
   */
  get state() {
    return this.#state;
  }

  /**
   * Joins the topic `path` and joins it again whenever it was lost.
   *
   * @param {string} path path and query of the topic
   * @param {{open?: () => void, message?: (data: string | ArrayBuffer) => void, close?: () => void}} listener `close` is
   *     told once for every `open`
   */
  topic(path, listener) {
    const topic = new Topic(path, listener, end => this.#changed(end));
    this.#topics.push(topic);
    topic.open();
    return topic;
  }

  /** Tries now, what the server refused included. */
  retry() {
    for (const topic of this.#topics) {
      topic.refusal = undefined;
    }
    this.#knock();
  }

  /** @param {CloseEvent | undefined} end how a topic's connection ended, nothing when one opened */
  #changed(end) {
    if (!end) {
      this.#openRest();
    } else if (!isFinal(end.code) && !this.#timer) {
      this.#wait(end.code);
    }
    this.#tell();
  }

  #wait(code) {
    if (this.#openSince && performance.now() - this.#openSince >= STEADY) {
      this.#failures = 0;
    }
    this.#openSince = 0;
    const delay = code === RESTART ? restartDelay() : backoff(this.#failures++);
    this.#retryAt = Date.now() + delay;
    this.#timer = setTimeout(() => this.#knock(), delay);
  }

  /** One topic goes ahead; the others follow when it was let in. Browsers slow down a page that fails often. */
  #knock() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#topics.find(topic => !topic.isOpen && !topic.refusal)?.open();
    this.#tell();
  }

  #openRest() {
    for (const topic of this.#topics) {
      if (!topic.refusal) {
        topic.open();
      }
    }
    if (this.#topics.every(topic => topic.isOpen)) {
      this.#openSince = performance.now();
    }
  }

  #tell() {
    const refused = this.#topics.find(topic => topic.refusal);
    if (refused) {
      this.#state = {name: 'refused', code: refused.refusal.code, reason: refused.refusal.reason};
    } else if (this.#timer) {
      this.#state = {name: 'waiting', retryAt: this.#retryAt};
    } else {
      this.#state = {name: this.#topics.every(topic => topic.isOpen) ? 'open' : 'connecting'};
    }
    this.dispatchEvent(new Event('state'));
  }
}

/** One topic of the connection. */
class Topic {
  #url;
  #listener;
  #changed;
  /** @type {WebSocket | undefined} */
  #socket;
  /** @type {CloseEvent | undefined} the end that forbids another try */
  refusal;

  constructor(path, listener, changed) {
    this.#url = new URL(path, location.href);
    this.#url.protocol = this.#url.protocol.replace('http', 'ws');
    this.#url.hash = '';
    this.#listener = listener;
    this.#changed = changed;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Address of the topic, as any other client would write it. */
  get url() {
    return this.#url.href;
  }

  /**
   * Sends at once or not at all.
   *
   * @param {string | ArrayBufferLike | ArrayBufferView} data
   * @returns {boolean} false when the topic is not open: nothing was sent and nothing is kept
   */
  send(data) {
    if (!this.isOpen) {
      return false;
    }
    this.#socket.send(data);
    return true;
  }

  /** Opens unless it is open or opening. For {@link Connection} only. */
  open() {
    if (this.#socket) {
      return;
    }
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    let opened = false;
    const timer = setTimeout(() => socket.close(), CONNECT_TIMEOUT);
    socket.onopen = () => {
      clearTimeout(timer);
      opened = true;
      this.#listener.open?.();
      this.#changed();
    };
    socket.onmessage = event => this.#listener.message?.(event.data);
    socket.onclose = event => {
      clearTimeout(timer);
      this.#socket = undefined;
      this.refusal = isFinal(event.code) ? event : undefined;
      if (opened) {
        this.#listener.close?.();
      }
      this.#changed(event);
    };
  }
}

function isFinal(code) {
  return FINAL.has(code) || (code >= 4000 && code < 4100);
}
