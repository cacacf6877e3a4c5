import {Channel, sizeOf} from './channel.js';
import {Pool} from './pool.js';
import {byteLength} from './wire.js';

/** Names the pool of a class of sockets. */
export const POOL = Symbol('pool');

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** Most bytes of a reason; what is left in a close frame. */
const REASON_LIMIT = 123;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `CloseEvent`, which Node.js has since version 23. */
const CloseEventOrOurs =
  globalThis.CloseEvent ??
  class CloseEvent extends Event {
    /** @param {string} type @param {{code?: number, reason?: string, wasClean?: boolean}} [init] */
    constructor(type, {code = 0, reason = '', wasClean = false} = {}) {
      super(type);
      this.code = code;
      this.reason = reason;
      this.wasClean = wasClean;
    }
  };

/**
 * @template {Event} E
 * @typedef {((this: WebSocket, event: E) => any) | null} Handler
 */

/**
 * `EventTarget`, with the events of a `WebSocket`.
 *
 * @typedef {{new (): Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'dispatchEvent'>}} SocketEventTarget
 */

/**
 * The browser's `WebSocket`, member for member, as one of many on a shared connection. Like that class it never
 * reconnects. It differs in what only a connection of its own has: `isTrusted` of its events is false, `extensions` is
 * empty, and the handshake is that of the shared connection.
 */
export class MultiplexWebSocket extends /** @type {SocketEventTarget} */ (EventTarget) {
  /** @type {Pool | undefined} @internal */
  static [POOL];
  /** @readonly */
  static CONNECTING = /** @type {const} */ (0);
  /** @readonly */
  static OPEN = /** @type {const} */ (1);
  /** @readonly */
  static CLOSING = /** @type {const} */ (2);
  /** @readonly */
  static CLOSED = /** @type {const} */ (3);

  #url;
  #origin;
  #channel;
  /** @type {0 | 1 | 2 | 3} */
  #readyState = CONNECTING;
  #wasOpen = false;
  #protocol = '';
  /** @type {BinaryType} */
  #binaryType = 'blob';
  /** Bytes that were sent after the end, and so never left. */
  #refused = 0;
  /** @type {Map<string, {handler: any, listener: (event: Event) => void}>} */
  #handlers = new Map();

  /**
   * @param {string | URL} url absolute or relative to the page; http and https stand for ws and wss
   * @param {string | string[]} [protocols] subprotocols of this topic; they need a server that speaks carillon.v1
   */
  constructor(url, protocols = []) {
    if (!arguments.length) {
      throw new TypeError('WebSocket needs a URL');
    }
    super();
    const parsed = parse(`${url}`);
    const offers = protocolsOf(protocols);
    this.#url = parsed.href;
    this.#origin = parsed.origin;
    this.#channel = new Channel(
      parsed,
      {
        open: ({protocol}) => this.#opened(protocol, offers),
        message: payload => this.#received(payload),
        closed: end => this.#closed(end),
      },
      {protocols: offers},
    );
    const pool = /** @type {typeof MultiplexWebSocket} */ (new.target)[POOL] ?? Pool.default;
    pool.origin(parsed).place(this.#channel);
  }

  get url() {
    return this.#url;
  }

  get readyState() {
    return this.#readyState;
  }

  get bufferedAmount() {
    return this.#refused + this.#channel.bufferedAmount;
  }

  get onopen() {
    return this.#handler('open');
  }

  /** @param {Handler<Event>} handler */
  set onopen(handler) {
    this.#handle('open', handler);
  }

  get onerror() {
    return this.#handler('error');
  }

  /** @param {Handler<Event>} handler */
  set onerror(handler) {
    this.#handle('error', handler);
  }

  get onclose() {
    return this.#handler('close');
  }

  /** @param {Handler<CloseEvent>} handler */
  set onclose(handler) {
    this.#handle('close', handler);
  }

  get extensions() {
    return this.#url && '';
  }

