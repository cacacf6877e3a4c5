import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {after, before, test} from 'node:test';
import WebSocket from 'ws';
import {Server} from '../../examples/src/test/browser/server.js';
import {Pool, Topic, never, text} from '../src/index.js';
import {changed, event, inbox} from './support.js';

const JAR = fileURLToPath(new URL('../../examples/target/carillon.jar', import.meta.url));
const SECRET = 'a secret of thirty-two bytes and more';
const options = {timeout: 120_000, skip: !existsSync(JAR) && 'no server: mvn package makes it'};

/** A pool that counts real connections. */
function counting(t, settings = {}) {
  const pool = new Pool({
    WebSocket: class extends WebSocket {
      constructor(...args) {
        super(...args);
        pool.opened++;
      }
    },
    backoff: () => 50,
    ...settings,
  });
  pool.opened = 0;
  pool.warnings = [];
  pool.addEventListener('warning', ({detail}) => pool.warnings.push(detail));
  t.after(() => pool.close());
  return pool;
}

/** Offers the base dialect alone, as a client that knows nothing else. */
class BaseOnly extends WebSocket {
  constructor(url) {
    super(url, ['Rocket-Multiplex']);
  }
}

let server;
let url;
before(async () => {
  if (!options.skip) {
    server = await Server.thatTells({CARILLON_JWT_SECRET: SECRET});
    await server.start();
    url = path => `${server.url.replace('http', 'ws').slice(0, -1)}${path}`;
  }
});
after(() => server?.kill());

for (const [dialect, settings] of [['carillon.v1', {}], ['rocket-multiplex', {WebSocket: BaseOnly, carrier: '/echo?carrier'}]]) {
  test(`Carillon itself: a hundred topics on one connection, ${dialect}`, options, async t => {
    const pool = counting(t, settings);
    const sockets = Array.from({length: 100}, (_, i) => new pool.WebSocket(url(`/listen?${i}`)));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    assert.equal(pool.links.length, 1);
    assert.equal(pool.links[0].protocol.toLowerCase(), dialect);
    assert.equal(pool.links[0].topics.length, 100);
    // The server's word on it: this one, that of the question, and perhaps some that just end. Without multiplexing, 101.
    const {connections} = await server.counters();
    assert.ok(connections >= 2 && connections < 10, `${connections} connections`);
    const boxes = sockets.map(inbox);
    sockets.forEach((socket, i) => socket.send(`${i} grüß · dich`));
    assert.deepEqual(await Promise.all(boxes.map(box => box.take())), sockets.map((_, i) => `${i} grüß · dich`));
    const [socket] = sockets;
    socket.binaryType = 'arraybuffer';
    socket.send(Uint8Array.of(0xc2, 0xb7, 0));
    assert.deepEqual([...new Uint8Array(await boxes[0].take())], [0xc2, 0xb7, 0]);
    socket.close(4000, 'a·b');
    const end = await event(socket, 'close');
    assert.deepEqual([end.code, end.reason, end.wasClean], [4000, 'a·b', true]);
    const refused = new pool.WebSocket(url('/nowhere'));
    assert.equal((await event(refused, 'close')).code, 1006);
    assert.equal(pool.links[0].topics.length, 99);
    assert.deepEqual(pool.warnings, []);
  });
}

test('Carillon itself: instances, another spelling, broken payloads', options, async t => {
  const pool = counting(t);
  const twins = [1, 2, 3].map(() => new pool.WebSocket(url('/listen?twins')));
  await Promise.all(twins.map(socket => event(socket, 'open')));
  const boxes = twins.map(inbox);
  twins[0].send('all');
  assert.deepEqual(await Promise.all(boxes.map(box => box.take())), ['all', 'all', 'all']);

  const spelled = new Topic(url('//echo/?%61=%7e'), {pool});
  await spelled.send('other name');
  assert.equal(await spelled.recv(), 'other name');

  const strict = new Topic(url('/rooms/lobby'), {pool});
  await strict.ready();
  strict.sendRaw('{');
  await assert.rejects(async () => {
    for (;;) await strict.recv();
  }, {kind: 'closed', code: 1007});
  assert.equal(twins[1].readyState, 1);
  assert.equal(pool.opened, 1);
  assert.deepEqual(pool.warnings, []);
});

