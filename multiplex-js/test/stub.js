import {readFile} from 'node:fs/promises';
import {STATUS_CODES, createServer} from 'node:http';
import {once} from 'node:events';
import {WebSocketServer} from 'ws';

const S = '\u00b7';
const V1 = 'carillon.v1';
const BASE = 'rocket-multiplex';
const ROOTS = {'/multiplex-js/': new URL('../src/', import.meta.url), '/clauses/': new URL('./clauses/', import.meta.url)};
const TYPES = {html: 'text/html', js: 'text/javascript'};

/**
 * A server written from the protocol alone, with no line of the library. It is strict: whatever a client does against the
 * rules is in {@link violations}, and a test fails over it.
 *
 * The same routes answer on plain and on multiplexed connections:
 *
 * `/echo` · `/room/…` broadcasts · `/log/…` has history · `/slow` joins when {@link admit} says so · `/refuse?status=`
 * · `/close?code=&reason=` ends with the first message · `/bye?code=` ends at once · `/cut` cuts the connection with the first message
 * · `/hello` says so · `/burst` sends as many messages as it is told · `/pick?protocol=` answers with a subprotocol, `/pick`
 * with the first offered · `/early?count=` sends ahead of the OK · `/ask` answers requests · `/closed` notes how channels ended
 */
export class Stub {
  violations = [];
  /** Subscriptions beyond the first topic, by the client's SUBSCRIBE. */
  subscribes = 0;
  /** Real connections that were accepted so far. */
  accepted = 0;
  /** @type {Set<Connection>} */
  connections = new Set();
  /** @type {Channel[]} */
  channels = [];
  /** How channels ended: topic, code, reason. */
  ends = [];
  /** @type {Map<string, {epoch: string, messages: string[], first: number}>} */
  logs = new Map();
  bearers = [];
  refreshed = [];
  /** Whether it answers at all; a silent one is a dead link. What it then passed over is counted. */
  silent = false;
  unheard = 0;
  /** What it refuses every subscription with. @type {string | undefined} */
  refuses;
  /** Whether it is of a time that has tokens. */
  knowsRefresh = true;
  /** One-time URIs that nobody has used yet; all are good where none was issued. @type {Set<string> | undefined} */
  issued;
  #admissions = [];
  #waiters = [];

  /** @param {{dialects?: string[], maxTopics?: number, refuseToken?: (token: string | undefined) => boolean}} [options] */
  static async start(t, options = {}) {
    const stub = new Stub();
    Object.assign(stub, {dialects: [V1, BASE], maxTopics: 128, ...options});
    await stub.listen(0);
    t.after(() => stub.stop());
    return stub;
  }