  get protocol() {
    return this.#protocol;
  }

  /**
   * @param {number} [code] 1000, or 3000 to 4999
   * @param {string} [reason] at most 123 bytes of UTF-8
   */
  close(code = undefined, reason = undefined) {
    const state = this.#readyState;
    const status = code === undefined && reason === undefined ? undefined : clamp(code);
    const text = reason === undefined ? undefined : wellFormed(`${reason}`);
    if (status !== undefined && status !== 1000 && !(status >= 3000 && status <= 4999)) {
      throw new DOMException(`close code must be 1000 or 3000 to 4999: ${status}`, 'InvalidAccessError');
    }
    if (text !== undefined && byteLength(text) > REASON_LIMIT) {
      throw new DOMException(`close reason must have at most ${REASON_LIMIT} bytes of UTF-8`, 'SyntaxError');
    }
    if (state < CLOSING) {
      this.#readyState = CLOSING;
      this.#channel.close(status, text);
    }
  }

  get onmessage() {
    return this.#handler('message');
  }

  /** @param {Handler<MessageEvent>} handler */
  set onmessage(handler) {
    this.#handle('message', handler);
  }

  /** @returns {BinaryType} */
  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(type) {
    const value = /** @type {BinaryType} */ (`${type}`);
    if (value === 'blob' || value === 'arraybuffer') {
      this.#binaryType = value;
    } else {
      this.#readyState; // A foreign `this` is refused like by every other member.
    }
  }

  /** @param {string | ArrayBufferLike | Blob | ArrayBufferView} data */
  send(data) {
    const state = this.#readyState;
    if (!arguments.length) {
      throw new TypeError('send needs data');
    }
    const payload = payloadOf(data);
    if (state === CONNECTING) {
      throw new DOMException('still connecting', 'InvalidStateError');
    }
    if (state === OPEN) {
      this.#channel.send(payload);
    } else {
      this.#refused += sizeOf(payload);
    }
  }

  /** @param {string} type */
  #handler(type) {
    return this.#handlers.get(type)?.handler ?? null;
  }

  /**
   * A handler keeps its place among the listeners until it is taken away.
   *
   * @param {string} type
   * @param {any} handler
   */
  #handle(type, handler) {
    const known = this.#handlers.get(type);
    if (handler === null || (typeof handler !== 'object' && typeof handler !== 'function')) {
      if (known) {
        this.removeEventListener(type, known.listener);
        this.#handlers.delete(type);
      }
    } else if (known) {
      known.handler = handler;
    } else {
      /** @type {{handler: any, listener: (event: Event) => void}} */
      const entry = {
        handler,
        listener: event => typeof entry.handler === 'function' && entry.handler.call(this, event),
      };
      this.#handlers.set(type, entry);
      this.addEventListener(type, entry.listener);
    }
  }

  /** @param {string} protocol @param {string[]} offers */
  #opened(protocol, offers) {
    if (offers.length ? !offers.includes(protocol) : protocol) {
      this.#readyState = CLOSING;
      return this.#channel.close(); // Not what was asked for; told as a failed handshake when it is over.
    }
    this.#protocol = protocol;
    this.#wasOpen = true;
    this.#readyState = OPEN;
    this.dispatchEvent(new Event('open'));
  }

  /** @param {string | ArrayBuffer} payload */
  #received(payload) {
    if (this.#readyState === OPEN) {
      const data = typeof payload === 'string' || this.#binaryType === 'arraybuffer' ? payload : new Blob([payload]);
      this.dispatchEvent(new MessageEvent('message', {data, origin: this.#origin}));
    }
  }

  /** @param {import('./channel.js').End} end */
  #closed({code, reason, wasClean}) {
    this.#readyState = CLOSED;
    if (!this.#wasOpen) {
      code = 1006;
      reason = '';
      wasClean = false;
      this.dispatchEvent(new Event('error'));
    }
    this.dispatchEvent(new CloseEventOrOurs('close', {code, reason, wasClean}));
  }

  get CONNECTING() {
    return MultiplexWebSocket.CONNECTING;
  }

  get OPEN() {
    return MultiplexWebSocket.OPEN;
  }

  get CLOSING() {
    return MultiplexWebSocket.CLOSING;
  }

  get CLOSED() {
    return MultiplexWebSocket.CLOSED;
  }

  // As Web IDL has it: members can be enumerated, and constants are values that stay.
  static {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(this.prototype))) {
      if (name !== 'constructor') {
        Object.defineProperty(this.prototype, name, {...member, enumerable: true});
      }
    }
    for (const [name, value] of Object.entries({CONNECTING, OPEN, CLOSING, CLOSED})) {
      const constant = {value, enumerable: true, writable: false, configurable: false};
      Object.defineProperty(this, name, constant);
      delete (/** @type {any} */ (this.prototype)[name]);
      Object.defineProperty(this.prototype, name, constant);
    }
    Object.defineProperty(this.prototype, Symbol.toStringTag, {value: 'WebSocket', configurable: true});
  }
}

