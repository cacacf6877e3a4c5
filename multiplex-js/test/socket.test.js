import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Stub} from './stub.js';
import {changed, event, inbox, options, poolOn} from './support.js';

const BASE = {dialects: ['rocket-multiplex']};

for (const [dialect, settings] of [['carillon.v1', {}], ['the base dialect', BASE]]) {
  test(`a hundred topics are one connection: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const sockets = Array.from({length: 100}, (_, i) => new pool.WebSocket(stub.url(`/room/${i}`)));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    assert.equal(stub.accepted, 1);
    assert.equal(stub.channels.length, 100);
    const inboxes = sockets.map(inbox);
    sockets.forEach((socket, i) => socket.send(`I am ${i}`));
    assert.deepEqual(await Promise.all(inboxes.map(it => it.take())), sockets.map((_, i) => `I am ${i}`));
    assert.equal(pool.links.length, 1);
    assert.equal(pool.links[0].topics.length, 100);
  });

  test(`text and binary come back as they were: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const socket = new (poolOn(t, stub).WebSocket)(stub.url('/echo?a=b'));
    await event(socket, 'open');
    const {take} = inbox(socket);
    for (const text of ['', 'grüß', 'a·b·', '·SUBSCRIBE·/x·', '\u{1f514}', 'x'.repeat(100_000)]) {
      socket.send(text);
      assert.equal(await take(), text);
    }
    socket.binaryType = 'arraybuffer';
    for (const bytes of [[], [0, 1, 0xc2, 0xb7, 0xc2], [0xff]]) {
      socket.send(Uint8Array.from(bytes));
      assert.deepEqual([...new Uint8Array(await take())], bytes);
    }
    socket.binaryType = 'blob';
    socket.send(new Blob(['as a blob']));
    assert.equal(await (await take()).text(), 'as a blob');
  });

  test(`a close says code and reason to the server and comes back: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    for (const [args, code, reason] of [[[], 1005, ''], [[1000], 1000, ''], [[4321, 'a·reason·'], 4321, 'a·reason·']]) {
      const socket = new pool.WebSocket(stub.url('/echo'));
      await event(socket, 'open');
      socket.close(...args);
      const end = await event(socket, 'close');
      assert.deepEqual([end.code, end.reason, end.wasClean], [code, reason, true]);
      assert.deepEqual(stub.ends.at(-1), {topic: '/echo', code, reason});
    }
  });

  test(`the server ends one topic, and only that: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const other = new pool.WebSocket(stub.url('/echo'));
    const socket = new pool.WebSocket(stub.url('/close?code=4001&reason=a%C2%B7b'));
    await Promise.all([event(other, 'open'), event(socket, 'open')]);
    socket.send('end it');
    const end = await event(socket, 'close');
    assert.deepEqual([end.code, end.reason, end.wasClean], [4001, 'a·b', true]);
    const {take} = inbox(other);
    other.send('still here');
    assert.equal(await take(), 'still here');
  });

  test(`a refused topic ends with an error, the others do not: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const other = new pool.WebSocket(stub.url('/echo'));
    await event(other, 'open');
    for (const path of ['/refuse?status=403', '/nowhere', '/refuse?status=503']) {
      const socket = new pool.WebSocket(stub.url(path));
      const seen = [];
      socket.onerror = ({type}) => seen.push(type);
      const end = await event(socket, 'close');
      assert.deepEqual([seen, end.code, end.reason, end.wasClean], [['error'], 1006, '', false]);
    }
    assert.equal(other.readyState, 1);
  });

  test(`a token's URI becomes the real topic: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const other = new pool.WebSocket(stub.url('/echo'));
    await event(other, 'open');
    const socket = new pool.WebSocket(stub.url('/websocket/token/0123456789abcdefghijkl'));
    await event(socket, 'open');
    const {take} = inbox(socket);
    socket.send('hi');
    assert.equal(await take(), 'hi');
    assert.equal(stub.channels.at(-1).topic, '/room/behind-a-token');
  });

  test(`two sockets of one URL are two: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const sockets = [1, 2, 3].map(() => new pool.WebSocket(stub.url('/echo')));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    const inboxes = sockets.map(inbox);
    sockets.forEach((socket, i) => socket.send(`${i}`));
    assert.deepEqual(await Promise.all(inboxes.map(it => it.take())), ['0', '1', '2']);
    // The base dialect has no instances, so each takes a connection of its own.
    assert.equal(stub.accepted, dialect === 'carillon.v1' ? 1 : 3);
  });

  test(`a topic that is left while it joins: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const other = new pool.WebSocket(stub.url('/echo'));
    await event(other, 'open');
    const socket = new pool.WebSocket(stub.url('/slow'));
    await stub.until(() => stub.knocking);
    socket.close(4000, 'changed my mind');
    assert.equal(socket.readyState, 2);
    const end = await event(socket, 'close');
    assert.deepEqual([end.code, end.wasClean], [1006, false]);
    stub.letIn();
    await stub.until(() => stub.ends.length);
    assert.deepEqual(stub.ends, [{topic: '/slow', code: 4000, reason: 'changed my mind'}]);
    await changed(pool, () => pool.links[0].topics.length === 1);
  });

  test(`a topic over the dialect's limit has a connection of its own: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const most = dialect === 'carillon.v1' ? 512 : 100;
    const path = length => `/echo?${'x'.repeat(length - 6)}`;
    const sockets = [most - 1, most, most + 1].map(length => new pool.WebSocket(stub.url(path(length))));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    assert.equal(stub.accepted, 2);
    const {take} = inbox(sockets[2]);
    sockets[2].send('hi');
    assert.equal(await take(), 'hi');
  });

  test(`what the server cannot take goes to another connection: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, {...settings, maxTopics: 3});
    const pool = poolOn(t, stub);
    const sockets = Array.from({length: 8}, (_, i) => new pool.WebSocket(stub.url(`/room/${i}`)));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    assert.equal(stub.channels.length, 8);
    assert.equal(stub.accepted, 3);
  });

  test(`all topics end with their connection: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, settings);
    const pool = poolOn(t, stub);
    const sockets = Array.from({length: 3}, (_, i) => new pool.WebSocket(stub.url(`/room/${i}`)));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    const ends = sockets.map(socket => event(socket, 'close'));
    stub.cut();
    for (const end of await Promise.all(ends)) {
      assert.deepEqual([end.code, end.wasClean], [1006, false]);
    }
    assert.equal(stub.accepted, 1);
  });
}

test('messages ahead of the OK wait for it', options, async t => {
  const stub = await Stub.start(t);
  const socket = new (poolOn(t, stub).WebSocket)(stub.url('/early?count=3'));
  const seen = [];
  for (const type of ['open', 'message']) {
    socket.addEventListener(type, ({data}) => seen.push(data ?? type));
  }
  const {take} = inbox(socket);
  for (const text of ['0', '1', '2']) {
    assert.equal(await take(), text);
  }
  assert.deepEqual(seen, ['open', '0', '1', '2']);
});

test('too many messages ahead of the OK end the topic', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const socket = new pool.WebSocket(stub.url('/early?count=65'));
  assert.equal((await event(socket, 'close')).code, 1006);
});

test('subprotocols are negotiated for each topic', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const chosen = new pool.WebSocket(stub.url('/pick'), ['chat', 'superchat']);
  const refused = new pool.WebSocket(stub.url('/pick?protocol=other'), ['chat']);
  const none = new pool.WebSocket(stub.url('/echo'), ['chat']);
  const ends = [refused, none].map(socket => event(socket, 'close'));
  await event(chosen, 'open');
  assert.equal(chosen.protocol, 'chat');
  assert.deepEqual((await Promise.all(ends)).map(({code}) => code), [1006, 1006]);
});

test('a subscription over the limit of a control message is never sent', options, async t => {
  const stub = await Stub.start(t);
  const pool = poolOn(t, stub);
  const socket = new pool.WebSocket(stub.url('/pick'), ['x'.repeat(5000)]);
  assert.equal((await event(socket, 'close')).code, 1006);
  assert.equal(stub.subscribes, 0);
});

test('the base dialect has no subprotocols for a topic', options, async t => {
  const stub = await Stub.start(t, BASE);
  const pool = poolOn(t, stub);
  const socket = new pool.WebSocket(stub.url('/pick'), ['chat']);
  assert.equal((await event(socket, 'close')).code, 1006);
});

test('nobody there: error, then close, on each of them', options, async t => {
  const stub = await Stub.start(t);
  await stub.stop();
  const pool = poolOn(t, stub);
  const seen = [];
  const sockets = ['/a', '/b'].map(path => new pool.WebSocket(stub.url(path)));
  for (const socket of sockets) {
    socket.onerror = socket.onclose = ({type, code}) => seen.push([type, code]);
  }
  await Promise.all(sockets.map(socket => event(socket, 'close')));
  assert.deepEqual(seen, [['error', undefined], ['close', 1006], ['error', undefined], ['close', 1006]]);
});