  async listen(port = this.port) {
    const http = createServer((request, response) => this.#serve(request, response));
    const sockets = new WebSocketServer({noServer: true, handleProtocols: (_, request) => request.chosen || false});
    this.http = http;
    sockets.on('headers', (headers, {chosen, headers: {'sec-websocket-protocol': offers}}) => {
      if (chosen && !offers) headers.push(`Sec-WebSocket-Protocol: ${chosen}`); // ws itself would not break this rule.
    });
    http.on('upgrade', (request, socket, head) => this.#upgrade(sockets, request, socket, head));
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    this.port = http.address().port;
  }

  get host() {
    return `127.0.0.1:${this.port}`;
  }

  url(path) {
    return `ws://${this.host}${path}`;
  }

  async stop() {
    this.cut();
    this.http.closeAllConnections();
    if (this.http.listening) {
      this.http.close();
      await once(this.http, 'close');
    }
  }

  /** Cuts every connection, without a word. */
  cut() {
    this.connections.forEach(({socket}) => socket.terminate());
  }

  async #serve(request, response) {
    const path = new URL(request.url, 'http://x').pathname;
    const root = Object.keys(ROOTS).find(prefix => path.startsWith(prefix));
    try {
      const body = root ? await readFile(new URL(path.slice(root.length), ROOTS[root])) : path === '/' ? '<!doctype html><title>page</title>' : null;
      response.writeHead(body === null ? 404 : 200, {'content-type': TYPES[path.split('.').pop()] ?? 'text/html'}).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  async #upgrade(sockets, request, socket, head) {
    const refuse = status => socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
    socket.on('error', () => {});
    const offers = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(offer => offer.trim()).filter(Boolean);
    const bearer = offers.find(offer => offer.startsWith('carillon.bearer.'))?.slice('carillon.bearer.'.length);
    const dialect = offers.find(offer => this.dialects.includes(offer.toLowerCase()));
    const v1 = dialect?.toLowerCase() === V1;
    if (dialect) {
      this.bearers.push(bearer);
    }
    if (request.url === '/.multiplex') {
      if (!this.dialects.includes(V1)) return refuse(404);
      if (!v1) return refuse(400);
      if (this.refuseToken?.(bearer)) return refuse(401);
      request.chosen = dialect;
      return sockets.handleUpgrade(request, socket, head, it => new Multiplexed(this, it, true, undefined));
    }
    const wanted = dialect ? [] : offers;
    let admitted;
    let topic;
    try {
      topic = await this.redeem(request.url);
      admitted = await this.admit(topic, wanted);
    } catch (status) {
      return refuse(status);
    }
    request.chosen = dialect ?? admitted.protocol;
    sockets.handleUpgrade(request, socket, head, it => (dialect ? new Multiplexed(this, it, v1, request.url, topic) : new Plain(this, it, topic)));
  }

  /** Routing, guards and join: throws the status of a refusal. */
  async admit(topic, protocols) {
    const {pathname, searchParams: query} = new URL(topic, 'http://x');
    const route = pathname.split('/')[1];
    if (!ROUTES[route]) throw 404;
    if (route === 'refuse') throw Number(query.get('status'));
    if (route === 'slow') {
      await new Promise(admitted => {
        this.#admissions.push(admitted);
        this.tell();
      });
    }
    return {protocol: route === 'pick' ? (query.get('protocol') ?? protocols[0] ?? '') : ''};
  }

  /** Makes the last segment of a one-time URI. */
  issue(name) {
    const token = name.padEnd(22, 'x');
    this.issued = (this.issued ?? new Set()).add(token);
    return token;
  }

  /** The topic behind a one-time URI; others are their own. Throws 404 for one that was used. */
  async redeem(topic) {
    const [, token] = /^\/websocket\/token\/([\w-]{22})$/.exec(topic) ?? [];
    if (!token) return topic;
    await new Promise(answer => setTimeout(answer, 2)); // It asks another node.
    if (this.issued && !this.issued.delete(token)) throw 404;
    return '/room/behind-a-token';
  }

  /** Lets the joins of `/slow` that are waiting in. */
  letIn() {
    this.#admissions.splice(0).forEach(admitted => admitted());
  }

  get knocking() {
    return this.#admissions.length;
  }

  /** Publishes on a topic with history. */
  publish(topic, text) {
    const log = this.log(topic);
    log.messages.push(text);
    const offset = log.first + log.messages.length - 1;
    this.on(topic).forEach(channel => channel.send(text, offset));
  }

  /** @returns {{epoch: string, messages: string[], first: number}} */
  log(topic) {
    const log = this.logs.get(topic) ?? {epoch: 'e1', messages: [], first: 1};
    this.logs.set(topic, log);
    return log;
  }

  /** @returns {Channel[]} */
  on(topic) {
    return this.channels.filter(channel => channel.topic === topic);
  }

  violates(text) {
    this.violations.push(text);
  }

  /** Something changed: who waits looks again. */
  tell() {
    this.#waiters.forEach(look => look());
  }

  /** Waits until `condition` holds. */
  until(condition) {
    return new Promise(done => {
      const look = () => {
        if (condition()) {
          this.#waiters.splice(this.#waiters.indexOf(look), 1);
          done();
        }
      };
      this.#waiters.push(look);
      look();
    });
  }
}

/** What the application does on a channel. */
const ROUTES = {
  echo: {message: (channel, payload) => channel.send(payload)},
  room: {message: (channel, payload) => channel.stub.on(channel.topic).forEach(other => other.send(payload))},
  log: {},
  slow: {message: (channel, payload) => channel.send(payload)},
  refuse: {},
  close: {message: channel => channel.close(number(channel.query.get('code')), channel.query.get('reason') ?? undefined)},
  bye: {join: channel => channel.close(number(channel.query.get('code')))},
  cut: {message: channel => channel.connection.socket.terminate()},
  hello: {join: channel => channel.send('hello')},
  burst: {message: (channel, payload) => Array.from({length: Number(payload)}, (_, i) => channel.send(`${i}`))},
  pick: {message: (channel, payload) => channel.send(payload)},
  early: {},
  closed: {},
  ask: {},
};

const number = text => (text === null ? undefined : Number(text));

/** One topic of a client. */
class Channel {
  constructor(stub, connection, topic) {
    this.stub = stub;
    this.connection = connection;
    this.topic = topic;
    const url = new URL(topic, 'http://x');
    this.query = url.searchParams;
    this.route = ROUTES[url.pathname.split('/')[1]];
  }

  start() {
    this.stub.channels.push(this);
    this.stub.tell();
    this.route.join?.(this);
  }

  send(payload, offset) {
    this.connection.sendOn(this, payload, offset);
  }

  close(code, reason) {
    this.connection.closeOn(this, code, reason);
  }

  message(payload) {
    this.route.message?.(this, payload);
  }

  left(code, reason) {
    const at = this.stub.channels.indexOf(this);
    if (at >= 0) {
      this.stub.channels.splice(at, 1);
      this.stub.ends.push({topic: this.topic, code, reason});
      this.stub.tell();
    }
  }
}

class Connection {
  constructor(stub, socket) {
    this.stub = stub;
    this.socket = socket;
    stub.accepted++;
    stub.connections.add(this);
    socket.on('message', (data, isBinary) => {
      if (stub.silent) {
        stub.unheard++;
      } else {
        this.received(isBinary ? data : data.toString('utf8'), isBinary ? 0 : data.length);
      }
      stub.tell();
    });
    socket.on('close', (code, reason) => {
      stub.connections.delete(this);
      this.over(code, reason.toString());
      stub.tell();
    });
    socket.on('error', () => {});
    stub.tell();
  }
}

class Plain extends Connection {
  constructor(stub, socket, topic) {
    super(stub, socket);
    this.channel = new Channel(stub, this, topic);
    this.channel.start();
  }

  received(payload) {
    this.channel.message(payload);
  }

  sendOn(_, payload) {
    this.socket.send(payload);
  }

  closeOn(_, code, reason) {
    this.socket.close(code, reason);
  }

  over(code, reason) {
    this.channel.left(code, reason);
  }
}

class Multiplexed extends Connection {
  /** @type {Map<string, Channel & {ending?: boolean}>} */
  addresses = new Map();
  /** Control frames of an address are answered in order. */
  turns = new Map();
  joining = 0;
  #asked = new Map();
  #nextAsk = 2;
  /** Addresses that ended from here, which the client may not know yet. */
  #ended = new Set();

  constructor(stub, socket, v1, first, topic) {
    super(stub, socket);
    this.v1 = v1;
    this.first = first;
    this.limits = v1 ? {topic: 512, control: 4096} : {topic: 100, control: 512};
    if (first) {
      this.joined(first, topic);
    }
  }

  joined(address, topic) {
    const channel = new Channel(this.stub, this, topic);
    channel.address = address;
    this.addresses.set(address, channel);
    channel.start();
    return channel;
  }

  write(text) {
    if (this.socket.readyState === 1 && !this.stub.silent) {
      this.socket.send(text);
    }
  }

  control(...fields) {
    this.write(S + fields.join(S) + S);
  }

  invalid(reason, message) {
    this.stub.violates(`${reason}: ${String(message).slice(0, 200)}`);
    this.control('INVALID', reason);
  }

  received(message, bytes) {
    const {frame, error} = this.parse(message, bytes);
    if (error) {
      this.invalid(error, message);
    } else if (frame.action) {
      this.command(frame.action, frame.params);
    } else {
      this.data(frame);
    }
  }

  /** Takes a client's message apart; the vectors are run against this. */
  parse(message, bytes = Buffer.byteLength(message)) {
    return parseClientFrame(message, bytes, this.v1, this.first ? Math.max(this.limits.topic, Buffer.byteLength(this.first)) : this.limits.topic);
  }

  data({topic, payload, request}) {
    const channel = this.addresses.get(topic);
    if (!channel) {
      return this.#ended.has(topic) ? this.control('INVALID', 'Not Subscribed') : this.invalid('Not Subscribed', topic);
    }
    if (request === undefined) {
      channel.message(payload);
    } else if (request % 2) {
      this.#answer(topic, payload, request);
    } else {
      this.#asked.get(request)?.resolve(payload.toString());
      this.#asked.delete(request);
    }
  }

  #answer(topic, payload, id) {
    const text = payload.toString();
    if (text === '"fail"') {
      this.control('ERR', '409 Conflict', 'REQUEST', topic, id);
    } else if (text !== '"silent"') {
      this.write(`${topic}^${id}${S}${text.toUpperCase()}`);
    }
  }

  /** Asks the client. */
  ask(address, text) {
    const id = this.#nextAsk;
    this.#nextAsk += 2;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, {resolve, reject});
      this.write(`${address}^${id}${S}${text}`);
    });
  }

  command(action, params) {
    if (action === 'OK' || action === 'ERR') {
      return void this.run(action, params);
    }
    const [first] = params;
    if (first.startsWith('/websocket/token/')) {
      return void this.run(action, params); // Its topic is not known yet, nor what came before there.
    }
    const turn = (this.turns.get(first) ?? Promise.resolve()).then(() => this.run(action, params));
    this.turns.set(first, turn);
  }

  async run(action, params) {
    const [first, second] = params;
    switch (action) {
      case 'SUBSCRIBE':
        return this.subscribe(...params);
      case 'UNSUBSCRIBE':
        return this.unsubscribe(...params);
      case 'PING':
        return this.control('OK', 'PING', first);
      case 'REFRESH':
        if (!this.stub.knowsRefresh) return this.control('INVALID', 'Control Message Invalid');
        this.stub.refreshed.push(first);
        this.stub.tell();
        return first === 'bad' ? this.control('ERR', '401 Unauthorized', 'REFRESH', first) : this.control('OK', 'REFRESH', first);
      case 'OK':
        return this.confirmed(first, second);
      case 'ERR':
        this.#asked.get(Number(params[3]))?.reject(new Error(params[0]));
        this.#asked.delete(Number(params[3]));
    }
  }

  async subscribe(address, protocols = '', position = '', presence = '') {
    this.stub.subscribes++;
    const [asked, instance] = address.split('#');
    const refuse = (status, base) => this.control('ERR', this.v1 ? `${status} ${base}` : base, 'SUBSCRIBE', address, ...(this.v1 ? [protocols, position, presence] : []));
    if (this.addresses.has(address)) {
      return this.invalid('Already Subscribed', address);
    }
    if (this.stub.refuses) {
      return this.control('ERR', this.stub.refuses, 'SUBSCRIBE', address);
    }
    if (this.addresses.size + this.joining >= this.stub.maxTopics) {
      return refuse(429, 'Too Many Topics');
    }
    let admitted;
    let topic;
    const early = /^\/early\?count=(\d+)/.exec(asked);
    for (let i = 0; early && i < Number(early[1]); i++) {
      this.write(`${address}${S}${i}`);
    }
    this.joining++;
    try {
      topic = await this.stub.redeem(asked);
      admitted = await this.stub.admit(topic, protocols ? protocols.split(/, ?/) : []);
    } catch (status) {
      return refuse(status, STATUS_CODES[status]);
    } finally {
      this.joining--;
    }
    if (this.socket.readyState !== 1) {
      return;
    }
    const real = topic + (instance ? `#${instance}` : '');
    if (this.addresses.has(real)) {
      return refuse(409, 'Already Subscribed');
    }
    if (this.v1) {
      const {answer, outcome, missed} = this.recover(topic, position);
      this.control('OK', 'SUBSCRIBE', real, admitted.protocol, answer, outcome, ...(real === address ? [] : [address]));
      const channel = this.joined(real, topic);
      missed.forEach(([offset, text]) => channel.send(text, offset));
      if (presence) {
        this.control('PRESENCE', real, 'state', JSON.stringify({members: ['ann'], last: true, note: 'a·b'}));
      }
    } else {
      this.control('OK', 'SUBSCRIBE', address, ...(real === address ? [] : [real]));
      this.joined(real, topic);
    }
  }

  recover(topic, position) {
    if (!topic.startsWith('/log/')) {
      return {answer: '', outcome: '', missed: []};
    }
    const {epoch, messages, first} = this.stub.log(topic);
    const last = first + messages.length - 1;
    const answer = `${epoch}:${last}`;
    if (!position || position === '*') {
      return {answer: position && answer, outcome: '', missed: []};
    }
    const [, asked, offset] = /^(.*):(\d+)$/.exec(position);
    if (asked !== epoch || Number(offset) < first - 1 || Number(offset) > last) {
      return {answer, outcome: 'lost', missed: []};
    }
    const from = Number(offset) + 1;
    return {answer, outcome: 'recovered', missed: messages.slice(from - first).map((text, i) => [from + i, text])};
  }

  unsubscribe(address, code, reason) {
    const channel = this.addresses.get(address);
    if (!channel) {
      return this.control('ERR', this.v1 ? '404 Not Subscribed' : 'Not Subscribed', 'UNSUBSCRIBE', address, ...[code, reason].filter(Boolean));
    }
    if (code !== undefined && Number(code) !== 1000 && !(code >= 3000 && code <= 4999)) {
      return this.invalid('Control Message Invalid', `UNSUBSCRIBE with ${code}`);
    }
    this.addresses.delete(address);
    channel.left(Number(code ?? 1005), reason ?? '');
    this.control('OK', 'UNSUBSCRIBE', address, ...[code, reason].filter(it => it !== undefined));
  }

  /** The client has taken note of an end. */
  confirmed(action, address) {
    const channel = this.addresses.get(address);
    if (action !== 'UNSUBSCRIBE') {
      return;
    }
    if (!channel?.ending) {
      // Both sides may have ended it at once.
      return this.#ended.has(address) || this.stub.violates(`OK for what was not ended: ${address}`);
    }
    this.addresses.delete(address);
    channel.left(channel.ending.code, channel.ending.reason);
  }

  sendOn(channel, payload, offset) {
    if (this.socket.readyState !== 1 || this.stub.silent || channel.ending) {
      return;
    }
    const head = `${channel.address}${this.v1 && offset !== undefined ? `|${offset}` : ''}${S}`;
    this.socket.send(typeof payload === 'string' ? head + payload : Buffer.concat([Buffer.from(head), payload]));
  }

  closeOn(channel, code, reason) {
    const status = code === undefined ? [] : [code, ...(reason === undefined ? [] : [reason])];
    this.#ended.add(channel.address);
    if (this.v1) {
      channel.ending = {code: code ?? 1005, reason: reason ?? ''};
      this.control('UNSUBSCRIBE', channel.address, ...status);
    } else {
      this.addresses.delete(channel.address);
      channel.left(code ?? 1005, reason ?? '');
      this.control('OK', 'UNSUBSCRIBE', channel.address, ...status);
    }
  }

  over(code, reason) {
    this.addresses.forEach(channel => channel.left(code, reason));
  }
}

