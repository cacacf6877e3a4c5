import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {once} from 'node:events';
import {test} from 'node:test';
import WebSocket from 'ws';
import {Pool, Topic, constant, exponential, never, steps} from '../src/index.js';
import {delayAfter, isFinal} from '../src/backoff.js';
import {Stub} from './stub.js';
import {changed, event, options, poolOn} from './support.js';

const quick = {heartbeat: {idle: 50, timeout: 50}};

test('back-off grows to a bound, with full jitter', () => {
  const most = exponential({random: () => 1});
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 100].map(n => most(n)), [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
  assert.equal(exponential({random: () => 0})(5), 0);
  assert.equal(exponential({first: 10, most: 15, random: () => 0.5})(9), 7.5);
  assert.deepEqual([0, 1, 2].map(n => steps(1, 2)(n)), [1, 2, null]);
  assert.equal(constant(7)(99), 7);
  assert.equal(never()(0), null);
});

test('a restart is waited for as long as the server says', () => {
  const after = (reason, backoff = constant(3)) => delayAfter(backoff, 0, {code: 1012, reason});
  assert.equal(after('retry=1500'), 1500);
  for (const reason of ['', 'retry=', 'retry=-1', 'retry=99999999999', 'soon']) {
    assert.ok(after(reason) >= 5_000 && after(reason) <= 30_000, reason);
  }
  assert.equal(after('retry=1500', never()), null);
  assert.equal(delayAfter(constant(3), 0, {code: 1006, reason: 'retry=1500'}), 3);
});

test('which ends are final', () => {
  const final = [1000, 1002, 1003, 1007, 1008, 1009, 4000, 4099, 4401, 4403, 4404, 4409];
  const retried = [1001, 1005, 1006, 1011, 1012, 1013, 4100, 4429, 4999];
  assert.deepEqual([...final, ...retried].filter(isFinal), final);
});

for (const dialects of [['carillon.v1', 'rocket-multiplex'], ['rocket-multiplex']]) {
  test(`silence is broken by a probe, and a dead link is abandoned: ${dialects[0]}`, options, async t => {
    const stub = await Stub.start(t, {dialects});
    const pool = poolOn(t, stub, quick);
    const topic = new Topic(stub.url('/room/a'), {pool});
    await topic.ready();
    const [{bytesIn}] = pool.links;
    await changed(pool, () => pool.links[0].bytesIn > bytesIn);
    assert.equal(stub.accepted, 1);
    assert.ok(pool.links[0].rtt >= 0);
    stub.silent = true;
    await changed(pool, () => pool.links.some(({state}) => state !== 'open'));
    stub.silent = false;
    await topic.ready();
    await stub.until(() => stub.accepted > 1);
  });
}

test('a connection without topics is closed after a while', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub, {idleClose: 10});
  const socket = new pool.WebSocket(stub.url('/echo'));
  await event(socket, 'open');
  socket.close();
  await event(socket, 'close');
  await stub.until(() => !stub.connections.size);
  assert.deepEqual(pool.links, []);
});

test('an attempt that hangs is given up', options, async t => {
  const deaf = createServer(() => {}).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const sockets = [];
  deaf.on('connection', socket => sockets.push(socket));
  t.after(() => (sockets.forEach(socket => socket.destroy()), deaf.close()));
  const pool = new Pool({WebSocket, connectTimeout: 100});
  t.after(() => pool.close());
  const socket = new pool.WebSocket(`ws://127.0.0.1:${deaf.address().port}/a`);
  assert.equal((await event(socket, 'close')).code, 1006);
});

test('a server that is gone in the middle of the handshake', options, async t => {
  const rude = createServer(socket => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
  await once(rude, 'listening');
  t.after(() => rude.close());
  const pool = new Pool({WebSocket});
  t.after(() => pool.close());
  const socket = new pool.WebSocket(`ws://127.0.0.1:${rude.address().port}/a`);
  assert.equal((await event(socket, 'close')).code, 1006);
});

test('a server that speaks neither dialect is refused', options, async t => {
  const stub = await Stub.start(t, {dialects: []});
  const pool = poolOn(t, stub);
  const socket = new pool.WebSocket(stub.url('/echo'));
  assert.equal((await event(socket, 'close')).code, 1006);
});

test('the back-off can give up', options, async t => {
  const stub = await Stub.start(t);
  await stub.stop();
  const topic = new Topic(stub.url('/echo'), {pool: poolOn(t, stub, {backoff: steps(1, 1)})});
  await assert.rejects(topic.ready(), {kind: 'handshake', code: 1006});
  assert.equal(topic.status, 'failed');
});

test('a bad topic does not keep the others from a server that has only the base dialect', options, async t => {
  const stub = await Stub.start(t, {dialects: ['rocket-multiplex']});
  const pool = poolOn(t, stub);
  const sockets = ['/nowhere', '/echo?1', '/echo?2'].map(path => new pool.WebSocket(stub.url(path)));
  await Promise.all([event(sockets[0], 'close'), event(sockets[1], 'open'), event(sockets[2], 'open')]);
  assert.equal(stub.accepted, 1);
});

test('drop, pause, resume', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.ready();
  pool.drop();
  assert.equal(topic.status, 'waiting');
  assert.equal(pool.links[0].state, 'waiting');
  await topic.ready();
  pool.pause();
  assert.equal(topic.status, 'waiting');
  const refused = new pool.WebSocket(stub.url('/echo'));
  assert.equal((await event(refused, 'close')).code, 1006);
  assert.equal(topic.status, 'waiting');
  assert.equal(stub.accepted, 2);
  pool.resume();
  await topic.ready();
  pool.restart();
  await topic.ready();
  assert.equal(stub.accepted, 4);
});

