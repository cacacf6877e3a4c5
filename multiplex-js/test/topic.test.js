import assert from 'node:assert/strict';
import {test} from 'node:test';
import WebSocket from 'ws';
import {Topic, bytes, constant, never, text} from '../src/index.js';
import {cbor} from '../src/cbor.js';
import {msgpack} from '../src/msgpack.js';
import {Stub} from './stub.js';
import {changed, event, options, poolOn} from './support.js';

const BASE = {dialects: ['rocket-multiplex']};

/** Resolves when the topic has that status. */
function becomes(topic, status) {
  return new Promise(done => {
    const off = topic.on('status', it => it === status && (off(), done()));
    if (topic.status === status) {
      off();
      done();
    }
  });
}

for (const [dialect, settings] of [['carillon.v1', {}], ['the base dialect', BASE]]) {
  test(`values travel, and send and recv wait for the connection: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const topic = new Topic(stub.url('/echo'), {pool: poolOn(t, stub)});
    assert.equal(topic.status, 'idle');
    const got = topic.recv();
    assert.equal(topic.status, 'connecting');
    await topic.send({n: 1, s: 'grüß · dich'});
    assert.equal(topic.status, 'open');
    assert.deepEqual(await got, {n: 1, s: 'grüß · dich'});
  });

  test(`a cut connection comes back, with all topics on one: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const topics = Array.from({length: 20}, (_, i) => new Topic(stub.url(`/room/${i}`), {pool}));
    await Promise.all(topics.map(topic => topic.ready()));
    const lost = topics.map(topic => new Promise(done => topic.on('lost', done)));
    const waiting = becomes(topics[0], 'waiting');
    stub.cut();
    await waiting;
    assert.equal(topics[0].error.code, 1006);
    assert.ok(topics[0].retryAt >= Date.now() - 1000);
    await Promise.all(lost);
    topics.forEach((topic, i) => topic.send(i));
    assert.deepEqual(await Promise.all(topics.map(topic => topic.recv())), topics.map((_, i) => i));
    assert.equal(stub.accepted, 2);
    assert.equal(stub.channels.length, 20);
  });

  test(`a server that was away is found again: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const topic = new Topic(stub.url('/echo'), {pool});
    await topic.ready();
    await stub.stop();
    await becomes(topic, 'waiting');
    const sent = topic.send('kept');
    await stub.listen();
    await sent;
    assert.equal(await topic.recv(), 'kept');
  });

  test(`topics of one URL share a subscription, a late one is open at once: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const [one, two] = [1, 2].map(() => new Topic(stub.url('/room/a'), {pool}));
    await one.ready();
    const own = new Topic(stub.url('/room/a'), {pool, share: false});
    await Promise.all([two.ready(), own.ready()]);
    assert.equal(stub.on('/room/a').length, 2);
    await one.send('hi');
    assert.deepEqual(await Promise.all([one, two, own].map(topic => topic.recv())), ['hi', 'hi', 'hi']);
    assert.deepEqual(await one.close(4000, 'only me'), {code: 4000, reason: 'only me', wasClean: true});
    assert.equal(one.status, 'closed');
    assert.equal(two.status, 'open');
    await two.close(4001, 'and me');
    assert.deepEqual(stub.ends, [{topic: '/room/a', code: 4001, reason: 'and me'}]);
  });

  test(`what the server ends for good stays ended: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const topic = new Topic(stub.url('/close?code=4403&reason=no'), {pool: poolOn(t, stub)});
    const got = topic.recv();
    await topic.send('x');
    await assert.rejects(got, {name: 'MultiplexError', kind: 'closed', code: 4403, reason: 'no'});
    assert.equal(topic.status, 'closed');
    await assert.rejects(topic.send('y'), {kind: 'closed', code: 4403});
    await assert.rejects(topic.recv(), {kind: 'closed', code: 4403});
    topic.restart();
    await topic.ready();
    assert.equal(topic.error, undefined);
  });

  test(`a topic that alone is ended is joined again: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const topic = new Topic(stub.url('/close?code=1011'), {pool, backoff: constant(5)});
    const other = new Topic(stub.url('/echo'), {pool});
    await Promise.all([topic.ready(), other.ready()]);
    const back = new Promise(done => topic.on('lost', done));
    await topic.send('x');
    await back;
    assert.equal(topic.status, 'open');
    assert.equal(stub.accepted, 1);
  });

  test(`reconnect: false ends with the first end: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const topic = new Topic(stub.url('/cut'), {pool: poolOn(t, stub), reconnect: false});
    await topic.ready();
    const got = topic.recv();
    await topic.send('x');
    await assert.rejects(got, {kind: 'closed', code: 1006});
    assert.equal(topic.status, 'closed');
  });

  test(`a slow join holds up no other topic: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const slow = new Topic(stub.url('/slow'), {pool});
    const quick = new Topic(stub.url('/echo'), {pool});
    quick.send(1);
    slow.send(2);
    assert.equal(await quick.recv(), 1);
    stub.letIn();
    assert.equal(await slow.recv(), 2);
  });
}