const ACTIONS = {SUBSCRIBE: [1, 1], UNSUBSCRIBE: [1, 3]};
const V1_ACTIONS = {SUBSCRIBE: [1, 4], UNSUBSCRIBE: [1, 3], OK: [2, 5], ERR: [4, 4], PING: [1, 1], REFRESH: [1, 1]};

/** A client's message by the letter of the protocol: `{frame}` or `{error}`. */
export function parseClientFrame(message, bytes, v1, topicLimit) {
  const limit = v1 ? 4096 : 512;
  if (typeof message === 'string' && message.startsWith(S)) {
    const fields = message.slice(1).split(S);
    if (bytes > (fields[0] === 'REFRESH' && v1 ? 16_384 : limit)) {
      return {error: `Control message exceeds ${limit} byte limit`};
    }
    if (fields.length > 1 && fields.at(-1) === '') {
      fields.pop();
    }
    let [action, ...params] = fields;
    const [least, most] = (v1 ? V1_ACTIONS : ACTIONS)[action] ?? [1, 0];
    if (action === 'UNSUBSCRIBE' && params.length > 3) {
      params = [...params.slice(0, 2), params.slice(2).join(S)];
    }
    const valid = params.length >= least && params.length <= most;
    return valid ? {frame: {action, params}} : {error: 'Control Message Invalid'};
  }
  const raw = typeof message === 'string' ? Buffer.from(message) : message;
  const at = raw.subarray(0, topicLimit + (v1 ? 24 : 2)).indexOf(Buffer.from(S));
  if (at < 0) {
    return {error: 'No Control Character'};
  }
  let topic = raw.subarray(0, at).toString('utf8');
  if (!Buffer.from(topic).equals(raw.subarray(0, at))) {
    return {error: 'Invalid Utf-8'};
  }
  let request;
  const mark = v1 && /^(.*)\^(\d+)$/.exec(topic);
  if (mark) {
    topic = mark[1];
    request = Number(mark[2]);
  }
  if (!topic.startsWith('/') || /[\^|\s]/.test(topic) || (!v1 && topic.includes('#'))) {
    return {error: 'Invalid Topic'};
  }
  const payload = raw.subarray(at + 2);
  return {frame: {topic, request, payload: typeof message === 'string' ? payload.toString('utf8') : payload}};
}