/**
 * @param {string} text
 * @returns {URL}
 */
export function parse(text) {
  /** @type {URL} */
  let url;
  try {
    url = new URL(text, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    throw new DOMException(`URL is invalid: ${text}`, 'SyntaxError');
  }
  url.protocol = url.protocol.replace(/^http/, 'ws');
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException(`URL must be one of http, https, ws or wss: ${text}`, 'SyntaxError');
  }
  if (url.href.includes('#')) {
    throw new DOMException(`URL must have no fragment: ${text}`, 'SyntaxError');
  }
  return url;
}

/**
 * @param {unknown} protocols a string or an iterable
 * @returns {string[]}
 */
function protocolsOf(protocols) {
  const isList = Object(protocols) === protocols && /** @type {any} */ (protocols)[Symbol.iterator] != null;
  const names = isList ? Array.from(/** @type {any} */ (protocols), name => `${name}`) : [`${protocols}`];
  const seen = new Set();
  for (const name of names) {
    if (!TOKEN.test(name) || seen.has(name)) {
      throw new DOMException(`subprotocol is invalid or there twice: ${name}`, 'SyntaxError');
    }
    seen.add(name);
  }
  return names;
}

/**
 * As browsers convert to a clamped unsigned short.
 *
 * @param {unknown} value
 */
function clamp(value) {
  return Math.trunc(Math.min(Math.max(+(/** @type {any} */ (value)), 0), 65_535) || 0);
}

/** @param {string} text without lone surrogates */
function wellFormed(text) {
  return new TextDecoder('utf-8', {ignoreBOM: true}).decode(new TextEncoder().encode(text));
}

/**
 * What is sent for `data`. Buffers and blobs may come from another realm, so nothing asks for their class; a detached buffer
 * is empty.
 *
 * @param {any} data
 * @returns {string | Uint8Array | Blob}
 */
export function payloadOf(data) {
  const isView = ArrayBuffer.isView(data);
  const buffer = isView ? data.buffer : data;
  if (has(ArrayBuffer, 'byteLength', buffer) ? buffer.resizable : isView || isShared(buffer)) {
    throw new TypeError('buffer must not be shared or resizable');
  }
  if (!has(ArrayBuffer, 'byteLength', buffer)) {
    return has(Blob, 'size', data) ? data : `${data}`;
  }
  return buffer.byteLength ? new Uint8Array(buffer, isView ? data.byteOffset : 0, data.byteLength) : new Uint8Array();
}

/** @param {unknown} value */
function isShared(value) {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
}

/** @param {any} type @param {string} property @param {unknown} value whether it is one of that type, of any realm */
function has(type, property, value) {
  try {
    Object.getOwnPropertyDescriptor(type.prototype, property)?.get?.call(value);
    return true;
  } catch {
    return false;
  }
}
