import {MultiplexError} from './errors.js';
import {BASE, LIMITS, V1, byteLength, control, data, decode} from './wire.js';

/** How long the server may take for a join or a leave, in milliseconds; its handlers have 30 s. */
const ANSWER_TIMEOUT = 40_000;
/** What the first probe after a sleep is given beside four round trips, and at most, in milliseconds. */
const QUICK = 500;
const QUICK_AT_MOST = 5_000;
/** A topic nobody subscribes to: the base dialect has no ping, but every UNSUBSCRIBE is answered. */
const PROBE = '/.alive';
const NO_PROTOCOLS = 'subprotocols of a topic need carillon.v1';
const STATUS = /^(\d{3})(?: |$)/;

/** Close codes of what the server refuses, by HTTP status. @type {Record<number, number>} */
const CODES = {400: 1007, 401: 4401, 403: 4403, 404: 4404, 409: 4409, 413: 1009, 422: 1007, 429: 4429, 503: 1013};
/** HTTP status of the reasons that the base dialect spells out. @type {Record<string, number>} */
const STATUSES = {
  unauthorized: 401,
  forbidden: 403,
  'not found': 404,
  'invalid topic': 400,
  conflict: 409,
  'already subscribed': 409,
  'too many topics': 429,
  'too many requests': 429,
  unavailable: 503,
};

/** @typedef {import('./channel.js').Channel} Channel */

/**
 * One real connection and the channels on it. It lives once and is owned by an {@link import('./pool.js').Origin}, which
 * it tells when it opened and when it ended. A link that is silent for too long is abandoned, not closed and waited for.
 */
export class Link {
  /** @type {'connecting' | 'open' | 'closed'} */
  state = 'connecting';
  /** Subprotocol that the server chose. */
  protocol = '';
  v1 = false;
  /** @type {Set<Channel>} */
  channels = new Set();
  bytesIn = 0;
  bytesOut = 0;
  /** Round trip of the last probe, in milliseconds. @type {number | undefined} */
  rtt;
  openedAt = 0;
  startedAt = Date.now();
  /** When the last channel left. */
  idleSince = Date.now();
  /** @type {Map<string, Channel>} */
  #addresses = new Map();
  /** @type {WebSocket | undefined} */
  #socket;
  /** What had left when it ended. */
  #left = 0;
  #instances = 1;
  #heard = Date.now();
  #probed = 0;
  #probeTimeout = 0;
  /** Who waits for the answer to a REFRESH; they come in order. @type {((refused?: string) => void)[]} */
  #refreshes = [];

  /**
   * @param {import('./pool.js').Origin} origin
   * @param {URL} url
   * @param {Channel} [first] the channel that the URL itself joins; none on a carrier
   */
  constructor(origin, url, first) {
    this.origin = origin;
    this.url = url;
    this.first = first;
  }

  /**
   * Opens the connection.
   *
   * @param {string} [token]
   */
  start(token) {
    if (this.state !== 'connecting') {
      return;
    }
    const offers = [V1, BASE, ...(token ? [`carillon.bearer.${token}`] : [])];
    try {
      const socket = new this.origin.WebSocket(this.url, offers);
      this.#socket = socket;
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => this.#opened(socket.protocol);
      socket.onmessage = event => this.#received(event.data);
      socket.onerror = () => this.state === 'connecting' && this.abandon();
      socket.onclose = ({code, reason, wasClean}) => this.#end({code, reason, wasClean});
    } catch (error) {
      this.origin.pool.warn(`no connection: ${error}`); // Such as a page that may not connect there.
      setTimeout(() => this.abandon());
    }
  }

  /** Position in the outgoing byte stream up to which everything has left. */
  get left() {
    return this.#socket ? this.bytesOut - this.#socket.bufferedAmount : this.#left;
  }

  /** Whether this is the way to the server for one more channel. @param {Channel} channel */
  takes(channel) {
    if (this.state === 'closed' || this.channels.size >= this.origin.maxTopics) {
      return false;
    }
    if (this.state === 'open' && !this.v1 && channel.protocols.length) {
      return true; // Refused there, and no other link would do better.
    }
    const v1 = this.state === 'open' ? this.v1 : !this.origin.direct;
    return this.#fits(channel, v1) && (v1 || ![...this.channels].some(({topic, address}) => (address || topic) === channel.topic));
  }