test('a closed pool ends its topics and starts no more by itself', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const open = new Topic(stub.url('/echo'), {pool});
  await open.ready();
  pool.close();
  assert.equal(open.status, 'closed');
  await stub.until(() => !stub.connections.size);

  await stub.stop();
  const waiting = new Topic(stub.url('/other'), {pool: poolOn(t, stub, {backoff: constant(60_000)})});
  const failed = assert.rejects(waiting.ready(), {name: 'MultiplexError'});
  await new Promise(done => waiting.on('status', it => it === 'waiting' && done()));
  await waiting.close();
  await failed;
});

test('a restart that the server plans is waited for', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/echo'), {pool: poolOn(t, stub)});
  await topic.ready();
  [...stub.connections][0].socket.close(1012, 'retry=60000');
  await new Promise(done => topic.on('status', it => it === 'waiting' && done()));
  assert.ok(topic.retryAt > Date.now() + 50_000);
  assert.equal(topic.error.code, 1012);
});

test('what breaks the rules is a warning, and no more', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.ready();
  const warnings = [];
  pool.addEventListener('warning', ({detail}) => warnings.push(detail));
  const [connection] = stub.connections;
  const nonsense = [
    '', '·', '··', 'no separator', 'notapath·x', '/echo^x·y', '/unknown·x', '/echo|1^2·x', '·OK·', '·OK·SUBSCRIBE·', '·OK·SUBSCRIBE·/echo·',
    '·OK·UNSUBSCRIBE·/unknown·', '·ERR·', '·ERR·x·SUBSCRIBE·', '·ERR·x·SUBSCRIBE·/echo·', '·ERR·x·UNSUBSCRIBE·/echo·', '·ERR·x·REQUEST·/echo·77·',
    '·INVALID·', '·INVALID·because · of that·', '·UNKNOWN·x·', '·PRESENCE·/echo·', '·PRESENCE·/echo·state·{·', '·REFRESH·x·', '·OK·PING·x·', '/echo^1·answer',
  ];
  nonsense.forEach(text => connection.write(text));
  for (const bytes of [[], [0xc2], [0xc2, 0xb7], [0xff, 0xc2, 0xb7, 1], [0x2f, 0xff, 0xc2, 0xb7, 1], [0xc2, 0xb7, 0x4f, 0x4b, 0xc2, 0xb7]]) {
    connection.socket.send(Uint8Array.from(bytes));
  }
  connection.write('·PING·now·');
  topic.send('still here');
  assert.equal(await topic.recv(), 'still here');
  assert.equal(topic.status, 'open');
  assert.ok(warnings.some(text => text.endsWith('invalid: because · of that')), warnings.join('\n'));
  assert.equal(warnings.filter(text => text.startsWith('received')).length, 18);
});

test('ten thousand subscriptions in a burst: one connection, all answered', options, async t => {
  const stub = await Stub.start(t, {maxTopics: 20_000});
  const pool = poolOn(t, stub);
  const sockets = Array.from({length: 10_000}, (_, i) => new pool.WebSocket(stub.url(`/room/${i}`)));
  await Promise.all(sockets.map(socket => event(socket, 'open')));
  assert.equal(stub.accepted, 1);
  pool.drop();
});

test('ten thousand subscriptions, of which the server takes 128 on a connection', options, async t => {
  const stub = await Stub.start(t, {maxTopics: 128});
  const pool = poolOn(t, stub);
  const sockets = Array.from({length: 10_000}, (_, i) => new pool.WebSocket(stub.url(`/room/${i}`)));
  await Promise.all(sockets.map(socket => event(socket, 'open')));
  assert.equal(stub.channels.length, 10_000);
  assert.ok(stub.accepted <= 100, `${stub.accepted} connections`);
  assert.ok(stub.subscribes <= 21_000, `${stub.subscribes} subscriptions`);
  pool.drop();
});

test('without a WebSocket it says what to do', options, async t => {
  const there = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  delete globalThis.WebSocket;
  t.after(() => there && Object.defineProperty(globalThis, 'WebSocket', there));
  const pool = new Pool();
  const says = {name: 'NotSupportedError', message: /new Pool\(\{WebSocket\}\)/};
  assert.throws(() => new pool.WebSocket('ws://host/'), says);
  const topic = new Topic('ws://host/', {pool});
  await assert.rejects(topic.ready(), {kind: 'handshake', message: /no WebSocket here: .*new Pool\(\{WebSocket\}\)/});
  assert.equal(topic.status, 'failed');
});

test('the wire can be watched', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const seen = [];
  pool.trace = (direction, message) => seen.push(`${direction} ${message}`);
  const topic = new Topic(stub.url('/echo'), {pool});
  await topic.send(1);
  await topic.recv();
  assert.deepEqual(seen, ['out ·SUBSCRIBE·/echo··*·', 'in ·OK·SUBSCRIBE·/echo····', 'out /echo·1', 'in /echo·1']);
});

test('no failure is left unhandled', options, async t => {
  const unhandled = [];
  const note = error => unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/refuse?status=403'), {pool});
  topic.ready();
  topic.send(1);
  topic.send(undefined);
  topic.recv();
  topic.request(1);
  topic.on('status', () => {});
  await topic.ready().catch(() => {});
  topic.send(2);
  topic.recv();
  topic.close();
  await new Promise(setImmediate);
  assert.deepEqual(unhandled, []);
});
