import {byteLength} from './wire.js';

/** Messages kept that arrive ahead of the OK; one more ends the channel. */
const EARLY = 64;

/**
 * How a channel ended.
 *
 * @typedef {object} End
 * @property {number} code close code; 1006 if there was none, 1005 if none was given
 * @property {string} reason
 * @property {boolean} wasClean whether both sides agreed
 * @property {number} [status] HTTP status, where the server refused the channel
 * @property {boolean} [lost] whether the whole connection ended
 */

/**
 * Who uses a channel and hears of it; called only in the order open, message, closed, and never again after closed.
 *
 * @typedef {object} Listener
 * @property {(answer: {protocol: string, position: string, outcome: string}) => void} open
 * @property {(payload: import('./wire.js').Payload, offset?: number) => void} message
 * @property {(end: End) => void} closed
 * @property {(id: string, payload: import('./wire.js').Payload) => void} [request] the server asks
 * @property {(id: string, payload: import('./wire.js').Payload | undefined, reason: string) => void} [answer] the server
 *   answers, without a payload if it failed
 * @property {(kind: string, json: string) => void} [presence]
 */

/**
 * A topic joined on a connection: what would be a connection of its own without multiplexing. It lives once: from
 * `connecting` over `open` and `closing` to `closed`.
 */
export class Channel {
  /** @type {'connecting' | 'open' | 'closing' | 'closed'} */
  state = 'connecting';
  /**
   * The topic as frames name it on the link: with an instance number, or another one behind a token.
   */
  address = '';
  /** When the answer to SUBSCRIBE or UNSUBSCRIBE must be there, in milliseconds of the epoch. */
  deadline = Infinity;
  /** @type {import('./link.js').Link | undefined} */
  link;
  /** @type {[import('./wire.js').Payload, number | undefined][]} */
  #early = [];
  /** What is not known to have left: end in the byte stream of the link, bytes of payload. @type {[number, number][]} */
  #unsent = [];
  #unsentBytes = 0;
  #listener;

  /**
   * @param {URL} url
   * @param {Listener} listener
   * @param {{protocols?: string[], position?: string, presence?: boolean, known?: boolean}} [options] `known`: the server
   *   has let it in before
   */
  constructor(url, listener, {protocols = [], position = '', presence = false, known = false} = {}) {
    this.url = url;
    this.topic = url.pathname + url.search;
    this.#listener = listener;
    this.protocols = protocols;
    this.position = position;
    this.presence = presence;
    this.known = known;
  }

  /** Parameters of its SUBSCRIBE beside the topic. */
  get parameters() {
    const all = [this.protocols.join(', '), this.position, this.presence ? 'presence' : ''];
    while (all.length && !all[all.length - 1]) {
      all.pop();
    }
    return all;
  }

  /** Bytes of payload that {@link send} has taken and the network has not. */
  get bufferedAmount() {
    const left = this.link?.left ?? Infinity;
    let gone = 0;
    while (gone < this.#unsent.length && this.#unsent[gone][0] <= left) {
      this.#unsentBytes -= this.#unsent[gone++][1];
    }
    this.#unsent.splice(0, gone);
    return this.#unsentBytes;
  }

  /**
   * Sends a message at once.
   *
   * @param {string | Uint8Array | Blob} payload
   * @param {string} [mark] what stands behind the address
   */
  send(payload, mark = '') {
    if (!this.link) {
      return;
    }
    const size = sizeOf(payload);
    const end = this.link.send(this.address + mark, payload, size);
    this.#unsent.push([end, size]);
    this.#unsentBytes += size;
    this.bufferedAmount; // Lets go of what has left.
  }

  /**
   * Leaves the topic; closed is told when the server has answered, or soon if it was not asked yet.
   *
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    if (this.state === 'connecting' || this.state === 'open') {
      this.wanted = code === undefined ? {code: 1005, reason: ''} : {code, reason: reason ?? ''};
      const early = this.state === 'connecting';
      this.state = 'closing';
      this.link?.leave(this, early);
    }
  }

  /**
   * For the link: it is joined.
   *
   * @param {{protocol: string, position: string, outcome: string}} answer
   */
  opened(answer) {
    this.state = 'open';
    this.deadline = Infinity;
    this.#listener.open(answer);
    for (const [payload, offset] of this.#early.splice(0)) {
      this.#listener.message(payload, offset);
    }
  }

  /**
   * For the link: a message came. One ahead of the OK waits for it.
   *
   * @param {import('./wire.js').Data} frame
   */
  received({payload, offset, request}) {
    if (request !== undefined) {
      this.#requested(request, payload);
    } else if (this.state === 'open') {
      this.#listener.message(payload, offset);
    } else if (this.state === 'connecting' && this.#early.push([payload, offset]) > EARLY) {
      this.#early = [];
      this.close();
    }
  }

  /**
   * Ids that this side chose are odd, those of the server even.
   *
   * @param {string} id
   * @param {import('./wire.js').Payload} payload
   */
  #requested(id, payload) {
    if (this.state === 'open') {
      Number(id) % 2 ? this.#listener.answer?.(id, payload, '') : this.#listener.request?.(id, payload);
    }
  }

  /**
   * For the link: a request of ours failed.
   *
   * @param {string} id
   * @param {string} reason
   */
  requestFailed(id, reason) {
    this.#listener.answer?.(id, undefined, reason);
  }

  /**
   * For the link.
   *
   * @param {string} kind
   * @param {string} json
   */
  presenceChanged(kind, json) {
    if (this.state === 'open') {
      this.#listener.presence?.(kind, json);
    }
  }

  /**
   * For the link: it is over.
   *
   * @param {End} end
   */
  ended(end) {
    if (this.state !== 'closed') {
      this.state = 'closed';
      this.#early = [];
      this.#listener.closed(end);
    }
  }
}

/**
 * Bytes of a payload on the wire.
 *
 * @param {string | Uint8Array | Blob} payload
 */
export function sizeOf(payload) {
  return typeof payload === 'string' ? byteLength(payload) : 'size' in payload ? payload.size : payload.length;
}