  /** @param {Channel} channel @param {boolean} v1 */
  #fits({topic}, v1) {
    const most = LIMITS[v1 ? 'v1' : 'base'].topic;
    return topic.length <= most && byteLength(topic) <= most;
  }

  /** @param {Channel} channel */
  add(channel) {
    channel.link = this;
    this.channels.add(channel);
    if (this.state === 'open') {
      this.#join(channel);
    }
  }

  /** @param {string} chosen */
  #opened(chosen) {
    this.protocol = chosen;
    this.v1 = chosen.toLowerCase() === V1;
    if (!this.v1 && chosen.toLowerCase() !== BASE) {
      return this.abandon();
    }
    this.state = 'open';
    this.#heard = this.openedAt = Date.now();
    this.origin.opened(this);
    for (const channel of [...this.channels]) {
      channel === this.first ? this.#joinedByUrl(channel) : this.#join(channel);
    }
  }

  /** @param {Channel} channel */
  #joinedByUrl(channel) {
    channel.address = channel.topic;
    this.#addresses.set(channel.address, channel);
    if (channel.protocols.length) {
      channel.ended({code: 1011, reason: NO_PROTOCOLS, wasClean: false, status: 501});
    }
    if (channel.state === 'connecting') {
      channel.opened({protocol: '', position: '', outcome: ''});
    } else {
      this.leave(channel, false); // It was let in, but is not wanted any more.
    }
  }

  /** @param {Channel} channel */
  #join(channel) {
    if (!this.v1 && channel.protocols.length) {
      return this.#refuseLater(channel, `501 ${NO_PROTOCOLS}`);
    }
    const twice = this.#addresses.has(channel.topic);
    if (!this.#fits(channel, this.v1) || (twice && !this.v1) || this.channels.size > this.origin.maxTopics) {
      return this.#handOn(channel);
    }
    // The topic behind a token is not known yet: it may be on this link already.
    const numbered = this.v1 && (twice || channel.topic.startsWith('/websocket/token/'));
    const address = numbered ? `${channel.topic}#${++this.#instances}` : channel.topic;
    const message = control('SUBSCRIBE', address, ...(this.v1 ? channel.parameters : []));
    if (byteLength(message) > LIMITS[this.v1 ? 'v1' : 'base'].control) {
      return this.#refuseLater(channel, '400 subscription too long');
    }
    channel.address = address;
    this.#addresses.set(address, channel);
    channel.deadline = Date.now() + ANSWER_TIMEOUT;
    this.#write(message);
  }

  /**
   * @param {string} address
   * @param {string | Uint8Array | Blob} payload
   * @param {number} size bytes of the payload
   * @returns {number} where the message ends in the outgoing byte stream
   */
  send(address, payload, size) {
    if (this.state === 'open') {
      this.#write(data(address, payload), byteLength(address) + 2 + size);
    }
    return this.bytesOut;
  }

  /**
   * Answers a request of the server's with a failure.
   *
   * @param {string} reason
   * @param {string} address
   * @param {string} id
   */
  refuseRequest(reason, address, id) {
    this.#write(control('ERR', reason, 'REQUEST', address, id));
  }

  /**
   * @param {Channel} channel
   * @param {boolean} early it was not open yet: its user is told without waiting for the server, and the server when it has
   *   answered; until then it may not know the topic behind a token
   */
  leave(channel, early) {
    if (channel.address && this.state === 'open') {
      early || this.#unsubscribe(channel);
    } else if (channel !== this.first) {
      this.#forget(channel); // The first is joined by the handshake, whether it is wanted any more or not.
    }
    if (early) {
      setTimeout(() => channel.ended({code: 1006, reason: '', wasClean: false}));
    }
  }

  /** @param {Channel} channel */
  #unsubscribe(channel) {
    const {address, wanted} = channel;
    channel.deadline = Date.now() + ANSWER_TIMEOUT / 4;
    const status = !wanted || wanted.code === 1005 ? [] : [String(wanted.code), ...(wanted.reason ? [wanted.reason] : [])];
    this.#write(control('UNSUBSCRIBE', address, ...status));
  }

  /** @param {Channel} channel */
  #forget(channel) {
    this.channels.delete(channel);
    if (this.#addresses.get(channel.address) === channel) {
      this.#addresses.delete(channel.address);
    }
    channel.address = '';
    this.idleSince = Date.now();
  }

  /** What has no room here goes to another connection, where it is still wanted. @param {Channel} channel */
  #handOn(channel) {
    this.#forget(channel);
    channel.state === 'connecting' ? this.origin.place(channel) : channel.ended({code: 1006, reason: '', wasClean: false});
  }

  /** @param {Channel} channel @param {import('./channel.js').End} end */
  #finish(channel, end) {
    this.#forget(channel);
    channel.ended(end);
    this.origin.changed();
  }

  /** Refuses what the server need not be asked: never while it is being made. @param {Channel} channel @param {string} reason */
  #refuseLater(channel, reason) {
    setTimeout(() => this.#refuse(channel, reason));
  }

  /** @param {Channel} channel @param {string} reason */
  #refuse(channel, reason) {
    const status = Number(STATUS.exec(reason)?.[1] ?? STATUSES[reason.toLowerCase()] ?? 500);
    if (status === 429 && /topics$/i.test(reason) && this.channels.size > 1) {
      this.origin.maxTopics = Math.min(this.origin.maxTopics, this.channels.size - 1);
      return this.#handOn(channel);
    }
    const code = CODES[status] ?? (status < 500 ? 1008 : 1011);
    this.#finish(channel, {code, reason: reason.replace(STATUS, ''), wasClean: false, status});
  }

  /** @param {import('./wire.js').Payload} message */
  #received(message) {
    this.#heard = Date.now();
    this.bytesIn += typeof message === 'string' ? byteLength(message) : message.byteLength;
    this.origin.pool.trace?.('in', message, this.url.href);
    const frame = decode(message, this.v1);
    if ('payload' in frame) {
      this.#addresses.get(frame.topic)?.received(frame);
    } else if ('action' in frame) {
      this.#controlled(frame.action.toUpperCase(), frame.params);
    } else {
      this.origin.pool.warn(`received a message that breaks the rules: ${frame.invalid}`);
    }
  }

  /** @param {string} action @param {string[]} params */
  #controlled(action, params) {
    const [first, second, third, ...rest] = params;
    switch (action) {
      case 'OK':
        return this.#succeeded(first.toUpperCase(), second, params.slice(2));
      case 'ERR':
        return this.#failed(first, second.toUpperCase(), third, rest);
      case 'INVALID':
        if (/^control/i.test(first)) {
          this.#refreshes.shift()?.(first); // A server that knows no REFRESH.
        }
        return this.origin.pool.warn(`the server took a message for invalid: ${first}`);
      case 'UNSUBSCRIBE':
        this.#write(control('OK', 'UNSUBSCRIBE', first));
        return this.#closed(first, second, third);
      case 'PING':
        return this.#write(control('OK', 'PING', first));
      case 'PRESENCE':
        return this.#addresses.get(first)?.presenceChanged(second, third);
    }
  }

  /** @param {string} action @param {string} topic @param {string[]} rest */
  #succeeded(action, topic, rest) {
    if (action === 'SUBSCRIBE') {
      const [protocol = '', position = '', outcome = '', asked = topic] = this.v1 ? rest : [];
      this.#subscribed(this.v1 ? asked : topic, this.v1 ? topic : rest[0] || topic, {protocol, position, outcome});
    } else if (action === 'UNSUBSCRIBE') {
      // Unasked only in the base dialect. To one that is joining, it is what is left of another.
      if (this.#addresses.get(topic)?.state !== 'connecting') {
        this.#closed(topic, ...rest);
      }
    } else if (action === 'PING') {
      this.#answered(topic === String(this.#probed));
    } else if (action === 'REFRESH') {
      this.#refreshes.shift()?.();
    }
  }

  /** @param {string} asked @param {string} real @param {{protocol: string, position: string, outcome: string}} answer */
  #subscribed(asked, real, answer) {
    const channel = this.#addresses.get(asked);
    if (!channel || channel.state === 'open' || channel === this.first) {
      return;
    }
    if (real !== asked) {
      this.#addresses.delete(asked);
      this.#addresses.set(real, channel);
      channel.address = real;
    }
    if (channel.state === 'connecting') {
      channel.opened(answer);
      this.origin.changed();
    } else {
      this.#unsubscribe(channel); // Left while it joined.
    }
  }

  /** @param {string} reason @param {string} action @param {string} topic @param {string[]} rest */
  #failed(reason, action, topic, rest) {
    const channel = this.#addresses.get(topic);
    if (action === 'SUBSCRIBE' && channel && channel.state !== 'open') {
      this.#refuse(channel, reason);
    } else if (action === 'UNSUBSCRIBE' && channel && channel.state !== 'open' && channel.state !== 'connecting') {
      this.#closed(topic, ...rest);
    } else if (action === 'UNSUBSCRIBE') {
      this.#answered(topic === PROBE);
    } else if (action === 'REQUEST') {
      channel?.requestFailed(rest[0], reason);
    } else if (action === 'REFRESH') {
      this.#refreshes.shift()?.(reason);
    }
  }

  /** @param {boolean} probe */
  #answered(probe) {
    if (probe) {
      this.rtt = Date.now() - this.#probed;
      this.origin.changed();
    }
  }

  /** @param {string} topic @param {string} [code] @param {string} [reason] */
  #closed(topic, code, reason = '') {
    const channel = this.#addresses.get(topic);
    if (channel) {
      this.#finish(channel, {code: Number(code) || 1005, reason, wasClean: true});
    }
  }

  /**
   * Sends the server a new token; open in carillon.v1 only.
   *
   * @param {string} token
   * @returns {Promise<void>} fails with what the server said
   */
  refresh(token) {
    return new Promise((done, failed) => {
      this.#refreshes.push(refused =>
        refused === undefined
          ? done()
          : failed(new MultiplexError('refused', `token refused: ${refused}`, {code: parseInt(refused, 10) || 0, reason: refused})),
      );
      this.#write(control('REFRESH', token));
    });
  }

  /**
   * Looks after deadlines and life; called twice a second.
   *
   * @param {number} now milliseconds of the epoch
   */
  tick(now) {
    const {heartbeat, idleClose, connectTimeout} = this.origin.pool.options;
    if (this.state === 'connecting') {
      return now - this.startedAt > connectTimeout ? this.abandon() : undefined;
    }
    for (const channel of this.channels) {
      if (now > channel.deadline) {
        this.#expire(channel);
      }
    }
    if (!this.channels.size && now - this.idleSince >= idleClose) {
      return this.close();
    }
    if (this.#probed && this.#heard < this.#probed) {
      return now - this.#probed > this.#probeTimeout ? this.abandon() : undefined;
    }
    if (heartbeat && now - this.#heard > heartbeat.idle) {
      this.#probe(heartbeat.timeout);
    }
  }

  /** @param {Channel} channel */
  #expire(channel) {
    const end = {code: 1006, reason: '', wasClean: false};
    if (channel.state === 'connecting') {
      channel.close();
      channel.ended(end);
    } else {
      this.#finish(channel, end);
    }
  }

  /** Something happened that may have cut the connection: asks at once, and does not wait long. */
  check() {
    if (this.state === 'open') {
      const timeout = Math.min(QUICK + 4 * (this.rtt ?? this.openedAt - this.startedAt), QUICK_AT_MOST);
      this.#probe(timeout);
      setTimeout(() => this.state === 'open' && this.tick(Date.now()), timeout + 20);
    }
  }

  /** @param {number} timeout */
  #probe(timeout) {
    this.#probed = Date.now();
    this.#probeTimeout = timeout;
    this.#heard = Math.min(this.#heard, this.#probed - 1);
    this.#write(this.v1 ? control('PING', String(this.#probed)) : control('UNSUBSCRIBE', PROBE));
  }

  /** @param {string | Uint8Array<ArrayBuffer> | Blob} message @param {number} [size] */
  #write(message, size = byteLength(/** @type {string} */ (message))) {
    if (this.state !== 'open' || this.#socket?.readyState !== 1) {
      return;
    }
    this.bytesOut += size;
    this.origin.pool.trace?.('out', message, this.url.href);
    this.#socket.send(message);
  }

  /** Says goodbye; whoever is still on it is told that the connection ended. */
  close() {
    const socket = this.#release();
    socket?.close(1000);
    this.#tell({code: 1000, reason: '', wasClean: true}, true);
  }

  /** Takes the connection for dead. */
  abandon() {
    const socket = this.#release();
    try {
      socket?.close();
    } catch {
      // It is gone one way or the other.
    }
    this.#tell({code: 1006, reason: '', wasClean: false});
  }

  /** Ends before it began. @param {import('./channel.js').End} end */
  giveUp(end) {
    this.#tell(end, true);
  }

  /** Cuts the connection and keeps it to itself, for a page that goes away. @returns {() => void} tells after all */
  mute() {
    const socket = this.#release();
    socket?.close();
    return () => this.#tell({code: 1006, reason: '', wasClean: false}, true);
  }

  #release() {
    const socket = this.#socket;
    if (socket) {
      this.#left = this.left;
      this.#socket = undefined;
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.onerror = () => {};
    }
    return socket;
  }

  /** @param {import('./channel.js').End} end */
  #end(end) {
    this.#release();
    this.#tell(end);
  }

  /** @param {import('./channel.js').End} end @param {boolean} [final] */
  #tell(end, final) {
    if (this.state !== 'closed') {
      this.state = 'closed';
      this.#refreshes.splice(0).forEach(answered => answered('closed'));
      this.origin.ended(this, end, final);
    }
  }
}