test('Carillon itself: more topics than it takes are two connections', options, async t => {
  const pool = counting(t);
  const sockets = Array.from({length: 150}, (_, i) => new pool.WebSocket(url(`/listen?${i}`)));
  await Promise.all(sockets.map(socket => event(socket, 'open')));
  assert.equal(pool.opened, 2);
});

test('Carillon itself: it goes and comes back', options, async t => {
  const pool = counting(t);
  const topics = Array.from({length: 20}, (_, i) => new Topic(url(`/listen?${i}`), {pool}));
  await Promise.all(topics.map(topic => topic.ready()));
  const back = topics.map(topic => new Promise(done => topic.on('lost', done)));
  await server.kill();
  await changed(pool, () => topics.every(topic => topic.status === 'waiting'));
  await server.start();
  await Promise.all(back);
  topics.forEach((topic, i) => topic.send(i));
  assert.deepEqual(await Promise.all(topics.map(topic => topic.recv())), topics.map((_, i) => i));
  assert.equal(pool.links.filter(({state}) => state === 'open').length, 1);
});

test('Carillon itself: questions both ways', options, async t => {
  const pool = counting(t);
  const shop = new Topic(url('/shop'), {pool});
  const other = new Topic(url('/shop'), {pool, share: false});
  const bell = {item: 'bell', cents: 12_000, sold: false};

  const prices = await Promise.all(['bell', 'rope', 'bell'].map(item => shop.request({item})));
  assert.deepEqual(prices, [bell, {item: 'rope', cents: 850, sold: false}, bell]);
  await assert.rejects(shop.request({item: 'tower'}), {kind: 'request', code: 404, reason: '404 not sold here'});
  shop.send({item: 'bell'}); // Nobody answers what it asks back.
  assert.deepEqual(await shop.recv(), bell);

  let agree;
  const asked = new Promise(done => {
    shop.onRequest(offer => {
      done(offer);
      return new Promise(answer => (agree = answer));
    });
  });
  shop.send({item: 'bell'});
  assert.deepEqual(await asked, bell);
  // What comes later on this topic waits for that sale; another subscription does not.
  await assert.rejects(shop.request({item: 'rope'}, {timeout: 50}), {kind: 'timeout'});
  assert.equal((await other.request({item: 'rope'})).cents, 850);
  agree({agreed: true});
  assert.deepEqual(await shop.recv(), {...bell, sold: true});
  assert.equal((await shop.request({item: 'rope'})).cents, 850);

  await assert.rejects(new Topic(url('/echo'), {pool}).request(1), {kind: 'request', code: 404});
  assert.equal(pool.opened, 1);
  assert.deepEqual(pool.warnings, []);
});

test('Carillon itself: questions end with their connection', options, async t => {
  const pool = counting(t);
  const shop = new Topic(url('/shop'), {pool});
  const asked = new Promise(done => shop.onRequest(offer => (done(offer), new Promise(() => {}))));
  shop.send({item: 'bell'});
  await asked;
  let onTheWire = 0;
  const sent = new Promise(done => (pool.trace = (_, message) => /\^\d+·/.test(message) && ++onTheWire === 2 && done()));
  const open = [shop.request({item: 'bell'}), shop.request({item: 'rope'})];
  const ended = open.map(request => assert.rejects(request, {kind: 'closed', code: 1006}));
  await sent;
  const later = shop.request({item: 'rope'}); // Asked on the next connection.
  pool.drop();
  await Promise.all(ended);
  assert.equal((await later).cents, 850);
});

test('Carillon itself: the base dialect has no questions', options, async t => {
  const pool = counting(t, {WebSocket: BaseOnly, carrier: '/echo?carrier'});
  const shop = new Topic(url('/shop'), {pool});
  await assert.rejects(shop.request({item: 'bell'}), {kind: 'unsupported'});
  shop.send({item: 'bell'}); // It cannot be asked back either, and so gets nothing.
  assert.equal((await shop.recv()).sold, false);
});

