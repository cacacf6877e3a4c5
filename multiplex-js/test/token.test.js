import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Topic} from '../src/index.js';
import {checked, renewalOf} from '../src/token.js';
import {Stub} from './stub.js';
import {changed, options, poolOn} from './support.js';

const HOUR = 3_600_000;

/** A JWT that expires so many milliseconds from now; nobody here looks at its signature. */
function jwt(life, more = {}) {
  const part = value => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({alg: 'HS256'})}.${part({sub: 'ann', exp: (Date.now() + life) / 1000, ...more})}.${'A-_'.repeat(14)}`;
}

const clock = Date.now;

/** Makes it so many milliseconds later, as far as anybody looks at the clock. */
function later(t, milliseconds) {
  Date.now = () => clock() + milliseconds;
  t.after(() => (Date.now = clock));
}

test('a token that says when it expires is replaced before', () => {
  const near = (at, expected) => assert.ok(Math.abs(at - Date.now() - expected) < 1_000, String(at - Date.now()));
  near(renewalOf(jwt(HOUR)), 0.8 * HOUR);
  near(renewalOf(jwt(HOUR, {name: 'Jürgen ÿÿÿ>>>???'})), 0.8 * HOUR);
  for (const over of [1_000, 0, -HOUR]) {
    near(renewalOf(jwt(over)), 5_000); // Or the clock here is wrong: not all the time.
  }
  for (const opaque of [undefined, '', 'opaque', 'a.b.c', '.', 'a.e30.c', jwt(0, {exp: 'soon'}), jwt(0, {exp: null}), 'a.bnVsbA.c']) {
    assert.equal(renewalOf(opaque), Infinity, opaque);
  }
});

test('what cannot travel in a handshake is refused, and not named', () => {
  for (const good of [undefined, '', 'opaque', jwt(HOUR), 'x'.repeat(16_300)]) {
    assert.equal(checked(good), good);
  }
  for (const bad of ['a b', 'a,b', 'a·b', 'ä', 'a\nb', 'x'.repeat(16_301)]) {
    assert.throws(() => checked(bad), error => error instanceof TypeError && !error.message.includes(bad), bad);
  }
});

test('one for each connection, a new one when the server wants it, and when the application does', options, async t => {
  let good = 'one';
  const stub = await Stub.start(t, {refuseToken: token => token !== good});
  const asked = [];
  const pool = poolOn(t, stub, {
    token: async why => {
      asked.push(why);
      return good;
    },
  });
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.ready();
  assert.deepEqual([asked, stub.bearers], [['connect'], ['one']]);

  good = 'two';
  await pool.refresh();
  assert.deepEqual(stub.refreshed, ['two']);
  await assert.rejects(pool.refresh('bad'), {kind: 'refused', code: 401, reason: '401 Unauthorized'});
  await Promise.all([pool.refresh('three'), pool.refresh('four')]);
  assert.deepEqual(stub.refreshed, ['two', 'bad', 'three', 'four']);
  await assert.rejects(pool.refresh('not a token'), TypeError);
  assert.deepEqual(asked, ['connect', 'expired']);

  [...stub.connections][0].socket.close(4401, 'expired');
  good = 'five';
  await new Promise(done => topic.on('lost', done));
  assert.deepEqual(asked, ['connect', 'expired', 'expired']);
  assert.equal(stub.bearers.at(-1), 'five');

  [...stub.connections][0].socket.close(4401, 'expired'); // And the same token again.
  await new Promise(done => topic.on('status', it => it === 'closed' && done()));
  assert.equal(topic.error.code, 4401);
});

test('a new one is sent before the old one expires, and no topic is lost', options, async t => {
  const stub = await Stub.start(t);
  const asked = [];
  const tokens = [jwt(HOUR), jwt(2 * HOUR)];
  const pool = poolOn(t, stub, {token: why => (asked.push(why), tokens[asked.length - 1])});
  const topic = new Topic(stub.url('/echo'), {pool});
  const said = [];
  topic.on('status', status => said.push(status));
  await topic.ready();
  later(t, 0.9 * HOUR);
  await stub.until(() => stub.refreshed.length);
  await topic.send('still here');
  assert.equal(await topic.recv(), 'still here');
  assert.deepEqual(asked, ['connect', 'expired']);
  assert.deepEqual(stub.refreshed, [tokens[1]]);
  assert.deepEqual(said, ['connecting', 'open']);
  assert.equal(stub.accepted, 1);
});

test('a new one that cannot be had, or is not taken, ends nothing', options, async t => {
  const stub = await Stub.start(t);
  let asked = 0;
  const pool = poolOn(t, stub, {
    token() {
      if (++asked === 2) throw new Error('not now');
      return asked === 3 ? 'bad' : jwt(asked * HOUR);
    },
  });
  const warnings = [];
  pool.addEventListener('warning', ({detail}) => warnings.push(detail));
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.ready();
  later(t, 0.9 * HOUR);
  await new Promise(done => pool.addEventListener('warning', done, {once: true}));
  assert.deepEqual(stub.refreshed, []);
  later(t, 1.9 * HOUR);
  await new Promise(done => pool.addEventListener('warning', done, {once: true}));
  assert.deepEqual(stub.refreshed, ['bad']);
  assert.deepEqual(warnings, ['no new token: Error: not now', 'no new token: MultiplexError: token refused: 401 Unauthorized']);
  await topic.send('still here');
  assert.equal(await topic.recv(), 'still here');
  assert.equal(asked, 3);
});

test('a server that knows no REFRESH says so', options, async t => {
  const stub = await Stub.start(t, {knowsRefresh: false});
  const pool = poolOn(t, stub, {token: () => 'token'});
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.ready();
  await assert.rejects(pool.refresh(), {kind: 'refused', reason: 'Control Message Invalid'});
});

test('a refresh ends with its connection; without one, and in the base dialect, there is nothing to do', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub, {token: () => 'token'});
  await pool.refresh();
  await new Topic(stub.url('/echo'), {pool}).ready();
  stub.silent = true;
  const refreshed = pool.refresh();
  await stub.until(() => stub.unheard);
  pool.drop();
  await assert.rejects(refreshed, {kind: 'refused', reason: 'closed'});

  const base = await Stub.start(t, {dialects: ['rocket-multiplex']});
  const other = poolOn(t, base, {token: () => 'token'});
  await new Topic(base.url('/echo'), {pool: other}).ready();
  await other.refresh('another');
  assert.deepEqual(base.refreshed, []);
  assert.equal(base.bearers[0], 'token');
});

test('one that cannot be had now, or is none, is asked for again, once for each try', options, async t => {
  const stub = await Stub.start(t);
  const warnings = [];
  let asked = 0;
  const pool = poolOn(t, stub, {
    token: () => {
      if (++asked === 1) throw new Error('not now');
      return asked === 2 ? 'the secret' : 'token';
    },
  });
  pool.addEventListener('warning', ({detail}) => warnings.push(detail));
  await new Topic(stub.url('/echo'), {pool}).ready();
  assert.equal(asked, 3);
  assert.deepEqual(stub.bearers, ['token']);
  assert.equal(warnings[0], 'no token: Error: not now');
  assert.match(warnings[1], /^no token: TypeError: a token has at most/);
  assert.doesNotMatch(warnings[1], /secret/);
});

test('a one-time URI that is left while it is redeemed leaves nothing behind', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  await new Topic(stub.url('/echo'), {pool}).ready();
  const sent = new Promise(done => (pool.trace = (direction, message) => /SUBSCRIBE/.test(message) && done()));
  const socket = new pool.WebSocket(stub.url('/websocket/token/0123456789abcdefghijkl'));
  await sent;
  socket.close(4000, 'changed my mind');
  await stub.until(() => stub.ends.length);
  assert.deepEqual(stub.ends, [{topic: '/room/behind-a-token', code: 4000, reason: 'changed my mind'}]);
  await changed(pool, () => pool.links[0].topics.length === 1);
});

test('a topic behind a one-time URI: its real name is its address, and another URI is asked for when it is lost', options, async t => {
  for (const dialects of [['carillon.v1'], ['rocket-multiplex']]) {
    const stub = await Stub.start(t, {dialects});
    const pool = poolOn(t, stub);
    await new Topic(stub.url('/echo'), {pool}).ready(); // The connection is there, so that the URI is subscribed.
    let issued = 0;
    const seen = [];
    pool.trace = (direction, message) => direction === 'out' && seen.push(String(message));
    const topic = new Topic(() => stub.url(`/websocket/token/${stub.issue(`${++issued}`)}`), {pool});
    await topic.send('hi');
    assert.equal(await topic.recv(), 'hi');
    assert.match(seen.at(-1), /^\/room\/behind-a-token(#\d+)?·"hi"$/);
    await changed(pool, () => pool.links[0].topics.length === 2);

    const back = new Promise(done => topic.on('lost', done));
    pool.drop();
    await back;
    assert.equal(issued, 2);
    await topic.close();

    const used = new Topic(stub.url(`/websocket/token/${'1'.padEnd(22, 'x')}`), {pool});
    await assert.rejects(used.ready(), {kind: 'refused', code: 404});
    assert.equal(used.status, 'failed');
  }
});