test('a refusal has the status, and says whether it is tried again', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  for (const status of [401, 403, 404, 409]) {
    const topic = new Topic(stub.url(`/refuse?status=${status}`), {pool});
    await assert.rejects(topic.ready(), {kind: 'refused', code: status});
    assert.equal(topic.status, 'failed');
    await assert.rejects(topic.recv(), {kind: 'refused', code: status});
  }
  for (const status of [429, 500, 503]) {
    const topic = new Topic(stub.url(`/refuse?status=${status}`), {pool, backoff: constant(60_000)});
    await becomes(topic, 'waiting');
    assert.equal(topic.error.code, status);
    await topic.close();
  }
  const none = new Topic(stub.url('/refuse?status=503'), {pool, backoff: never()});
  await assert.rejects(none.ready(), {kind: 'refused', code: 503});
});

// Reason, HTTP status, and whether it is tried again.
for (const [dialect, dialects, refusals] of [
  ['the base dialect', ['rocket-multiplex'], [
    ['Not Found', 404, false], ['NOT FOUND', 404, false], ['Unauthorized', 401, false], ['Forbidden', 403, false], ['Conflict', 409, false],
    ['Too Many Requests', 429, true], ['Unavailable', 503, true], ['Invalid Topic', 400, false], ['Already Subscribed', 409, false],
    ['Gone', 500, true], ['anything else', 500, true],
  ]],
  ['carillon.v1', ['carillon.v1'], [
    ['404 Not Found', 404, false], ['403 not a member of this', 403, false], ['400 Invalid Topic', 400, false], ['409 Already Subscribed', 409, false],
    ['410 Gone', 410, false], ['413', 413, false], ['429 not so fast', 429, true], ['500 InternalServerError', 500, true], ['503 Unavailable', 503, true],
    ['504 handler took too long', 504, true],
  ]],
]) {
  test(`each refusal of the list: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, {dialects});
    const pool = poolOn(t, stub, {idleClose: 60_000});
    await new Topic(stub.url('/echo'), {pool}).ready();
    const [connection] = stub.connections;
    for (const [reason, status, again] of refusals) {
      stub.refuses = reason;
      const topic = new Topic(stub.url('/room/a'), {pool, backoff: constant(60_000)});
      await becomes(topic, again ? 'waiting' : 'failed');
      assert.deepEqual([topic.error.kind, topic.error.code], ['refused', status], reason);
      await topic.close();
    }
    stub.refuses = undefined;
    assert.deepEqual([...stub.connections], [connection]);
  });
}

test('missed messages are recovered in order, before newer ones', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), codec: text});
  stub.publish('/log/a', 'before');
  await topic.ready();
  assert.deepEqual(topic.position, {epoch: 'e1', offset: 1});
  const seen = [];
  topic.on('message', it => seen.push(it));
  topic.on('recovered', ({missed}) => seen.push(`recovered ${missed}`));
  topic.on('lost', () => seen.push('lost'));
  stub.publish('/log/a', 'two');
  await stub.stop();
  await becomes(topic, 'waiting');
  for (const it of ['three', 'four', 'five']) stub.publish('/log/a', it);
  await stub.listen();
  await becomes(topic, 'open');
  stub.publish('/log/a', 'six');
  await new Promise(done => topic.on('message', it => it === 'six' && done()));
  assert.deepEqual(seen, ['two', 'recovered 3', 'three', 'four', 'five', 'six']);
  assert.equal(topic.recovered, true);
  assert.deepEqual(topic.position, {epoch: 'e1', offset: 6});
});

test('nothing was received yet: the place is that of the join', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), codec: text});
  await topic.ready();
  await stub.stop();
  stub.publish('/log/a', 'meanwhile');
  await stub.listen();
  assert.equal(await topic.recv(), 'meanwhile');
  assert.deepEqual(topic.position, {epoch: 'e1', offset: 1});
});

test('a history that is gone is told as lost, and goes on from now', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), codec: text});
  stub.publish('/log/a', 'one');
  await topic.ready();
  const lost = new Promise(done => topic.on('lost', done));
  stub.logs.set('/log/a', {epoch: 'e2', messages: ['a', 'b'], first: 1});
  stub.cut();
  await lost;
  assert.equal(topic.recovered, false);
  assert.deepEqual(topic.position, {epoch: 'e2', offset: 2});
  stub.publish('/log/a', 'c');
  assert.equal(await topic.recv(), 'c');
});

test('a gap in the offsets is filled from the last place', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), codec: text});
  await topic.ready();
  stub.publish('/log/a', 'one');
  stub.log('/log/a').messages.push('two'); // Never sent.
  stub.publish('/log/a', 'three');
  const got = [];
  for (let i = 0; i < 3; i++) got.push(await topic.recv());
  assert.deepEqual(got, ['one', 'two', 'three']);
  assert.equal(stub.subscribes, 2);
});

test('a place of another time is where the first join goes on', options, async t => {
  const stub = await Stub.start(t);
  ['one', 'two', 'three'].forEach(it => stub.publish('/log/a', it));
  const topic = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), codec: text, recover: {epoch: 'e1', offset: 1}});
  assert.deepEqual([await topic.recv(), await topic.recv()], ['two', 'three']);
  topic.restart({from: 'latest'});
  await topic.ready();
  stub.publish('/log/a', 'four');
  assert.equal(await topic.recv(), 'four');
  const off = new Topic(stub.url('/log/a'), {pool: poolOn(t, stub), recover: false});
  await off.ready();
  assert.equal(off.position, undefined);
});

test('codecs', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const value = {a: [1, 2.5, 'ü'], b: null, c: true};
  for (const codec of [cbor, msgpack]) {
    const topic = new Topic(stub.url('/echo'), {pool, codec, share: false});
    topic.send(value);
    assert.deepEqual(await topic.recv(), value);
  }
  const raw = new Topic(stub.url('/echo'), {pool, codec: bytes});
  raw.send(Uint8Array.of(1, 2));
  assert.deepEqual(await raw.recv(), Uint8Array.of(1, 2));
  raw.sendRaw('text');
  await assert.rejects(raw.recv(), {kind: 'decode'});
  raw.sendRaw(Uint8Array.of(3));
  assert.deepEqual(new Uint8Array(await raw.recvRaw()), Uint8Array.of(3));
  const json = new Topic(stub.url('/echo?json'), {pool});
  await assert.rejects(json.send(undefined), {kind: 'encode'});
  json.sendRaw('{');
  json.sendRaw(new TextEncoder().encode('[1]'));
  await assert.rejects(json.recv(), {kind: 'decode'});
  assert.deepEqual(await json.recv(), [1]);
});

test('a listener hears of what does not decode, and of the next message', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/echo'), {pool: poolOn(t, stub)});
  const seen = [];
  topic.on('error', ({kind}) => seen.push(kind));
  topic.sendRaw('{');
  topic.send('next');
  await new Promise(done => topic.on('message', it => done(seen.push(it))));
  assert.deepEqual(seen, ['decode', 'next']);
});

test('the outbound queue is bounded, expires and is not for the dead', options, async t => {
  const stub = await Stub.start(t);
  await stub.stop();
  const pool = poolOn(t, stub, {backoff: constant(60_000)});
  const topic = new Topic(stub.url('/echo'), {pool, codec: text, queue: {max: 2, bytes: 10, ttl: 50}});
  const first = topic.send('123456');
  await assert.rejects(topic.send('7890a'), {kind: 'capacity'});
  const second = topic.send('7');
  await assert.rejects(topic.send('8'), {kind: 'capacity'});
  await assert.rejects(first, {kind: 'expired'});
  await assert.rejects(second, {kind: 'expired'});
  const aborted = new AbortController();
  const third = topic.send('x', {signal: aborted.signal});
  aborted.abort(new Error('enough'));
  await assert.rejects(third, {message: 'enough'});
  const fourth = topic.send('y');
  topic.close();
  await assert.rejects(fourth, {kind: 'closed'});
  const none = new Topic(stub.url('/echo'), {pool, queue: false});
  await assert.rejects(none.send('x'), {kind: 'capacity'});
});

test('what nobody takes is bounded too', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const [newest, oldest] = ['drop-oldest', 'drop-newest'].map(
    overflow => new Topic(stub.url('/burst'), {pool, buffer: {max: 2, overflow}, share: false}),
  );
  for (const topic of [newest, oldest]) {
    const dropped = new Promise(done => {
      let count = 0;
      topic.on('error', ({kind}) => kind === 'capacity' && ++count === 3 && done());
    });
    await topic.send(5);
    await dropped;
  }
  assert.deepEqual([await newest.recv(), await newest.recv()], [3, 4]);
  assert.deepEqual([await oldest.recv(), await oldest.recv()], [0, 1]);
});

test('iteration ends with the topic', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/burst'), {pool});
  topic.send(3);
  const seen = [];
  for await (const it of topic) {
    seen.push(it);
    if (it === 2) topic.close();
  }
  assert.deepEqual(seen, [0, 1, 2]);
  const refused = new Topic(stub.url('/refuse?status=404'), {pool});
  await assert.rejects(async () => {
    for await (const it of refused) assert.fail(it);
  }, {kind: 'refused', code: 404});
});

test('requests both ways', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/ask'), {pool});
  const asked = ['a', 'b', 'c'].map(it => topic.request(it));
  assert.deepEqual(await Promise.all(asked), ['A', 'B', 'C']);
  await assert.rejects(topic.request('fail'), {kind: 'request', code: 409, reason: '409 Conflict'});
  await assert.rejects(topic.request('silent', {timeout: 20}), {kind: 'timeout'});
  const [connection] = stub.connections;
  await assert.rejects(connection.ask('/ask', '1'), {message: '404 Not Found'});
  const off = topic.onRequest(async n => n + 1);
  assert.equal(await connection.ask('/ask', '1'), '2');
  off();
  await assert.rejects(connection.ask('/ask', '1'), {message: '404 Not Found'});
  connection.write('/ask^99·"nobody asked"');
  const open = topic.request('silent');
  await stub.until(() => stub.on('/ask').length);
  stub.cut();
  await assert.rejects(open, {kind: 'closed', code: 1006});
});

test('questions that nobody answers are bounded, and one that goes wrong is told', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/ask'), {pool: poolOn(t, stub)});
  const open = [];
  topic.onRequest(n => new Promise((answer, fail) => open.push({n, answer, fail})));
  await topic.ready();
  const [connection] = stub.connections;
  const asked = Array.from({length: 1_000}, (_, i) => connection.ask('/ask', `${i}`));
  await assert.rejects(connection.ask('/ask', '1000'), {message: '429 Too Many Requests'});
  assert.equal(open.length, 1_000);
  const reported = [];
  globalThis.reportError = error => reported.push(error.message); // As browsers have it.
  t.after(() => delete globalThis.reportError);
  const failed = assert.rejects(asked[0], {message: '500 Internal Server Error'});
  open.forEach(({n, answer, fail}) => (n ? answer(-n) : fail(new Error('the handler failed'))));
  await failed;
  assert.equal(await asked[999], '-999');
  topic.onRequest(n => n + 1);
  assert.equal(await connection.ask('/ask', '1'), '2');
  assert.deepEqual(reported, ['the handler failed']);
});

test('a question that was not asked yet is asked on the next connection', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/ask'), {pool});
  await topic.ready();
  const answer = topic.request('a');
  pool.drop();
  assert.equal(await answer, 'A');
});

test('the base dialect has no requests', options, async t => {
  const stub = await Stub.start(t, BASE);
  await assert.rejects(new Topic(stub.url('/ask'), {pool: poolOn(t, stub)}).request('a'), {kind: 'unsupported'});
});

test('presence is told', options, async t => {
  const stub = await Stub.start(t);
  const topic = new Topic(stub.url('/room/a'), {pool: poolOn(t, stub), presence: true});
  const seen = await new Promise(done => topic.on('presence', done));
  assert.deepEqual(seen, {kind: 'state', value: {members: ['ann'], last: true, note: 'a·b'}});
});

test('restart and set replace the connection under a pending recv', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  let path = '/echo?1';
  const topic = new Topic(() => stub.url(path), {pool});
  await topic.ready();
  const replaced = {kind: 'closed', code: 1001, message: 'Connection replaced by a new one'};
  let pending = topic.recv();
  path = '/echo?2';
  topic.restart();
  await assert.rejects(pending, replaced);
  await topic.ready();
  await stub.until(() => stub.channels.length === 1);
  assert.equal(stub.channels[0].topic, '/echo?2');

  pending = topic.recv();
  const own = new WebSocket(stub.url('/echo?own'));
  topic.set(own);
  await assert.rejects(pending, replaced);
  await topic.send('through my own');
  assert.equal(await topic.recv(), 'through my own');
  assert.equal(topic.status, 'open');
  own.close();
  await becomes(topic, 'closed');

  const virtual = new pool.WebSocket(stub.url('/echo?virtual'));
  await event(virtual, 'open');
  topic.set(virtual);
  assert.equal(topic.status, 'open');
  await topic.send('virtual');
  assert.equal(await topic.recv(), 'virtual');

  topic.set(new Error('out of order'));
  assert.equal(topic.status, 'failed');
  await assert.rejects(topic.recv(), {kind: 'handshake', message: 'out of order'});
});

test('a store for frameworks: stable snapshots, and a rest when nobody looks', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/room/a'), {pool});
  const other = new Topic(stub.url('/room/a'), {pool});
  assert.equal(topic.getSnapshot(), topic.getSnapshot());
  assert.equal(topic.getSnapshot().status, 'idle');
  // As a strict framework does: subscribes, takes it back, subscribes again.
  topic.subscribe(() => {})();
  let off = () => {};
  await new Promise(done => {
    off = topic.subscribe(() => topic.getSnapshot().status === 'open' && done());
  });
  assert.equal(stub.subscribes, 1);
  other.send('news');
  await new Promise(done => topic.on('message', done));
  assert.equal(topic.getSnapshot().last, 'news');
  assert.equal(topic.getSnapshot(), topic.getSnapshot());
  off();
});

test('the last listener gone, the topic rests; a new one wakes it', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/room/a'), {pool});
  const off = topic.on('message', () => {});
  await stub.until(() => stub.channels.length);
  await changed(pool, () => topic.status === 'open');
  off();
  await stub.until(() => !stub.channels.length);
  assert.equal(topic.status, 'idle');
  const again = topic.on('message', () => {});
  await stub.until(() => stub.channels.length);
  again();
});

test('a signal closes the topic', options, async t => {
  const stub = await Stub.start(t);
  const stop = new AbortController();
  const topic = new Topic(stub.url('/echo'), {pool: poolOn(t, stub), signal: stop.signal});
  await topic.ready();
  stop.abort();
  await becomes(topic, 'closed');
  const late = new Topic(stub.url('/echo'), {pool: poolOn(t, stub), signal: stop.signal});
  await assert.rejects(late.ready(), {kind: 'closed'});
});

test('subprotocols of a topic', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const topic = new Topic(stub.url('/pick'), {pool, protocols: ['a', 'b']});
  await topic.ready();
  assert.equal(topic.protocol, 'a');
  const wrong = new Topic(stub.url('/echo'), {pool, protocols: ['a']});
  await assert.rejects(wrong.ready(), {kind: 'handshake'});
});

test('a URL that cannot be had now is asked for again', options, async t => {
  const stub = await Stub.start(t);
  let asked = 0;
  const url = async () => {
    if (++asked < 3) throw new Error('not now');
    return stub.url('/websocket/token/0123456789abcdefghijkl');
  };
  const pool = poolOn(t, stub);
  const topic = new Topic(url, {pool, backoff: constant(1)});
  await topic.ready();
  assert.equal(asked, 3);
  const once = new Topic(() => 'ftp://x', {pool});
  await assert.rejects(once.ready(), {kind: 'handshake'});
  assert.equal(once.status, 'failed');
});

test('a URL that is none is refused at once', () => {
  assert.throws(() => new Topic('http://[', {}), {name: 'SyntaxError'});
  assert.throws(() => new Topic('ftp://host/'), {name: 'SyntaxError'});
  assert.throws(() => new Topic('ws://host/#part'), {name: 'SyntaxError'});
});