test('Carillon itself: one-time URIs', options, async t => {
  const pool = counting(t);
  const issued = [];
  const listen = async name => {
    const response = await fetch(`${server.url}updates/listen`, {method: 'POST', body: JSON.stringify({name})});
    if (!response.ok) throw new Error(`status ${response.status}`);
    issued.push(await response.text());
    return url(issued.at(-1));
  };
  const [ann, bob] = ['ann', 'bob'].map(name => new Topic(() => listen(name), {pool, codec: text, backoff: () => 50}));
  await Promise.all([ann.ready(), bob.ready()]);
  await ann.send('is anybody there?');
  assert.deepEqual(await Promise.all([ann.recv(), bob.recv()]), ['ann: is anybody there?', 'ann: is anybody there?']);
  await assert.rejects(listen('ann'), {message: 'status 409'});
  await assert.rejects(new Topic(url(issued[0]), {pool}).ready(), {kind: 'refused', code: 404});
  await assert.rejects(new Topic(url('/updates/listen'), {pool}).ready(), {kind: 'refused', code: 401});

  // The names are free when the server has seen them leave; until then the function fails, and is asked again.
  const back = [ann, bob].map(topic => new Promise(done => topic.on('lost', done)));
  pool.drop();
  await Promise.all(back);
  assert.equal(issued.length, 4);
  await bob.send('yes');
  assert.equal(await ann.recv(), 'bob: yes');
  assert.equal(pool.opened, 2);
  assert.deepEqual(pool.warnings, []);
});

test('Carillon itself: a one-time URI that is left while it is redeemed leaves nobody behind', options, async t => {
  const pool = counting(t);
  await new Topic(url('/echo'), {pool}).ready();
  const post = () => fetch(`${server.url}updates/listen`, {method: 'POST', body: '{"name":"cat"}'});
  for (let i = 0; i < 20; i++) {
    let response = await post();
    while (response.status === 409) response = await post(); // Free when its leave has run.
    const socket = new pool.WebSocket(url(await response.text()));
    socket.close(); // The SUBSCRIBE is on its way.
    await event(socket, 'close');
  }
});

/** A JWT of that subject which expires so many seconds from now. */
function jwt(sub, life) {
  const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({alg: 'HS256', typ: 'JWT'})}.${part({sub, exp: Math.floor(Date.now() / 1000) + life})}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

test('Carillon itself: a token expires, and another brings all topics back', options, async t => {
  const asked = [];
  const pool = counting(t, {token: why => (asked.push(why), jwt('ann', asked.length === 1 ? 2 : 3_600))});
  const topics = [1, 2].map(i => new Topic(url(`/listen?${i}`), {pool}));
  const back = topics.map(topic => new Promise(done => topic.on('lost', done)));
  await Promise.all(topics.map(topic => topic.ready()));
  await Promise.all(back);
  assert.deepEqual(asked, ['connect', 'expired']);
  assert.equal(pool.opened, 2);
});

test('Carillon itself: another token is sent in time, and nothing is lost', options, async t => {
  const asked = [];
  const pool = counting(t, {token: why => (asked.push(why), jwt('ann', 3_600))});
  const topic = new Topic(url('/echo'), {pool});
  const said = [];
  topic.on('status', status => said.push(status));
  await topic.ready();
  const refreshed = new Promise(done => (pool.trace = (direction, it) => direction === 'in' && /^·OK·REFRESH·/.test(it) && done()));
  const {now} = Date;
  t.after(() => (Date.now = now));
  Date.now = () => now() + 3_000_000;
  await refreshed;
  await topic.send('still here');
  assert.equal(await topic.recv(), 'still here');
  assert.deepEqual([asked, said, pool.opened], [['connect', 'expired'], ['connecting', 'open'], 1]);

  await assert.rejects(pool.refresh(jwt('bob', 3_600)), {kind: 'refused', code: 403});
  await assert.rejects(pool.refresh('no.jwt.'), {kind: 'refused', code: 401});
  assert.equal(topic.status, 'open');
});

test('Carillon itself: a bad token is refused, for as long as there is no better one', options, async t => {
  let asked = 0;
  const pool = counting(t, {token: () => (++asked < 4 ? 'no.jwt.' : jwt('ann', 3_600))});
  const topic = new Topic(url('/echo'), {pool});
  await topic.send('at last');
  assert.equal(await topic.recv(), 'at last');
  const none = new Topic(url('/echo'), {pool: counting(t, {token: () => 'no.jwt.', backoff: never()})});
  await assert.rejects(none.ready(), {kind: 'handshake', code: 1006});
});
